// The place in a kernel's source that a verb was written at. Every verb takes one as its last,
// defaulted argument, so that each instruction of the program can name the line it came from.
#pragma once

namespace npu {

struct Where {
  const char* file = "";
  int line = 0;

  // The caller's place, also through a defaulted argument.
  static constexpr Where here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace npu
