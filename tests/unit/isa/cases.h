// Reading the text files beside these tests, and replacing them by what is true now.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace npu {

inline std::string repository_file(const std::string& path) {
  std::ifstream file(std::string(NPU_SOURCE_DIR) + "/" + path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// For tests tagged [.approve], which are run by hand: what they write is looked at and committed.
inline void replace_repository_file(const std::string& path, const std::string& text) {
  std::ofstream(std::string(NPU_SOURCE_DIR) + "/" + path, std::ios::binary) << text;
}

}  // namespace npu
