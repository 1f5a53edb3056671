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
  for (auto& slot : slots_) slot.clear();
  occupied_.fill(0);
  far_.clear();
}

void Wheel::schedule_far(Cycle at, EventKey key, std::coroutine_handle<> process) {
  NPU_ASSERT(at >= now_);
  far_.push_back({at, {key, process}});
  std::push_heap(far_.begin(), far_.end(), later);
}

void Wheel::insert_now(Event event) {
  auto at = current_.end();
  while (at != current_.begin() && (at - 1)->key < event.key) --at;
  current_.insert(at, event);
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
  if (!current_.empty()) return now_;
  std::optional<Cycle> near = next_near();
  if (!far_.empty() && (!near || far_.front().at < *near)) return far_.front().at;
  return near;
}

// Moves time to `cycle` and gathers its events, last first.
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
  current_.swap(slots_[slot]);
  occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  if (current_.size() > 1) {
    std::sort(current_.begin(), current_.end(),
              [](const Event& a, const Event& b) { return a.key > b.key; });
  }
}

Wheel::Stopped Wheel::run(Cycle limit) {
  stop_ = false;
  for (;;) {
    if (current_.empty()) {
      const std::optional<Cycle> cycle = next();
      if (!cycle) return Stopped::kIdle;
      if (*cycle > limit) return Stopped::kLimit;
      enter(*cycle);
    }
    in_cycle_ = true;
    while (!current_.empty()) {
      const Event event = current_.back();
      current_.pop_back();
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
