// Assembly text: what assembles is disassembled to a text that assembles to the same code.
#include "isa/assembler/assembler.h"
#include "isa/assembler/disassembler.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::Program program;
  const bool accepted = npu::fuzz::accepts(
      [&] { program = npu::assemble(npu::fuzz::text(data, size), "input.npuasm"); });
  if (!accepted) return 0;
  const npu::Program again = npu::assemble(npu::disassemble(program), "again.npuasm");
  npu::fuzz::require(
      again.cube.words == program.cube.words && again.vector.words == program.vector.words &&
      again.cube.flags == program.cube.flags && again.vector.flags == program.vector.flags &&
      again.parameters == program.parameters && again.strings == program.strings);
  return 0;
}
