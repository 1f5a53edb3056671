// Machine files: finding them, following `base`, and reporting all that is wrong at once.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "isa/errors.h"
#include "sim/config/yaml_reader.h"

namespace npu {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKinds[] = {"machines", "systems"};

// Folders that hold machines/ and systems/, first match wins.
std::vector<fs::path> config_folders() {
  std::vector<fs::path> folders;
  if (const char* configs = std::getenv("NPU_CONFIGS"); configs != nullptr && *configs != '\0') {
    folders.emplace_back(configs);
  }
  folders.emplace_back(NPU_SOURCE_CONFIGS);
  // An installation may have been moved as a whole: beside the running command's bin/.
  std::error_code error;
  const fs::path command = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(command.parent_path() / NPU_CONFIGS_FROM_BIN);
  folders.emplace_back(NPU_INSTALLED_CONFIGS);
  return folders;
}

std::vector<std::string> names_in(const char* kind);

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos ||
         (name.size() > 5 && name.compare(name.size() - 5, 5, ".yaml") == 0);
}

fs::path find_machine(const std::string& name, const std::string& wanted_by) {
  if (is_path(name)) {
    std::error_code error;
    if (fs::is_regular_file(name, error)) return name;
    throw InputError(wanted_by + name + ": no such machine file");
  }
  for (const fs::path& folder : config_folders()) {
    for (const char* kind : kKinds) {
      fs::path file = folder / kind / (name + ".yaml");
      std::error_code error;
      if (fs::is_regular_file(file, error)) return file;
    }
  }
  std::string known;
  for (const char* kind : kKinds) {
    for (const std::string& machine : names_in(kind))
      known += (known.empty() ? "" : ", ") + machine;
  }
  throw InputError(wanted_by + name + ": no such machine; known are " + known +
                   ", or the path of a YAML file");
}

std::string read_text(const fs::path& file) {
  constexpr std::uintmax_t kMost = 1 << 20;
  std::error_code error;
  if (fs::file_size(file, error) > kMost || error) {
    throw InputError(file.string() + ": cannot be read, or is over 1 MiB: no machine description");
  }
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) throw InputError(file.string() + ": cannot be read");
  return text.str();
}

std::vector<std::string> names_in(const char* kind) {
  std::vector<std::string> names;
  for (const fs::path& folder : config_folders()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder / kind, error)) {
      if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

MachineConfig parse(const std::string& text, const std::string& file,
                    std::vector<std::string>& chain);

MachineConfig load(const std::string& name, const std::string& wanted_by,
                   std::vector<std::string>& chain) {
  const fs::path file = find_machine(name, wanted_by);
  std::error_code error;
  const std::string identity = fs::weakly_canonical(file, error).string();
  if (std::find(chain.begin(), chain.end(), identity) != chain.end()) {
    throw InputError(wanted_by + name + ": base goes in a circle");
  }
  chain.push_back(identity);
  MachineConfig machine = parse(read_text(file), file.string(), chain);
  machine.name = file.stem().string();
  return machine;
}

MachineConfig parse(const std::string& text, const std::string& file,
                    std::vector<std::string>& chain) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    throw InputError(file + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
  MachineConfig machine;
  if (root.IsMap() && root["base"]) {
    const YAML::Node base = root["base"];
    const std::string place = file + ":" + std::to_string(base.Mark().line + 1) + ": base: ";
    if (!base.IsScalar()) throw InputError(place + "must be the name of a machine");
    std::string name = base.Scalar();
    // A relative path is relative to the file that gives it.
    if (is_path(name) && fs::path(name).is_relative()) {
      name = (fs::path(file).parent_path() / name).string();
    }
    machine = load(name, place, chain);
  }
  std::vector<std::string> problems;
  read_fields(root, file, machine, problems);
  if (problems.empty()) check_machine(machine, file, problems);
  if (!problems.empty()) {
    std::string all;
    for (const std::string& problem : problems) all += (all.empty() ? "" : "\n") + problem;
    throw InputError(all);
  }
  machine.name = fs::path(file).stem().string();
  return machine;
}

}  // namespace

MachineConfig load_machine(const std::string& name_or_path) {
  std::vector<std::string> chain;
  return load(name_or_path, "", chain);
}

MachineConfig parse_machine(const std::string& text, const std::string& file_name) {
  std::vector<std::string> chain;
  return parse(text, file_name, chain);
}

std::vector<std::string> machine_names() { return names_in("machines"); }
std::vector<std::string> system_names() { return names_in("systems"); }

}  // namespace npu
