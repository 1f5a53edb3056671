// What the command does with the terminal beside printing results: a progress line on stderr for
// anything that takes longer than two seconds, and a clean end on Ctrl-C. Quiet when stderr is not
// a terminal.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "sim/soc/simulator.h"

namespace npu {

// From now on Ctrl-C sets a flag instead of ending the process; a second Ctrl-C ends it.
void catch_interrupt();
bool interrupted();

class ProgressLine {
 public:
  explicit ProgressLine(double clock_ghz);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Shows what runs, the simulated time and the rate; false once the user has interrupted.
  bool operator()(const std::string& what, const Progress& progress);

  // Does `work` on a thread of its own, as it cannot be stopped, and shows `what` meanwhile. False
  // once the user has interrupted: the thread goes on, so that all it uses must live as long as the
  // process, which must end without waiting for it. Throws what `work` throws.
  bool wait_for(const std::string& what, std::function<void()> work);

  // Takes the line away, so that something else can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void show(const std::string& text);

  bool terminal_;
  double clock_ghz_;
  Clock::time_point begin_;
  Clock::time_point shown_;
  bool visible_ = false;
};

}  // namespace npu
