#include "sim/check/launch_buffers.h"

#include "isa/chip_address.h"

namespace npu::detail {

namespace {

// The allocations of all chips that an address of chip 0 stands for.
template <class Visit>
void visit_allocations(const Gm& gm, const CheckedLaunch& launch, uint64_t address,
                       const Visit& visit) {
  for (int chip = 0; chip < launch.chips; ++chip) {
    const uint64_t there = address + (static_cast<uint64_t>(chip) << kChipShift);
    if (const Allocation* found = gm.find(there)) visit(*found);
  }
}

}  // namespace

std::set<uint64_t> allowed_bases(const Gm& gm, const CheckedLaunch& launch) {
  std::set<uint64_t> bases;
  const auto add = [&](const Allocation& found) { bases.insert(found.base); };
  for (uint64_t word : launch.arguments) visit_allocations(gm, launch, word, add);
  visit_allocations(gm, launch, launch.control_block, add);
  return bases;
}

std::set<uint64_t> input_bases(const Gm& gm, const Program& program, const CheckedLaunch& launch) {
  std::set<uint64_t> inputs, outputs;
  for (size_t i = 0; i < launch.arguments.size(); ++i) {
    const bool tensor =
        i < program.parameters.size() && program.parameters[i].kind == Parameter::Kind::kTensor;
    std::set<uint64_t>& bases = tensor && !program.parameters[i].output ? inputs : outputs;
    visit_allocations(gm, launch, launch.arguments[i],
                      [&](const Allocation& found) { bases.insert(found.base); });
  }
  visit_allocations(gm, launch, launch.control_block,
                    [&](const Allocation& found) { inputs.insert(found.base); });
  for (uint64_t base : outputs) inputs.erase(base);
  return inputs;
}

void mark_zeroed(Gm& gm, const Program& program, const CheckedLaunch& launch) {
  for (size_t i = 0; i < program.workspaces.size(); ++i) {
    const size_t word = program.parameters.size() + i;
    if (!program.workspaces[i].zeroed || word >= launch.arguments.size()) continue;
    visit_allocations(gm, launch, launch.arguments[word],
                      [&](const Allocation& found) { gm.mark_written(found.base, found.bytes); });
  }
}

}  // namespace npu::detail
