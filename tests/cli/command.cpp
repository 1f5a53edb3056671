#include "tests/cli/command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "isa/errors.h"

namespace npu::test {

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A file without a name that a child can write to and we can read afterwards.
class Capture {
 public:
  Capture() : file_(std::tmpfile()) { NPU_ASSERT(file_ != nullptr); }
  ~Capture() { std::fclose(file_); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  int descriptor() const { return fileno(file_); }
  std::string text() const {
    std::rewind(file_);
    std::string text;
    char block[4096];
    while (const size_t bytes = std::fread(block, 1, sizeof block, file_)) {
      text.append(block, bytes);
    }
    return text;
  }

 private:
  std::FILE* file_;
};

[[noreturn]] void become(const std::string& folder, const std::vector<std::string>& words, int out,
                         int err) {
  std::vector<char*> argv = {const_cast<char*>(NPU_COMMAND)};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  const bool ready = chdir(folder.c_str()) == 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
                     dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0;
  if (ready) execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

std::vector<std::string> words_of(const std::string& arguments) {
  std::vector<std::string> words;
  bool inside = false, quoted = false;
  for (const char c : arguments) {
    if (c == ' ' && !quoted) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == '\'') {
      quoted = !quoted;
    } else {
      words.back() += c;
    }
  }
  return words;
}

CommandResult npu(const std::string& folder, const std::string& arguments,
                  std::optional<double> interrupt_after) {
  constexpr double kLongest = 60;
  const std::vector<std::string> words = words_of(arguments);
  const Capture out, err;
  const Clock::time_point begin = Clock::now();
  const pid_t child = fork();
  NPU_ASSERT(child >= 0);
  if (child == 0) become(folder, words, out.descriptor(), err.descriptor());

  CommandResult result;
  Clock::time_point interrupted = begin;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (interrupt_after && since(begin) >= *interrupt_after) {
      kill(child, SIGINT);
      interrupted = Clock::now();
      interrupt_after.reset();
    }
    if (since(begin) > kLongest) kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  result.seconds = since(begin);
  result.seconds_after_interrupt = since(interrupted);
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = out.text();
  result.err = err.text();
  return result;
}

}  // namespace npu::test
