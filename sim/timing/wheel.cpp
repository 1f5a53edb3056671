#include "sim/timing/wheel.h"

#include <algorithm>
#include <bit>

#include "isa/errors.h"

namespace npu {

Wheel::Wheel() { reset(); }

void Wheel::reset() {
  now_ = 0;
  in_cycle_ = false;
  stop_ = false;
  current_.clear();
  joined_.clear();
  first_ = joined_first_ = 0;
  for (auto& slot : slots_) slot.clear();
  occupied_.fill(0);
  far_.clear();
}

void Wheel::schedule_far(Cycle at, EventKey key, std::coroutine_handle<> process) {
  NPU_ASSERT(at >= now_);
  far_.push_back({at, {key, process}});
  std::push_heap(far_.begin(), far_.end(), later);
}

// Most join behind those that have: cores of a cycle run in order.
void Wheel::insert_now(Event event) {
  size_t at = joined_.size();
  joined_.push_back(event);
  for (; at > joined_first_ && joined_[at - 1].key > event.key; --at) joined_[at] = joined_[at - 1];
  joined_[at] = event;
}

Wheel::Event Wheel::take() {
  const bool joined =
      joined_first_ < joined_.size() &&
      (first_ == current_.size() || joined_[joined_first_].key < current_[first_].key);
  return joined ? joined_[joined_first_++] : current_[first_++];
}

std::optional<Cycle> Wheel::next_near() const {
  constexpr size_t kWords = kSlots / 64;
  const size_t first = now_ % kSlots;
  // The word of the first slot is looked at twice: from that slot on, and at the end below it.
  for (size_t i = 0; i <= kWords; ++i) {
    const size_t word = (first / 64 + i) % kWords;
    uint64_t bits = occupied_[word];
    if (i == 0) bits &= ~uint64_t{0} << (first % 64);
    if (i == kWords) bits &= ~(~uint64_t{0} << (first % 64));
    if (bits == 0) continue;
    const size_t slot = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    return now_ + (slot - first) % kSlots;
  }
  return std::nullopt;
}

std::optional<Cycle> Wheel::next() const {
  if (!cycle_done()) return now_;
  std::optional<Cycle> near = next_near();
  if (!far_.empty() && (!near || far_.front().at < *near)) return far_.front().at;
  return near;
}

// Moves time to `cycle` and gathers its events.
void Wheel::enter(Cycle cycle) {
  now_ = cycle;
  while (!far_.empty() && far_.front().at - now_ < kSlots) {
    std::pop_heap(far_.begin(), far_.end(), later);
    const size_t slot = far_.back().at % kSlots;
    slots_[slot].push_back(far_.back().event);
    occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
    far_.pop_back();
  }
  const size_t slot = cycle % kSlots;
  current_.clear();
  joined_.clear();
  first_ = joined_first_ = 0;
  current_.swap(slots_[slot]);
  occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  const auto before = [](const Event& a, const Event& b) { return a.key < b.key; };
  if (!std::is_sorted(current_.begin(), current_.end(), before)) {
    std::sort(current_.begin(), current_.end(), before);
  }
}

Wheel::Stopped Wheel::run(Cycle limit) {
  stop_ = false;
  for (;;) {
    if (cycle_done()) {
      const std::optional<Cycle> cycle = next();
      if (!cycle) return Stopped::kIdle;
      if (*cycle > limit) return Stopped::kLimit;
      enter(*cycle);
    }
    in_cycle_ = true;
    while (!cycle_done()) {
      const Event event = take();
      if (++events_ % kPollEvents == 0 && poll_ && !poll_()) stop_ = true;
      event.process.resume();
      if (stop_) {
        in_cycle_ = false;
        return Stopped::kAsked;
      }
    }
    in_cycle_ = false;
  }
}

}  // namespace npu
