#include "tests/structure/include_rules.h"

#include <algorithm>
#include <filesystem>

namespace npu::structure {
namespace {

using Names = std::vector<std::string_view>;

// What the files below `folder` may include of the repository. The first row that fits a file
// counts.
struct Layer {
  std::string_view folder;
  Names sees;
  Names but_not;
};
const std::vector<Layer>& layers() {
  static const std::vector<Layer> table = {
      {"isa/numerics/", {"isa/numerics/", "isa/types.h", "isa/errors.h"}, {}},
      {"isa/", {"isa/"}, {}},
      {"kernels/kit/", {"isa/", "kernels/kit/"}, {}},
      {"kernels/ops/", {"isa/", "kernels/kit/", "kernels/ops/"}, {}},
      {"kernels/", {"isa/", "kernels/"}, {}},
      {"sim/soc/", {"isa/", "sim/"}, {}},
      {"sim/", {"isa/", "sim/"}, {"sim/soc/"}},
      {"runtime/cli/", {"isa/", "sim/", "kernels/", "runtime/"}, {}},
      {"runtime/", {"isa/", "sim/", "kernels/", "runtime/"}, {"runtime/cli/"}},
  };
  return table;
}

// Libraries that belong to some folders only. Nowhere at all: what clang++ 14 cannot compile.
struct External {
  std::string_view header;
  Names only_in;
};
const std::vector<External>& externals() {
  static const std::vector<External> table = {
      {"systemc", {"sim/soc/"}},
      {"sysc/", {"sim/soc/"}},
      {"tlm", {"sim/soc/"}},
      {"yaml-cpp/", {"sim/config/", "runtime/"}},
      {"CLI/", {"runtime/cli/"}},
      {"iostream", {"runtime/cli/"}},
      {"catch2/", {}},
      {"ranges", {}},
  };
  return table;
}

bool starts_with_any(std::string_view path, const Names& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return path.starts_with(prefix); });
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "nowhere" : text;
}

// The name between the brackets of an include line, with its opening bracket; empty for any other
// line.
std::string_view included_name(std::string_view line) {
  const auto skip_blanks = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip_blanks();
  if (!line.starts_with('#')) return {};
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return {};
  line.remove_prefix(7);
  skip_blanks();
  if (!line.starts_with('"') && !line.starts_with('<')) return {};
  const size_t end = line.find(line.front() == '"' ? '"' : '>', 1);
  return end == std::string_view::npos ? std::string_view{} : line.substr(0, end);
}

std::string repository_problem(const std::string& path, const std::string& name, Exists exists) {
  if (!exists(name)) return "\"" + name + "\" is no path from the repository root";
  const auto layer = std::find_if(layers().begin(), layers().end(), [&](const Layer& candidate) {
    return path.starts_with(candidate.folder);
  });
  if (layer == layers().end()) return {};
  if (starts_with_any(name, layer->sees) && !starts_with_any(name, layer->but_not)) return {};
  std::string problem = std::string(layer->folder) + " may not include \"" + name + "\"; it sees " +
                        joined(layer->sees);
  if (!layer->but_not.empty()) problem += " but not " + joined(layer->but_not);
  return problem;
}

std::string external_problem(const std::string& path, std::string_view name) {
  for (const External& external : externals()) {
    const bool folder = external.header.ends_with('/');
    const bool same = folder
                          ? name.starts_with(external.header)
                          : name == external.header || name == std::string(external.header) + ".h";
    if (same && !starts_with_any(path, external.only_in)) {
      return "<" + std::string(name) + "> is allowed in: " + joined(external.only_in);
    }
  }
  return {};
}

// visit(line number, name with its opening bracket) for each include.
template <class Visit>
void for_each_include(std::string_view text, Visit visit) {
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view name = included_name(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!name.empty()) visit(number, name);
  }
}

}  // namespace

std::vector<std::string> include_violations(const std::string& path, std::string_view text,
                                            Exists exists) {
  std::vector<std::string> found;
  for_each_include(text, [&](int number, std::string_view name) {
    const std::string problem = name.front() == '"'
                                    ? repository_problem(path, std::string(name.substr(1)), exists)
                                    : external_problem(path, name.substr(1));
    if (!problem.empty()) found.push_back(path + ":" + std::to_string(number) + ": " + problem);
  });
  return found;
}

std::vector<std::string> repository_includes(std::string_view text) {
  std::vector<std::string> names;
  for_each_include(text, [&](int, std::string_view name) {
    if (name.front() == '"') names.emplace_back(name.substr(1));
  });
  return names;
}

std::vector<std::string> layered_sources(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  for (const char* folder : {"isa", "sim", "kernels", "runtime"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp") continue;
      paths.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace npu::structure
