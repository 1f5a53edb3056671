// The two kinds of error that cross folders: wrong input (thrown) and our own bugs (asserted).
// A fault of a guest program is neither: it is a value, see isa/fault.h.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace npu {

// Wrong input from outside: a file, an argument, a program text. `what()` names the place, the
// problem and what is allowed, in one or more complete lines. The command turns it into exit
// code 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& message) : std::runtime_error(message) {}
};

// A broken promise inside npukit itself.
class InternalError : public std::logic_error {
 public:
  explicit InternalError(const std::string& message) : std::logic_error(message) {}
};

namespace detail {
[[noreturn]] inline void fail_assert(const char* condition, const char* file, int line) {
  throw InternalError(std::string(file) + ":" + std::to_string(line) +
                      ": npukit bug: " + condition);
}
}  // namespace detail

}  // namespace npu

#define NPU_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::npu::detail::fail_assert(#condition, __FILE__, __LINE__))
