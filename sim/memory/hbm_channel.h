// One channel of HBM: banks with open rows, and the earliest time at which each command may go.
//
// Requests are booked in the order of the calls, some for a little later than others. Commands of a
// bank keep that order. The data bus does not: a read may go into a gap that an earlier call left,
// as a controller would let it.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "sim/memory/address_map.h"
#include "sim/memory/hbm_timing.h"
#include "sim/record/traffic.h"

namespace npu {

// Times of activates, which banks of a channel share: rrd between two, at most four in faw.
class Activates {
 public:
  explicit Activates(const HbmTiming& timing) : timing_(timing) {}
  void reset() { count_ = 0; }
  // The earliest time from `from` at which a bank of the group may be activated.
  Ticks earliest(Ticks from, uint32_t group) const;
  void add(Ticks at, uint32_t group);

 private:
  struct Activate {
    Ticks at = 0;
    uint32_t group = 0;
  };
  static constexpr size_t kKept = 32;
  // The time to which the kept ones push an activate at `at`; `at` if they don't.
  Ticks pushed(Ticks at, uint32_t group) const;

  const HbmTiming& timing_;
  std::array<Activate, kKept> kept_;  // the latest, by time
  size_t count_ = 0;
};

// Times of reads and writes on the bus of a channel: ccd, turnarounds, and the gaps between.
class ColumnBus {
 public:
  explicit ColumnBus(const HbmTiming& timing, uint32_t groups);
  void reset();
  struct Slot {
    Ticks at = 0;
    int gap = -1;  // the gap that it lies in; -1: after all others
  };
  // The earliest slot from `from`; nobody asks for one before `now` any more.
  Slot earliest(Ticks now, Ticks from, uint32_t group, bool write);
  void take(const Slot& slot, uint32_t group, bool write);
  bool last_was_write() const { return last_write_; }

 private:
  // Time between two commands that a later call may still use: `left` of it, in no fixed place, for
  // what goes the same way as a neighbour. NOTE: bus time is what counts here, not bank groups.
  struct Gap {
    Ticks begin = 0, end = 0;
    int64_t left = 0;
    bool read = false, write = false;  // which of them fit without a turnaround
  };
  static constexpr size_t kGaps = 32;

  const HbmTiming& timing_;
  bool any_ = false, last_write_ = false;
  Ticks last_ = 0;
  Ticks read_any_ = 0, write_any_ = 0;                 // earliest of any group
  std::vector<Ticks> read_in_group_, write_in_group_;  // of each group
  std::vector<Gap> gaps_;                              // by time
};

class HbmChannel {
 public:
  // `phase` of 0 to 1 says how far from its first refresh the channel starts.
  HbmChannel(const HbmConfig& config, const HbmTiming& timing, double phase);

  // Empty, from time 0; all rows closed.
  void reset();

  // Reads or writes one burst; the time at which its last byte has passed.
  Ticks access(Ticks now, Ticks from, const HbmPlace& place, bool write);

  // Collects a burst to be written later, in order of rows; nobody waits for it.
  void write_later(Ticks now, Ticks from, const HbmPlace& place);

  // Writes what is collected; the time at which the last byte of anything has passed.
  Ticks flush(Ticks now);

  const HbmCounters& counters() const { return counters_; }

 private:
  static constexpr uint64_t kClosed = ~uint64_t{0};
  struct Bank {
    uint64_t row = kClosed;
    uint64_t refresh = 0;  // the interval in which the row was opened
    Ticks activated = 0;
    bool used = false;      // `activated` means something
    Ticks column_from = 0;  // the earliest read or write of the open row
    Ticks precharge_from = 0;
  };
  void open(Bank& bank, const HbmPlace& place, Ticks from);
  void drain(Ticks now);
  uint64_t interval(Ticks at) const {
    return timing_.refresh_interval == 0 ? 0 : (at + phase_) / timing_.refresh_interval;
  }
  // `at`, or the end of the refresh that it or what needs `tail` after it would run into.
  Ticks clear_of_refresh(Ticks at, Ticks tail) const;

  const HbmTiming& timing_;
  Ticks phase_;
  size_t queue_limit_;
  std::vector<Bank> banks_;
  Activates activates_;
  ColumnBus bus_;
  struct Write {
    Ticks from = 0;
    HbmPlace place;
  };
  std::vector<Write> writes_;
  Ticks end_ = 0;  // of the last access
  HbmCounters counters_;
};

}  // namespace npu
