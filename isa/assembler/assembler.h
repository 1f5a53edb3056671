// Assembly text -> program. The language is described in docs/assembly.md.
#pragma once

#include <string>
#include <string_view>

#include "isa/program/program.h"

namespace npu {

// Throws InputError with every problem of the text, each as `file:line:col: problem; what is
// allowed`, the line and a caret. The result's source map names `file_name`.
Program assemble(std::string_view text, std::string file_name);

// What assemble refuses without reading further.
inline constexpr size_t kMaxAssemblyBytes = size_t{16} << 20;
inline constexpr size_t kMaxAssemblyLine = size_t{256} << 10;

}  // namespace npu
