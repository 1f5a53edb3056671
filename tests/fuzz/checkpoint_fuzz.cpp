// llama2.c checkpoints: a header may lie about every size.
#include "runtime/files/input_file.h"
#include "runtime/model/llama2c.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::fuzz::accepts([&] {
    npu::InputFile file("model.bin", npu::fuzz::bytes(data, size));
    npu::load_llama2c(file);
  });
  return 0;
}
