// Instruction words: a word that means something is the only encoding of what it means.
#include <cstring>

#include "isa/assembler/disassembler.h"
#include "isa/encoding/encoding.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (; size >= sizeof(npu::Word); data += sizeof(npu::Word), size -= sizeof(npu::Word)) {
    npu::Word word;
    std::memcpy(&word, data, sizeof(word));
    const auto decoded = npu::decode(word);
    if (const auto* instruction = std::get_if<npu::Instruction>(&decoded)) {
      npu::fuzz::require(npu::encode(*instruction) == word);
      npu::to_text(*instruction);
    }
  }
  return 0;
}
