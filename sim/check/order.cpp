#include "sim/check/order.h"

#include <algorithm>

#include "isa/errors.h"

namespace npu::detail {

Order::Order(int groups, int vectors, const Program& program)
    : agents_(groups, vectors), program_(program), arriving_(agents_.count()) {
  all_.reserve(agents_.count());
  for (int group = 0; group < groups; ++group) {
    const Clock zero(agents_, group);
    for (uint32_t i = 0; i < agents_.of_group(); ++i) all_.push_back({zero, 0, {}, {}, zero});
  }
}

void Order::issue(const EventPlace& place, bool handover) {
  at(place).issued.push_back({place.serial, handover, sequencer(place).clock});
}

void Order::start(const EventPlace& place) {
  Agent& unit = at(place);
  NPU_ASSERT(!unit.issued.empty());
  InFlight command = std::move(unit.issued.front());
  unit.issued.pop_front();
  unit.clock.join(command.clock);
  unit.clock.set(agent(place), ++unit.time);
  command.clock = unit.clock;
  unit.running.push_back(std::move(command));
}

const Clock& Order::retire(const EventPlace& place) {
  Agent& unit = at(place);
  NPU_ASSERT(!unit.running.empty());
  unit.retired = std::move(unit.running.front().clock);
  unit.running.pop_front();
  return unit.retired;
}

Order::Queue& Order::flag_queue(int32_t group, int32_t core, int flag) {
  const auto [entry, fresh] = flags_.try_emplace({group, core, flag});
  if (fresh) {
    for (const FlagDecl& declared : (core == 0 ? program_.cube : program_.vector).flags) {
      if (declared.id == flag && declared.initial > 0) {
        entry->second.push_back({declared.initial, std::nullopt});
      }
    }
  }
  return entry->second;
}

// What a set made now makes known: all that its agent has completed.
Clock Order::released(const EventPlace& place) const {
  const Agent& agent = all_[this->agent(place)];
  return place.unit == Unit::kSequencer ? agent.clock : agent.retired;
}

void Order::set_flag(const EventPlace& place, int32_t target_core, int flag, uint32_t count,
                     bool early) {
  Tokens tokens{count, std::nullopt};
  const Agent& setter = at(place);
  if (early && place.unit != Unit::kSequencer) {
    const auto running =
        std::find_if(setter.running.begin(), setter.running.end(),
                     [&](const InFlight& command) { return command.serial == place.serial; });
    if (running != setter.running.end()) {
      tokens.clock = running->clock;
      tokens.early = true;
      tokens.early_agent = agent(place);
      tokens.early_time = running->clock.of(tokens.early_agent);
    }
  }
  if (!tokens.clock) tokens.clock = released(place);
  flag_queue(place.group, target_core, flag).push_back(std::move(tokens));
}

bool Order::takes_for_handover(const EventPlace& place) const {
  if (place.unit == Unit::kSequencer) return false;
  const Agent& taker = all_[agent(place)];
  return !taker.issued.empty() && taker.issued.front().handover;
}

void Order::take(const EventPlace& place, Queue& queue, uint64_t count) {
  Agent& taker = at(place);
  const bool handover = takes_for_handover(place);
  while (count > 0 && !queue.empty()) {
    Tokens& oldest = queue.front();
    if (oldest.clock) {
      Clock known = *oldest.clock;
      if (oldest.early && !handover) {
        known.set(oldest.early_agent, oldest.early_time - 1);
      }
      taker.clock.join(known);
    }
    const uint64_t taken = std::min(count, oldest.count);
    count -= taken;
    oldest.count -= taken;
    if (oldest.count == 0) queue.pop_front();
  }
}

void Order::take_flag(const EventPlace& place, int flag, uint32_t count) {
  take(place, flag_queue(place.group, place.core, flag), count);
}

void Order::set_word(const EventPlace& place, uint64_t address, uint64_t count) {
  Clock known = released(place);
  const auto [entry, fresh] = set_words_.try_emplace(address, known);
  if (!fresh) entry->second.join(known);
  words_[address].push_back({count, std::move(known)});
}

void Order::take_word(const EventPlace& place, uint64_t address, uint64_t count) {
  take(place, words_[address], count);
  const auto atomics = atomics_.find(address);
  if (atomics != atomics_.end()) at(place).clock.join(atomics->second);
}

const Clock& Order::step(const EventPlace& place) {
  Agent& agent = sequencer(place);
  agent.clock.set(agents_.id(place.group, place.core, Unit::kSequencer), ++agent.time);
  return agent.clock;
}

void Order::atomic(const EventPlace& place, uint64_t address) {
  Agent& agent = sequencer(place);
  const auto sets = set_words_.find(address);
  if (sets != set_words_.end()) agent.clock.join(sets->second);
  const auto [entry, fresh] = atomics_.try_emplace(address, agent.clock);
  if (fresh) return;
  agent.clock.join(entry->second);
  entry->second = agent.clock;
}

void Order::await(const EventPlace& place, Unit unit) {
  EventPlace of_unit = place;
  const auto join = [&](Unit one) {
    of_unit.unit = one;
    sequencer(place).clock.join(at(of_unit).retired);
  };
  if (unit != Unit::kSequencer) return join(unit);
  const bool cube = place.core == 0;
  for (Unit one :
       {Unit::kLoad, cube ? Unit::kFeed : Unit::kVector, cube ? Unit::kCube : Unit::kStore}) {
    join(one);
  }
  if (cube) join(Unit::kDrain);
}

void Order::arrive(const EventPlace& place) {
  await(place, Unit::kSequencer);
  sequencer(place).clock.add_to(arriving_);
  ++arrived_;
}

void Order::leave(const EventPlace& place) {
  if (to_leave_ == 0) {
    leaving_ = std::make_shared<const std::vector<uint32_t>>(arriving_);
    to_leave_ = arrived_;
    arrived_ = 0;
  }
  --to_leave_;
  sequencer(place).clock.join_all(leaving_);
}

}  // namespace npu::detail
