#include "sim/timing/engine.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "isa/chip_address.h"
#include "isa/errors.h"

namespace npu {
namespace {

// 0..count-1, in an order that the seed picks; seed 0 keeps it.
std::vector<int> order_of(int count, uint64_t seed) {
  std::vector<int> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (seed == 0) return order;
  std::mt19937_64 random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace

Engine::Engine(const MachineConfig& machine, const Limits& limits, Gm& gm,
               const EngineOptions& options)
    : machine_(machine), limits_(limits), options_(options), shared_(machine, limits, gm) {
  shared_.free_costs = options.free_costs;
  shared_.max_cycles = options.max_cycles;
  for (int group = 0; group < limits.chips * limits.groups; ++group) {
    states_.push_back(make_group_state(limits, !gm.timing_only()));
  }
  build();
}

Engine::~Engine() { abandon_run(); }

void Engine::build() {
  const int count = limits_.chips * limits_.groups * cores_of_group();
  cores_.clear();
  cores_.resize(static_cast<size_t>(count));
  const std::vector<int> units = order_of(kUnits, options_.shuffle_seed);
  for (const int at : order_of(count, options_.shuffle_seed)) {
    const int group = at / cores_of_group();
    cores_[static_cast<size_t>(at)] = std::make_unique<Core>(
        shared_, states_[static_cast<size_t>(group)], group, at % cores_of_group(), units);
  }
  for (int group = 0; group < limits_.chips * limits_.groups; ++group) {
    std::vector<Core*> peers;
    for (int i = 0; i < cores_of_group(); ++i) peers.push_back(&core(group, i));
    for (Core* peer : peers) peer->set_peers(peers);
  }
}

void Engine::check_launch(const Program& program, std::span<const uint64_t> arguments,
                          int groups) const {
  const std::string name = program.name.empty() ? "program" : program.name;
  const size_t words = program.parameters.size() + program.workspaces.size();
  if (arguments.size() != words) {
    throw InputError(name + ": launched with " + std::to_string(arguments.size()) +
                     " control words, it has " + std::to_string(program.parameters.size()) +
                     " parameters and " + std::to_string(program.workspaces.size()) +
                     " workspaces");
  }
  if (!program.machine.empty() && program.machine != limits_.machine) {
    throw InputError(name + ": built for machine " + program.machine + ", this is " +
                     limits_.machine);
  }
  if (groups < 0 || groups > limits_.groups) {
    throw InputError(name + ": launched on " + std::to_string(groups) + " groups, " +
                     limits_.machine + " has " + std::to_string(limits_.groups));
  }
  if (program.cube.words.empty() && program.vector.words.empty()) {
    throw InputError(name + ": has no instructions");
  }
  for (const CoreCode* code : {&program.cube, &program.vector}) {
    for (const FlagDecl& flag : code->flags) {
      if (flag.id >= kFlags) {
        throw InputError(name + ": declares flag " + std::to_string(flag.id) +
                         ", allowed are 0 to 63");
      }
    }
  }
}

void Engine::write_control_blocks(const Program& program, std::span<const uint64_t> arguments) {
  control_stride_ = std::max<uint64_t>(64, (arguments.size() * 8 + 63) / 64 * 64);
  for (int chip = 0; chip < limits_.chips; ++chip) {
    control_blocks_.push_back(shared_.gm.allocate(control_stride_ * static_cast<uint64_t>(groups_),
                                                  Storage::kControl, "control block", chip));
    write_control_blocks(program, arguments, chip);
  }
}

// Tensors and workspaces lie at the same place of every chip; each gets the addresses of its own.
void Engine::write_control_blocks(const Program& program, std::span<const uint64_t> arguments,
                                  int chip) {
  const size_t parameters = program.parameters.size();
  const uint64_t origin = static_cast<uint64_t>(chip) << kChipShift;
  for (int group = 0; group < groups_; ++group) {
    std::vector<uint64_t> words(arguments.begin(), arguments.end());
    for (size_t i = 0; i < words.size(); ++i) {
      if (i >= parameters || program.parameters[i].kind == Parameter::Kind::kTensor) {
        words[i] += origin;
      }
    }
    for (size_t i = 0; i < program.workspaces.size(); ++i) {
      const Workspace& workspace = program.workspaces[i];
      const uint64_t stride = (workspace.bytes + 511) / 512 * 512;
      if (workspace.per_group) words[parameters + i] += stride * static_cast<uint64_t>(group);
    }
    shared_.gm.write(control_blocks_.back() + control_stride_ * static_cast<uint64_t>(group),
                     words.data(), words.size() * sizeof(uint64_t));
  }
}

void Engine::begin_run(const Program& program, std::span<const uint64_t> arguments, int groups,
                       bool cold_l2) {
  check_launch(program, arguments, groups);
  abandon_run();  // a run that could not begin may have left control blocks
  groups_ = groups == 0 ? limits_.groups : groups;
  cube_code_ = load_code(program, program.cube, CoreKind::kCube);
  vector_code_ = load_code(program, program.vector, CoreKind::kVector);
  write_control_blocks(program, arguments);
  shared_.wheel.reset();
  shared_.memory.start_run(cold_l2);
  shared_.words.clear();
  for (Checked& checked : shared_.checked) checked.clear();
  shared_.barrier = {};
  shared_.fault.reset();
  shared_.retired = 0;
  shared_.groups = groups_;
  shared_.running = 0;
  stopped_ = false;
  if (shared_.foreign != nullptr) shared_.foreign->start_run();
  const bool cubes = !program.cube.words.empty(), vectors = !program.vector.words.empty();
  for (int group = 0; group < this->groups(); ++group) {
    if (!shared_.gm.timing_only()) clear(states_[static_cast<size_t>(group)]);
    const int chip = group / groups_;
    const uint64_t block = control_blocks_[static_cast<size_t>(chip)] +
                           control_stride_ * static_cast<uint64_t>(group % groups_);
    for (int i = 0; i < cores_of_group(); ++i) {
      const bool takes_part = i == 0 ? cubes : vectors;
      core(group, i).start(i == 0 ? cube_code_ : vector_code_, block, takes_part, chip);
      if (takes_part) ++shared_.running;
    }
  }
  shared_.barrier.expected = shared_.running;
}

bool Engine::advance(Cycle limit) {
  const Wheel::Stopped stopped = shared_.wheel.run(std::min(limit, options_.max_cycles));
  if (shared_.fault || stopped_) return true;
  if (stopped == Wheel::Stopped::kIdle) {
    if (shared_.foreign != nullptr && shared_.foreign->busy()) return false;
    finish();
    return true;
  }
  if (stopped == Wheel::Stopped::kLimit && *shared_.wheel.next() > options_.max_cycles) {
    over_the_limit();
    return true;
  }
  return false;
}

// Nothing is left to happen: a good end, or a deadlock, or flags that the program left wrong.
void Engine::finish() {
  std::vector<const Core*> stuck;
  for (const auto& core : cores_) {
    if (core->group() < groups() && !core->halted()) stuck.push_back(core.get());
  }
  if (!stuck.empty()) {
    shared_.fault = stuck.front()->deadlock();
    shared_.fault->detail = describe_deadlock(stuck);
    return;
  }
  for (const auto& core : cores_) {
    if (core->group() >= groups() || !core->takes_part()) continue;
    const std::optional<int> flag = core->flags().not_initial();
    if (!flag) continue;
    const Code& code = core->code();
    shared_.fault = core->located(
        {.code = FaultCode::kFlagNotInitial,
         .detail = "at halt " + flag_name(*code.source, *flag) + " is " +
                   std::to_string(core->flags().value(*flag)) + ", its initial value is " +
                   std::to_string(core->flags().initial(*flag))},
        Unit::kSequencer, core->sequencer().pc() - 1, core->halted_at());
    return;
  }
}

// Named is a core whose program repeats itself for ever if there is one, else the first that runs.
void Engine::over_the_limit() {
  const Core* culprit = nullptr;
  for (const auto& core : cores_) {
    if (core->group() >= groups() || core->halted()) continue;
    if (culprit == nullptr || (core->sequencer().endless() && !culprit->sequencer().endless())) {
      culprit = core.get();
    }
  }
  NPU_ASSERT(culprit != nullptr);
  const bool endless = culprit->sequencer().endless();
  shared_.fault = culprit->located(
      {.code = FaultCode::kCycleLimit,
       .detail = "the run passed the limit of " + std::to_string(options_.max_cycles) +
                 " cycles; this core " +
                 (endless ? "is in a loop that changes nothing" : "is still running")},
      Unit::kSequencer, culprit->sequencer().pc(), options_.max_cycles);
}

void Engine::abandon_run() {
  for (const uint64_t block : control_blocks_) shared_.gm.release(block);
  control_blocks_.clear();
  shared_.wheel.reset();
}

RunRecord Engine::end_run() {
  RunRecord record;
  record.machine = machine_.name;
  record.clock_ghz = machine_.clock_ghz;
  record.chips = machine_.chips;
  for (const auto& core : cores_) {
    if (core->group() < groups() && core->takes_part()) {
      record.cycles = std::max(record.cycles, core->halted_at());
    }
  }
  for (int group = 0; group < groups(); ++group) core(group, 0).settle();
  const bool ended = !shared_.fault && !stopped_;
  if (!ended) record.cycles = shared_.fault ? shared_.fault->cycle : shared_.wheel.now();
  for (const auto& core : cores_) {
    if (core->group() >= groups() || !core->takes_part()) continue;
    record.cores.push_back(core->close(record.cycles));
    record.ideal_mma_cycles =
        std::max(record.ideal_mma_cycles, record.cores.back().ideal_mma_cycles);
  }
  record.traffic = shared_.memory.traffic();
  abandon_run();
  return record;
}

}  // namespace npu
