// Where the bulk tables of measurements are: below NPU_DATA, or in the data folder beside the
// checkout. Users do not have them.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace npu::test {

// Nothing, and a message, where they are absent.
inline std::optional<std::string> bulk_folder() {
  const char* data = std::getenv("NPU_DATA");
  const std::string path =
      (data != nullptr ? std::string(data) : std::string(NPU_SOURCE_DIR) + "/../shared/data") +
      "/hardware";
  if (std::filesystem::is_directory(path)) return path;
  WARN("no tables in " + path + ": skipped");
  return std::nullopt;
}

}  // namespace npu::test
