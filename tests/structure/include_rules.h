// Which folder may include what: the layers of docs/architecture.md as a table, and the check of
// one file against it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace npu::structure {

// One finding a line, "path:line: problem", for the text of the source at `path` (relative to the
// repository root). `exists` says whether the repository has a file of that name.
using Exists = bool (*)(const std::string& path);
std::vector<std::string> include_violations(const std::string& path, std::string_view text,
                                            Exists exists);

// The names in quotes that a source includes, in order.
std::vector<std::string> repository_includes(std::string_view text);

// Every C++ file under the four layers below `root`, relative to it, sorted.
std::vector<std::string> layered_sources(const std::string& root);

}  // namespace npu::structure
