// Machine files: an accepted one is shown as YAML that reads back as the same machine.
#include "sim/config/machine.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::MachineConfig machine;
  const bool accepted = npu::fuzz::accepts(
      [&] { machine = npu::parse_machine(npu::fuzz::text(data, size), "input.yaml"); });
  if (!accepted) return 0;
  npu::limits_of(machine);
  const std::string dump = npu::dump_machine(machine);
  npu::fuzz::require(npu::dump_machine(npu::parse_machine(dump, "dump.yaml")) == dump);
  return 0;
}
