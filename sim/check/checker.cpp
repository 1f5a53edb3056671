#include "sim/check/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "isa/chip_address.h"
#include "sim/check/order.h"
#include "sim/check/shadow.h"
#include "sim/functional/footprint.h"

namespace npu {

namespace {

enum class Mode { kRead, kWrite, kAtomic };

// Everything that is the same for all bytes of one access.
struct Doer {
  EventPlace at;
  Epoch epoch;
  const Clock& clock;
  std::optional<uint64_t> fetch_cycle;  // the value came from a cache line of that age
};

bool has_handover(const Command& command) {
  return std::visit(
      [](const auto& c) {
        if constexpr (requires { c.handover; }) return c.handover;
        return false;
      },
      command);
}

bool is_atomic(const Command& command) {
  return std::visit(
      [](const auto& c) {
        using C = std::decay_t<decltype(c)>;
        if constexpr (requires { c.atomic; }) return c.atomic != Atomic::kNone;
        return std::is_same_v<C, SetWord<Value>> || std::is_same_v<C, WaitWord<Value>>;
      },
      command);
}

bool before(const Epoch& epoch, const Clock& clock) { return clock.of(epoch.agent) >= epoch.time; }

}  // namespace

struct Checker::State {
  State(const Limits& machine, Gm& memory, const Program& code, CheckedLaunch started,
        std::function<GroupState&(int)> states);

  void access(const Region& region, Mode mode, const Doer& doer);
  void finish_gm();
  void reach(const EventPlace& at);

  const Limits& limits;
  Gm& gm;
  const Program& program;
  CheckedLaunch launch;
  std::function<GroupState&(int)> group_state;
  Agents agents;
  detail::Order order;
  CheckReport report;

 private:
  using LocalKey = std::tuple<int32_t, int32_t, Mem>;
  struct Known {
    size_t index;        // into report.hazards
    uint32_t last_time;  // of the agent that met it last
  };
  using HazardKey = std::tuple<HazardKind, uint32_t, uint32_t, uint32_t, uint32_t, Mem>;

  Shadow& shadow(const Region& region, int32_t group);
  Shadow::Outcome step(HistoryId old, Mode mode, const Doer& doer);
  const Epoch* conflict(const History& history, Mode mode, const Doer& doer) const;
  const Epoch* stale_against(const History& history, const Doer& doer) const;
  void explain(HistoryId old, Mode mode, const Doer& doer, Hazard hazard);
  void check_buffer(const Region& region, Mode mode, const Doer& doer);
  void add(HazardKind kind, const Epoch* other, bool other_writes, Mode mode, const Doer& doer,
           Hazard hazard);
  HazardAccess describe(const EventPlace& at, bool write) const;
  HazardAccess describe(const Epoch& epoch, bool write) const;

  Histories histories_;
  Shadow gm_shadow_;
  std::map<LocalKey, Shadow> local_;
  std::map<HazardKey, Known> known_;
  std::set<uint64_t> allowed_;  // bases of the allocations that the launch may touch
  std::set<uint64_t> inputs_;   // and of those it may not write
};

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

// Bases of the allocations that the words of the control block point to.
std::set<uint64_t> bases_of(const Gm& gm, const CheckedLaunch& launch) {
  std::set<uint64_t> bases;
  const auto add = [&](const Allocation& found) { bases.insert(found.base); };
  for (uint64_t word : launch.arguments) visit_allocations(gm, launch, word, add);
  visit_allocations(gm, launch, launch.control_block, add);
  return bases;
}

// Those of input tensors that are not also given as something the program may write.
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

}  // namespace

namespace {

// Workspaces that the runtime keeps at zero are written before the launch begins.
void mark_zeroed(Gm& gm, const Program& program, const CheckedLaunch& launch) {
  for (size_t i = 0; i < program.workspaces.size(); ++i) {
    const size_t word = program.parameters.size() + i;
    if (!program.workspaces[i].zeroed || word >= launch.arguments.size()) continue;
    visit_allocations(gm, launch, launch.arguments[word],
                      [&](const Allocation& found) { gm.mark_written(found.base, found.bytes); });
  }
}

}  // namespace

Checker::State::State(const Limits& machine, Gm& memory, const Program& code, CheckedLaunch started,
                      std::function<GroupState&(int)> states)
    : limits(machine),
      gm(memory),
      program(code),
      launch(std::move(started)),
      group_state(std::move(states)),
      agents(launch.groups, machine.vectors),
      order(launch.groups, machine.vectors, code),
      gm_shadow_(histories_,
                 [this](uint64_t from, uint64_t to, const Shadow::VisitRange& visit) {
                   gm.visit_written(from, to, visit);
                 }),
      allowed_(bases_of(memory, launch)),
      inputs_(input_bases(memory, code, launch)) {
  report.reached_cube.resize(code.cube.words.size());
  report.reached_vector.resize(code.vector.words.size());
  mark_zeroed(gm, program, launch);
}

Shadow& Checker::State::shadow(const Region& region, int32_t group) {
  if (region.mem == Mem::kGm) return gm_shadow_;
  return local_.try_emplace({group, region.core, region.mem}, histories_).first->second;
}

// The epoch that this access is not ordered after though it must be, or null.
const Epoch* Checker::State::conflict(const History& history, Mode mode, const Doer& doer) const {
  const auto unordered = [&](const std::vector<Epoch>& epochs) -> const Epoch* {
    const auto found = std::find_if(epochs.begin(), epochs.end(),
                                    [&](const Epoch& e) { return !before(e, doer.clock); });
    return found == epochs.end() ? nullptr : &*found;
  };
  if (!(mode == Mode::kAtomic && history.atomic)) {
    if (const Epoch* found = unordered(history.writes)) return found;
  }
  return mode == Mode::kRead ? nullptr : unordered(history.reads);
}

// The write that a cached value is older than though the read is ordered after it, or null.
const Epoch* Checker::State::stale_against(const History& history, const Doer& doer) const {
  if (!doer.fetch_cycle) return nullptr;
  for (const Epoch& write : history.writes) {
    const bool own_store = write.agent == doer.epoch.agent && !history.atomic;
    if (!own_store && write.cycle > *doer.fetch_cycle && before(write, doer.clock)) return &write;
  }
  return nullptr;
}

Shadow::Outcome Checker::State::step(HistoryId old, Mode mode, const Doer& doer) {
  const History& history = histories_[old];
  const bool unwritten = mode == Mode::kRead && !history.initialised;
  const bool wrong = unwritten || conflict(history, mode, doer) != nullptr ||
                     stale_against(history, doer) != nullptr;
  const auto keep_unordered = [&](std::vector<Epoch>& epochs) {
    epochs.erase(std::remove_if(epochs.begin(), epochs.end(),
                                [&](const Epoch& e) { return before(e, doer.clock); }),
                 epochs.end());
    epochs.push_back(doer.epoch);
  };
  History next;
  if (mode == Mode::kRead) {
    next = history;
    keep_unordered(next.reads);
  } else if (mode == Mode::kAtomic && history.atomic) {
    next = {history.writes, {}, true, true};
    keep_unordered(next.writes);
  } else {
    next = {{doer.epoch}, {}, mode == Mode::kAtomic, true};
  }
  return {histories_.add(std::move(next)), wrong};
}

HazardAccess Checker::State::describe(const EventPlace& at, bool write) const {
  const CoreCode& code = at.core == 0 ? program.cube : program.vector;
  HazardAccess access{at.group, at.core, at.unit, at.pc, at.cycle, write, {}};
  if (at.pc < code.lines.size() && code.lines[at.pc] < program.sources.size()) {
    const SourceLine& line = program.sources[code.lines[at.pc]];
    access.source = line.file + ":" + std::to_string(line.line);
    if (!line.text.empty()) access.source += ": " + line.text;
  }
  return access;
}

HazardAccess Checker::State::describe(const Epoch& epoch, bool write) const {
  EventPlace at;
  at.group = static_cast<int32_t>(epoch.agent / agents.of_group());
  at.pc = epoch.pc;
  at.cycle = epoch.cycle;
  const uint32_t index = epoch.agent % agents.of_group();
  static constexpr std::array kCubeUnits = {Unit::kSequencer, Unit::kLoad, Unit::kFeed, Unit::kCube,
                                            Unit::kDrain};
  static constexpr std::array kVectorUnits = {Unit::kSequencer, Unit::kLoad, Unit::kVector,
                                              Unit::kStore};
  at.core = index < 5 ? 0 : static_cast<int32_t>(1 + (index - 5) / 4);
  at.unit = index < 5 ? kCubeUnits[index] : kVectorUnits[(index - 5) % 4];
  return describe(at, write);
}

void Checker::State::add(HazardKind kind, const Epoch* other, bool other_writes, Mode mode,
                         const Doer& doer, Hazard hazard) {
  const HazardKey key = {kind,
                         doer.epoch.agent,
                         doer.epoch.pc,
                         other == nullptr ? 0 : other->agent,
                         other == nullptr ? 0 : other->pc,
                         hazard.mem};
  const auto [entry, fresh] =
      known_.try_emplace(key, Known{report.hazards.size(), doer.epoch.time});
  if (!fresh) {
    Hazard& old = report.hazards[entry->second.index];
    const bool same_access = entry->second.last_time == doer.epoch.time;
    if (!same_access) ++old.times;
    if (same_access && old.times == 1 && old.to == hazard.from) old.to = hazard.to;
    entry->second.last_time = doer.epoch.time;
    return;
  }
  hazard.kind = kind;
  hazard.access = describe(doer.at, mode != Mode::kRead);
  if (other != nullptr) hazard.other = describe(*other, other_writes);
  report.hazards.push_back(std::move(hazard));
}

void Checker::State::explain(HistoryId old, Mode mode, const Doer& doer, Hazard hazard) {
  const History& history = histories_[old];
  if (mode == Mode::kRead && !history.initialised) {
    add(HazardKind::kUninitialisedRead, nullptr, false, mode, doer, hazard);
  }
  if (const Epoch* stale = stale_against(history, doer)) {
    add(HazardKind::kStaleRead, stale, true, mode, doer, hazard);
  }
  if (const Epoch* other = conflict(history, mode, doer)) {
    const bool writes = std::any_of(history.writes.begin(), history.writes.end(),
                                    [&](const Epoch& e) { return &e == other; });
    add(HazardKind::kRace, other, writes, mode, doer, std::move(hazard));
  }
}

void Checker::State::check_buffer(const Region& region, Mode mode, const Doer& doer) {
  if (launch.arguments.empty()) return;
  const Allocation* found = gm.find(region.base);
  if (found == nullptr) return;
  const bool stray = allowed_.count(found->base) == 0;
  if (!stray && (mode == Mode::kRead || inputs_.count(found->base) == 0)) return;
  Hazard hazard;
  hazard.mem = Mem::kGm;
  hazard.from = region.base;
  hazard.to =
      region.base + (region.rows - 1) * static_cast<uint64_t>(region.pitch) + region.row_bytes;
  hazard.allocation = found->name;
  hazard.base = found->base;
  add(HazardKind::kWrongBuffer, nullptr, false, mode, doer, std::move(hazard));
}

void Checker::State::access(const Region& region, Mode mode, const Doer& doer) {
  if (region.mem == Mem::kGm) check_buffer(region, mode, doer);
  Hazard hazard;
  hazard.mem = region.mem;
  hazard.group = doer.at.group;
  hazard.core = region.core;
  if (region.mem == Mem::kGm) {
    if (const Allocation* found = gm.find(region.base)) {
      hazard.allocation = found->name;
      hazard.base = found->base;
    }
  }
  shadow(region, doer.at.group)
      .access(
          region.base, region.rows, region.row_bytes, static_cast<uint64_t>(region.pitch),
          [&](HistoryId old) { return step(old, mode, doer); },
          [&](HistoryId old, uint64_t from, uint64_t to) {
            hazard.from = from;
            hazard.to = to;
            explain(old, mode, doer, hazard);
          });
}

void Checker::State::finish_gm() {
  gm_shadow_.visit_initialised(
      [&](uint64_t from, uint64_t to) { gm.mark_written(from, to - from); });
}

void Checker::State::reach(const EventPlace& at) {
  std::vector<bool>& code = at.core == 0 ? report.reached_cube : report.reached_vector;
  if (at.pc < code.size()) code[at.pc] = true;
}

Checker::Checker(const Limits& limits, Gm& gm, const Program& program, CheckedLaunch launch,
                 std::function<GroupState&(int)> group_state)
    : state_(std::make_unique<State>(limits, gm, program, std::move(launch),
                                     std::move(group_state))) {}

Checker::~Checker() = default;

CheckReport Checker::finish() {
  state_->finish_gm();
  return std::move(state_->report);
}

void Checker::on_issue(const EventPlace& at, const Command& command) {
  state_->reach(at);
  state_->order.issue(at, has_handover(command));
}

void Checker::on_start(const EventPlace& at, const Command&) { state_->order.start(at); }

void Checker::on_retire(const EventPlace& at, const Command& command) {
  const Clock& clock = state_->order.retire(at);
  const uint32_t agent = state_->order.agent(at);
  const Doer doer{at, {agent, clock.of(agent), at.pc, at.cycle}, clock, std::nullopt};
  const bool atomic = is_atomic(command);
  const Place place{state_->gm, state_->group_state(at.group), state_->limits, at.core};
  visit_footprint(place, command, [&](const Region& region) {
    const bool in_gm_atomic = atomic && region.mem == Mem::kGm;
    if (in_gm_atomic && !region.write) return;
    state_->access(region,
                   in_gm_atomic   ? Mode::kAtomic
                   : region.write ? Mode::kWrite
                                  : Mode::kRead,
                   doer);
  });
}

void Checker::on_flag_set(const EventPlace& at, int32_t target_core, int flag, uint32_t count,
                          bool early) {
  state_->reach(at);
  state_->order.set_flag(at, target_core, flag, count, early);
}

void Checker::on_flag_take(const EventPlace& at, int flag, uint32_t count) {
  state_->reach(at);
  state_->order.take_flag(at, flag, count);
}

void Checker::on_word_set(const EventPlace& at, uint64_t address, uint64_t count) {
  state_->reach(at);
  state_->order.set_word(at, address, count);
}

void Checker::on_word_take(const EventPlace& at, uint64_t address, uint64_t count) {
  state_->reach(at);
  state_->order.take_word(at, address, count);
}

void Checker::on_scalar(const EventPlace& at, const ScalarAccess& access) {
  const bool atomic = access.kind == ScalarAccess::Kind::kAtomic;
  const bool load = access.kind == ScalarAccess::Kind::kLoad;
  if (atomic) state_->order.atomic(at, access.address);
  const Clock& clock = state_->order.step(at);
  const uint32_t agent = state_->order.agent(at);
  Doer doer{at, {agent, clock.of(agent), at.pc, at.cycle}, clock, std::nullopt};
  if (load && access.from_cache) doer.fetch_cycle = access.fetch_cycle;
  const auto bytes = static_cast<uint64_t>(access.bytes);
  state_->access({access.mem, at.core, access.address, 1, bytes, access.bytes, !load},
                 atomic ? Mode::kAtomic
                 : load ? Mode::kRead
                        : Mode::kWrite,
                 doer);
}

void Checker::on_await(const EventPlace& at, Unit unit) { state_->order.await(at, unit); }
void Checker::on_barrier_arrive(const EventPlace& at) { state_->order.arrive(at); }
void Checker::on_barrier_leave(const EventPlace& at) { state_->order.leave(at); }

}  // namespace npu
