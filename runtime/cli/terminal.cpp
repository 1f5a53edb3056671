#include "runtime/cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "runtime/report/units.h"

namespace npu {

namespace {

constexpr std::chrono::seconds kQuietFor{2};
constexpr std::chrono::milliseconds kBetween{200};

volatile std::sig_atomic_t g_interrupted = 0;

void on_interrupt(int signal) {
  g_interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupt() { std::signal(SIGINT, on_interrupt); }
bool interrupted() { return g_interrupted != 0; }

ProgressLine::ProgressLine(double clock_ghz)
    : terminal_(isatty(STDERR_FILENO) != 0),
      clock_ghz_(clock_ghz),
      begin_(Clock::now()),
      shown_(begin_) {}

ProgressLine::~ProgressLine() { clear(); }

bool ProgressLine::operator()(const std::string& what, const Progress& progress) {
  const double seconds = static_cast<double>(progress.cycles) / clock_ghz_ * 1e-9;
  const double rate = progress.host_seconds > 0
                          ? static_cast<double>(progress.instructions) / progress.host_seconds
                          : 0;
  show(fmt::format("{}  {} simulated, {:.2f} M tile instructions/s", what, time_text(seconds),
                   rate * 1e-6));
  return !interrupted();
}

bool ProgressLine::wait_for(const std::string& what, std::function<void()> work) {
  const auto task = std::make_shared<std::packaged_task<void()>>(std::move(work));
  std::future<void> done = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  while (done.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    if (interrupted()) return false;
    show(what);
  }
  done.get();
  return true;
}

void ProgressLine::show(const std::string& text) {
  const auto now = Clock::now();
  if (!terminal_ || now - begin_ < kQuietFor || (visible_ && now - shown_ < kBetween)) return;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
  visible_ = true;
  shown_ = now;
}

void ProgressLine::clear() {
  if (!visible_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  visible_ = false;
}

}  // namespace npu
