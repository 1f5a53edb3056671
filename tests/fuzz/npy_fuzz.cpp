// .npy files: what is read and written again reads as the same array.
#include "runtime/files/input_file.h"
#include "runtime/files/npy.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::Array array;
  const bool accepted = npu::fuzz::accepts([&] {
    npu::InputFile file("input.npy", npu::fuzz::bytes(data, size));
    array = npu::read_npy(file);
  });
  if (!accepted) return 0;
  npu::InputFile again("again.npy", npu::format_npy(array));
  const npu::Array copy = npu::read_npy(again);
  npu::fuzz::require(copy.dtype == array.dtype && copy.shape == array.shape &&
                     copy.data == array.data);
  return 0;
}
