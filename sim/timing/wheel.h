// The event wheel: integer cycles, coroutines to wake, nothing else.
//
// Near events lie in one bucket a cycle, far ones in a heap. Within a cycle events run in the order
// of their keys (priority, then unit), whenever and by whomever they were scheduled, so the order
// in which a model was built changes nothing. An event may schedule others for the same cycle; they
// join it at their place.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace npu {

using Cycle = uint64_t;

// Priority in the high bits, unit index in the low ones: smaller runs first.
using EventKey = uint32_t;
inline constexpr int kUnitBits = 24;
constexpr EventKey event_key(uint32_t priority, uint32_t unit) {
  return priority << kUnitBits | unit;
}

class Wheel {
 public:
  enum class Stopped : uint8_t {
    kIdle,   // no event is left
    kLimit,  // the next event is after the limit
    kAsked,  // stop() was called
  };

  Wheel();

  Cycle now() const { return now_; }

  // Resumes `process` at cycle `at`, which is not in the past. No two events of a cycle may have
  // the same key.
  void schedule(Cycle at, EventKey key, std::coroutine_handle<> process) {
    if (at - now_ >= kSlots) {
      schedule_far(at, key, process);
    } else if (at == now_ && in_cycle_) {
      insert_now({key, process});
    } else {
      const size_t slot = at % kSlots;
      slots_[slot].push_back({key, process});
      occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
    }
  }

  // The cycle of the next event.
  std::optional<Cycle> next() const;

  // Runs every event up to and including cycle `limit`. An exception of a process passes through.
  Stopped run(Cycle limit);

  // Makes run() return after the current event.
  void stop() { stop_ = true; }

  // Called every few hundred events; false stops.
  void set_poll(std::function<bool()> poll) { poll_ = std::move(poll); }

  // Forgets all events and starts again at cycle 0.
  void reset();

  uint64_t events() const { return events_; }

 private:
  static constexpr uint64_t kSlots = 1024;
  static constexpr uint64_t kPollEvents = 256;
  struct Event {
    EventKey key;
    std::coroutine_handle<> process;
  };
  struct FarEvent {
    Cycle at;
    Event event;
  };
  static bool later(const FarEvent& a, const FarEvent& b) { return a.at > b.at; }

  void schedule_far(Cycle at, EventKey key, std::coroutine_handle<> process);
  void insert_now(Event event);
  bool cycle_done() const { return first_ == current_.size() && joined_first_ == joined_.size(); }
  Event take();
  void enter(Cycle cycle);
  std::optional<Cycle> next_near() const;

  Cycle now_ = 0;
  bool in_cycle_ = false;
  bool stop_ = false;
  uint64_t events_ = 0;
  // Of the running cycle, both in order: events that were there when it began, and those that
  // joined since. What has run lies before first_ and joined_first_.
  std::vector<Event> current_, joined_;
  size_t first_ = 0, joined_first_ = 0;
  std::array<std::vector<Event>, kSlots> slots_;
  std::array<uint64_t, kSlots / 64> occupied_{};
  std::vector<FarEvent> far_;  // a heap, earliest on top
  std::function<bool()> poll_;
};

}  // namespace npu
