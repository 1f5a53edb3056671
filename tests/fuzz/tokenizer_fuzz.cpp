// Tokenizer files: an accepted one encodes any text to ids that it decodes.
#include "runtime/files/input_file.h"
#include "runtime/model/tokenizer.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::fuzz::accepts([&] {
    npu::InputFile file("tokenizer.bin", npu::fuzz::bytes(data, size));
    const npu::Tokenizer tokenizer = npu::Tokenizer::load(file);
    tokenizer.decode(tokenizer.encode("Once upon a t\xc3\xadme\n\xff"));
  });
  return 0;
}
