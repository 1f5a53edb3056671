// One unit's account of its cycles: at any time exactly one cause runs.
#pragma once

#include "sim/record/record.h"
#include "sim/timing/wheel.h"

namespace npu {

class CauseClock {
 public:
  void start(Cause cause) {
    record_ = {};
    since_ = 0;
    cause_ = cause;
  }

  // From cycle `at` on the unit is in `cause`. `at` does not go back.
  void change(Cycle at, Cause cause) {
    record_.cycles[static_cast<size_t>(cause_)] += at - since_;
    since_ = at;
    cause_ = cause;
  }

  Cause cause() const { return cause_; }
  Cycle since() const { return since_; }

  // The account of a run that ended at `end`. A sequencer that had run ahead gives back what lies
  // behind the end.
  UnitRecord close(Cycle end) {
    if (end >= since_) {
      change(end, cause_);
      return record_;
    }
    Cycle excess = since_ - end;
    for (uint64_t& cycles : record_.cycles) {
      const Cycle taken = excess < cycles ? excess : cycles;
      cycles -= taken;
      excess -= taken;
    }
    return record_;
  }

  void count_instructions(uint64_t count) { record_.instructions += count; }
  uint64_t instructions() const { return record_.instructions; }

 private:
  UnitRecord record_;
  Cycle since_ = 0;
  Cause cause_ = Cause::kDone;
};

}  // namespace npu
