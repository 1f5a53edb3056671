// One channel of HBM: banks with open rows, and the earliest time at which each command may go.
//
// Requests are booked in the order of the calls, some for a little later than others. What is
// booked stays where it is, but a later call may use the time that it left: a gap on the bus or
// between activates, or a row that its bank had open before the one that was booked last.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/memory/address_map.h"
#include "sim/memory/hbm_activates.h"
#include "sim/memory/hbm_bus.h"
#include "sim/record/traffic.h"

namespace npu {

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
