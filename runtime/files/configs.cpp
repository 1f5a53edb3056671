#include "runtime/files/configs.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "isa/errors.h"

namespace npu {

namespace fs = std::filesystem;

std::string configs_path(const std::string& name) {
  std::vector<fs::path> folders;
  if (const char* configs = std::getenv("NPU_CONFIGS"); configs != nullptr && *configs != '\0') {
    folders.emplace_back(configs);
  }
  folders.emplace_back(NPU_SOURCE_CONFIGS);
  // An installation, as it lies beside the running command's bin/.
  std::error_code error;
  const fs::path command = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(command.parent_path() / NPU_CONFIGS_FROM_BIN);
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / name, error)) return (folder / name).string();
  }
  throw InputError("configs/" + name +
                   ": not found; allowed: NPU_CONFIGS names the folder configs");
}

}  // namespace npu
