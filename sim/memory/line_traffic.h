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
  explicit LineTraffic(Ticks same_line)
      : same_line_(same_line), lines_(kLines), service_(same_line > 0 ? kLines : 0) {}

  // A new run: times start again at 0.
  void forget() { ++run_; }

  // A line is in L2 at `ready`: who asks for it before then waits as long.
  void filled(uint64_t line, Ticks ready) {
    lines_[line % kLines] = {key_of(line), ready};
    if (same_line_ > 0) service_[line % kLines] = {};
  }

  // Whether a resident line is still on its way at `from`.
  bool on_its_way(uint64_t line, Ticks from) const {
    const Line& kept = lines_[line % kLines];
    return kept.key == key_of(line) && kept.ready > from;
  }

  // Who asks for a resident line at `from` is served at the result, one after another.
  Ticks serve(uint64_t line, Ticks from, bool write) {
    Line& kept = lines_[line % kLines];
    const bool known = kept.key == key_of(line);
    if (known && !write) from = std::max(from, kept.ready);
    if (same_line_ == 0) return from;
    if (!known) filled(line, 0);
    // Who comes before the stretch goes before it.
    Stretch& busy = service_[line % kLines];
    if (from >= busy.to) {
      busy = {from, from + same_line_};
    } else if (from + same_line_ > busy.from) {
      from = busy.to;
      busy.to += same_line_;
    }
    return from;
  }

 private:
  // A place serves lines kLines apart; the later of them takes it.
  static constexpr int kLineBits = 16;  // several times what all windows hold
  static constexpr size_t kLines = size_t{1} << kLineBits;
  // Run and line in one: lines have at most 42 bits.
  uint64_t key_of(uint64_t line) const { return run_ << 26 | line >> kLineBits; }
  struct Line {
    uint64_t key = 0;
    Ticks ready = 0;
  };
  struct Stretch {
    Ticks from = 0, to = 0;  // of service without a break
  };

  Ticks same_line_;
  uint64_t run_ = 1;
  std::vector<Line> lines_;
  std::vector<Stretch> service_;
};

}  // namespace npu
