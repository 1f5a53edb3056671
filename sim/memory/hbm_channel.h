// One channel of HBM: banks with open rows, and the earliest time at which each command may go.
//
// Requests are booked in the order of the calls, some for a little later than others. What is
// booked stays where it is, but a later call may use the time that it left: a gap on the bus or
// between activates, or a row that its bank had open before the one that was booked last.
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
  // Changes of direction so far.
  uint64_t turnarounds() const { return turnarounds_; }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};  // the group of no command
  static constexpr size_t kGaps = 32;
  struct Command {
    Ticks at = 0;
    uint32_t group = kNone;
    bool write = false;
  };
  // Two commands with room for a third between them. NOTE: in a gap only the neighbours' bank
  // groups count, not those of commands before and after them.
  struct Gap {
    Command first, then;
  };
  // What two commands keep between them.
  Ticks apart(const Command& first, const Command& then) const;
  bool has_room(const Gap& gap) const;
  void append(const Command& command);

  const HbmTiming& timing_;
  Command last_;
  uint64_t turnarounds_ = 0;
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

  HbmCounters counters() const;

 private:
  static constexpr uint64_t kClosed = ~uint64_t{0};
  // The time in which a bank has a row open.
  struct OpenRow {
    uint64_t row = kClosed;
    uint64_t refresh = 0;   // the interval between refreshes in which it was opened
    Ticks column_from = 0;  // the earliest read or write
    Ticks precharge = 0;    // of the open row the earliest, of the one before when it was
  };
  struct Bank {
    OpenRow open, before;
    Ticks activated = 0;
    bool used = false;  // `activated` means something
  };
  void activate(Bank& bank, const HbmPlace& place, Ticks from);
  // Whether a read or write of the row before can still go; takes its slot if so.
  bool take_before(Bank& bank, Ticks now, Ticks from, const HbmPlace& place, bool write, Ticks& at);
  Ticks take_open(Bank& bank, Ticks now, Ticks from, const HbmPlace& place, bool write);
  void drain(Ticks now);
  // Which interval between refreshes a time lies in, and how far.
  struct Phase {
    uint64_t interval = 0;
    Ticks since = 0;
  };
  Phase phase_of(Ticks at);
  // `at`, or the end of the refresh that it or what needs `tail` after it would run into.
  Ticks clear_of_refresh(Ticks at, Ticks tail);

  const HbmTiming& timing_;
  Ticks phase_;
  uint64_t interval_ = 0;     // the one that was last asked for
  Ticks interval_begin_ = 0;  // with the channel's phase
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
