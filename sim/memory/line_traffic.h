// What the memory system remembers of lines that were asked for a moment ago: when they arrive from
// HBM, and until when they serve other requests.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/memory/ticks.h"

namespace npu {

class LineTraffic {
 public:
  // `same_line` is the time that a line serves one request.
  explicit LineTraffic(Ticks same_line) : same_line_(same_line), lines_(kLines) {}

  // A new run: times start again at 0.
  void forget() { ++run_; }

  // A line is in L2 at `ready`: who asks for it before then waits as long.
  void filled(uint64_t line, Ticks ready) { lines_[line % kLines] = {line, run_, ready, 0, 0}; }

  // Who asks for a resident line at `from` is served at the result, one after another.
  Ticks serve(uint64_t line, Ticks from, bool write) {
    Line& kept = lines_[line % kLines];
    if (kept.line != line || kept.run != run_) {
      if (same_line_ == 0) return from;
      kept = {line, run_, 0, 0, 0};
    }
    if (!write) from = std::max(from, kept.ready);
    if (same_line_ == 0) return from;
    // [busy_from, busy_to) is one stretch of service; who comes before it goes before it.
    if (from >= kept.busy_to) {
      kept.busy_from = from;
      kept.busy_to = from + same_line_;
    } else if (from + same_line_ > kept.busy_from) {
      from = kept.busy_to;
      kept.busy_to += same_line_;
    }
    return from;
  }

 private:
  // A place serves lines kLines apart; the later of them takes it.
  struct Line {
    uint64_t line = 0;
    uint64_t run = 0;
    Ticks ready = 0;
    Ticks busy_from = 0, busy_to = 0;
  };
  static constexpr size_t kLines = 1 << 16;  // several times what all windows hold

  Ticks same_line_;
  uint64_t run_ = 1;
  std::vector<Line> lines_;
};

}  // namespace npu
