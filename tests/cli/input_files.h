// The folder in which the command is tested: the files of tests/cli/inputs, and good and bad binary
// files.
#pragma once

#include <map>
#include <string>

#include "tests/unit/runtime/model/fixtures.h"

namespace npu::test {

class InputFolder {
 public:
  InputFolder();
  std::string path() const { return folder_.path("work"); }
  std::string path(const std::string& name) const { return path() + "/" + name; }

  // The files with their contents, by name.
  std::map<std::string, std::string> snapshot() const;

 private:
  TempFolder folder_;
};

}  // namespace npu::test
