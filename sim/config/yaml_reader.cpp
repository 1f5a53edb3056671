#include "sim/config/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>

#include "sim/memory/address_map.h"
#include "sim/memory/l2.h"

namespace npu {
namespace {

// How many single-letter changes turn one word into the other.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
        return edit_distance(word, a) < edit_distance(word, b);
      });
  if (nearest != known.end() && edit_distance(word, *nearest) <= 1 + word.size() / 3) {
    return "did you mean " + *nearest + "?";
  }
  return "known keys: " + fmt::format("{}", fmt::join(known, ", "));
}

class Reader final : public FieldVisitor {
 public:
  Reader(const YAML::Node& root, const std::string& file, std::vector<std::string>& problems)
      : file_(file), problems_(problems) {
    levels_.push_back({root, "", {"base", "sources"}});
    if (!root.IsMap()) problem(root, "", "the file must be a map of fields");
  }

  using FieldVisitor::field;
  void field(const char* name, int64_t& value, FieldRange range, const char*) override {
    if (const YAML::Node node = scalar(name))
      read_number(node, name, value, range, "a whole number");
  }
  void field(const char* name, double& value, FieldRange range, const char*) override {
    if (const YAML::Node node = scalar(name)) read_number(node, name, value, range, "a number");
  }
  void field(const char* name, bool& value, const char*) override {
    const YAML::Node node = scalar(name);
    if (!node) return;
    const std::string& text = node.Scalar();
    if (text != "true" && text != "false") {
      return problem(node, name, "is '" + text + "', allowed are true and false");
    }
    value = text == "true";
  }
  void field(const char* name, std::string& value, const char*) override {
    if (const YAML::Node node = scalar(name)) value = node.Scalar();
  }
  void field(const char* name, TypeTable& value, FieldRange range, const char*) override {
    const YAML::Node node = find(name);
    if (!node) return;
    if (!node.IsMap()) return problem(node, name, "must be a map from element types to numbers");
    value.fill(0);
    for (const auto& item : node) {
      const std::optional<Type> type = read_type(item.first, name);
      if (!type) continue;
      int64_t number = 0;
      read_number(item.second, name, number, range, "a whole number");
      value[static_cast<size_t>(*type)] = static_cast<int>(number);
    }
  }
  void field(const char* name, TypeList& value, const char*) override {
    const YAML::Node node = find(name);
    if (!node) return;
    if (!node.IsSequence()) return problem(node, name, "must be a list of element types");
    value.clear();
    for (const auto& item : node) {
      if (const std::optional<Type> type = read_type(item, name)) value.push_back(*type);
    }
  }

  // After all fields of a level: what else is there is unknown, and nothing may be there twice.
  void check_keys() {
    const Level& level = levels_.back();
    if (!level.node || !level.node.IsMap()) return;
    std::set<std::string> seen;
    for (const auto& item : level.node) {
      if (!item.first.IsScalar()) {
        problem(item.first, "", "a key must be a name");
        continue;
      }
      const std::string& key = item.first.Scalar();
      if (!seen.insert(key).second) problem(item.first, key, "is there twice");
      if (std::find(level.names.begin(), level.names.end(), key) == level.names.end()) {
        problem(item.first, key, "unknown key; " + suggestion(key, level.names));
      }
    }
  }

  // A machine that builds on no other says all of itself: nothing comes from nowhere.
  void check_missing() {
    const YAML::Node& root = levels_.front().node;
    if (missing_.empty() || !root.IsMap() || root["base"]) return;
    problem(root, "",
            fmt::format("no base, so every field must be given; missing are {}",
                        fmt::join(missing_, ", ")));
  }

  void read_sources(std::map<std::string, std::string>& sources) {
    const YAML::Node node = levels_.front().node.IsMap() ? levels_.front().node["sources"]
                                                         : YAML::Node(YAML::NodeType::Undefined);
    if (!node) return;
    if (!node.IsMap()) return problem(node, "sources", "must be a map from field names to texts");
    for (const auto& item : node) {
      if (!item.first.IsScalar() || !item.second.IsScalar()) {
        problem(item.first, "sources", "must be a map from field names to texts");
      } else if (std::find(all_.begin(), all_.end(), item.first.Scalar()) == all_.end()) {
        problem(item.first, "sources",
                item.first.Scalar() + " is no field; " + suggestion(item.first.Scalar(), all_));
      } else {
        sources[item.first.Scalar()] = item.second.Scalar();
      }
    }
  }

 protected:
  void enter(const char* name, const char*) override {
    YAML::Node node = find(name);
    if (node && !node.IsMap()) {
      problem(node, name, "must be a map of fields");
      node = YAML::Node(YAML::NodeType::Undefined);
    }
    levels_.push_back({node, dotted(name) + ".", {}});
  }
  void leave() override {
    check_keys();
    levels_.pop_back();
  }

 private:
  struct Level {
    YAML::Node node;
    std::string prefix;
    std::vector<std::string> names;
  };

  std::string dotted(const std::string& name) const { return levels_.back().prefix + name; }

  void problem(const YAML::Node& at, const std::string& name, const std::string& what) {
    const int line = at.Mark().is_null() ? 1 : at.Mark().line + 1;
    std::string place = name.empty() ? levels_.back().prefix : dotted(name);
    if (!place.empty() && place.back() == '.') place.pop_back();
    problems_.push_back(file_ + ":" + std::to_string(line) + ": " +
                        (place.empty() ? "" : place + ": ") + what);
  }

  // The node of a field of the present level, or one that tests false.
  YAML::Node find(const char* name) {
    levels_.back().names.emplace_back(name);
    all_.push_back(dotted(name));
    const YAML::Node& level = levels_.back().node;
    if (!level || !level.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    // NOTE: a const node does not grow keys that are looked up.
    const YAML::Node node = level[name];
    if (!node) missing_.push_back(dotted(name));
    return node;
  }
  YAML::Node scalar(const char* name) {
    YAML::Node node = find(name);
    if (node && !node.IsScalar()) {
      problem(node, name, "must be a single value");
      return YAML::Node(YAML::NodeType::Undefined);
    }
    return node;
  }

  std::optional<Type> read_type(const YAML::Node& node, const char* name) {
    const std::string text = node.IsScalar() ? node.Scalar() : "?";
    const std::optional<Type> type = type_from_name(text);
    if (!type) {
      std::string known;
      for (int i = 0; i < kTypeCount; ++i) {
        known += std::string(i == 0 ? "" : " ") + type_name(static_cast<Type>(i));
      }
      problem(node, name, text + " is no element type, allowed are " + known);
    }
    return type;
  }

  template <class Number>
  void read_number(const YAML::Node& node, const char* name, Number& value, FieldRange range,
                   const char* kind) {
    const std::string text = node.IsScalar() ? node.Scalar() : "(not a single value)";
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string allowed =
        fmt::format("allowed is {} from {} to {}", kind, range.low, range.high);
    if (error != std::errc() || end != text.data() + text.size() ||
        !(static_cast<double>(number) >= range.low) ||
        !(static_cast<double>(number) <= range.high)) {
      return problem(node, name, "is '" + text + "', " + allowed);
    }
    value = number;
  }

  std::string file_;
  std::vector<std::string>& problems_;
  std::vector<Level> levels_;
  std::vector<std::string> all_;      // dotted names of all fields and groups
  std::vector<std::string> missing_;  // those that the file does not give
};

}  // namespace

void read_fields(const YAML::Node& root, const std::string& file, MachineConfig& machine,
                 std::vector<std::string>& problems) {
  Reader reader(root, file, problems);
  machine.visit(reader);
  reader.check_keys();
  reader.check_missing();
  reader.read_sources(machine.sources);
}

void check_machine(const MachineConfig& m, const std::string& file,
                   std::vector<std::string>& problems) {
  const auto need = [&](bool good, const std::string& problem) {
    if (!good) problems.push_back(file + ": " + problem);
  };
  const L2Config& l2 = m.memory.l2;
  need((l2.line & (l2.line - 1)) == 0,
       fmt::format("memory.l2.line: is {}, must be a power of two", l2.line));
  need(l2.bytes >= static_cast<int64_t>(l2.line) * l2.ways * l2.slices,
       fmt::format("memory.l2.bytes: is {}, must hold memory.l2.ways lines in each of "
                   "memory.l2.slices = {} bytes",
                   l2.bytes, static_cast<int64_t>(l2.line) * l2.ways * l2.slices));
  const auto lines = static_cast<uint64_t>(m.memory.gm / l2.line);
  const uint64_t most = L2Tags::most_lines(l2);
  need(most == 0 || lines <= most,
       fmt::format("memory.gm: is {}, its lines fall into too few sets of L2; at most {} bytes",
                   m.memory.gm, most * static_cast<uint64_t>(l2.line)));
  const std::string& topology = m.memory.noc.topology;
  need(topology == "crossbar" || topology == "ring" || topology == "mesh",
       fmt::format("memory.noc.topology: is '{}', allowed are crossbar, ring, mesh", topology));
  const HbmConfig& hbm = m.memory.hbm;
  const bool burst_good = (hbm.burst & (hbm.burst - 1)) == 0 && hbm.burst <= l2.line;
  need(burst_good,
       fmt::format("memory.hbm.burst: is {}, must be a power of two, at most a line of L2 = {}",
                   hbm.burst, l2.line));
  const bool sector_good = l2.sector == 0 || ((l2.sector & (l2.sector - 1)) == 0 &&
                                              l2.sector >= hbm.burst && l2.sector <= l2.line);
  need(sector_good, fmt::format("memory.l2.sector: is {}, must be 0 or a power of two from a burst "
                                "of HBM = {} to a line of L2 = {}",
                                l2.sector, hbm.burst, l2.line));
  need(hbm.row % hbm.burst == 0,
       fmt::format("memory.hbm.row: is {}, must be a multiple of memory.hbm.burst = {}", hbm.row,
                   hbm.burst));
  const std::string mapping = hbm.row % hbm.burst == 0 ? mapping_problem(hbm) : "";
  need(mapping.empty(), fmt::format("memory.hbm.mapping: {}", mapping));
  need(hbm.ns.refi == 0 || hbm.ns.refi > hbm.ns.rp + hbm.ns.rfc + hbm.ns.ras + hbm.ns.rcd,
       fmt::format("memory.hbm.ns.refi: is {}, must be 0 or leave time beside rp + rfc + ras + rcd",
                   hbm.ns.refi));
  need(m.memory.lines_per_event <= m.memory.window_lines,
       fmt::format("memory.lines_per_event: is {}, must not pass memory.window_lines = {}",
                   m.memory.lines_per_event, m.memory.window_lines));
  need(m.vector.block <= m.vector.repeat,
       fmt::format("vector.block: is {}, must not pass vector.repeat = {}", m.vector.block,
                   m.vector.repeat));
  need(m.sequencer.instruction_cache == 0 ||
           m.sequencer.instruction_cache >= m.sequencer.instruction_line,
       fmt::format("sequencer.instruction_cache: is {}, must hold a line of {} bytes or be 0",
                   m.sequencer.instruction_cache, m.sequencer.instruction_line));
  need(m.cube.fractal_row_bytes % 4 == 0,
       fmt::format("cube.fractal_row_bytes: is {}, must be a multiple of 4",
                   m.cube.fractal_row_bytes));
  const int64_t fractal = static_cast<int64_t>(m.cube.fractal_rows) * m.cube.fractal_row_bytes;
  const int64_t c_tile = static_cast<int64_t>(m.cube.fractal_rows) * m.cube.fractal_rows * 4;
  for (const auto& [name, bytes, tile] :
       {std::tuple("l1", m.buffer.l1, fractal), std::tuple("l0a", m.buffer.l0a, fractal),
        std::tuple("l0b", m.buffer.l0b, fractal), std::tuple("l0c", m.buffer.l0c, c_tile)}) {
    need(bytes >= tile && bytes % tile == 0,
         fmt::format("buffer.{}: is {}, must be a multiple of the native tile's {} bytes", name,
                     bytes, tile));
  }
  need(std::any_of(m.cube.cycles.begin(), m.cube.cycles.end(), [](int c) { return c > 0; }),
       "cube.cycles: names no type");
  const std::string& joined = m.link.topology;
  need(joined == "full_mesh" || joined == "ring" || joined == "mesh" || joined == "switch",
       fmt::format("link.topology: is {}, allowed are full_mesh, ring, mesh, switch", joined));
  need(joined != "mesh" || m.chips % m.link.leaf == 0,
       fmt::format("link.leaf: is {}, must divide the {} chips of the mesh", m.link.leaf, m.chips));
  need((m.buffer.ub_align & (m.buffer.ub_align - 1)) == 0,
       fmt::format("buffer.ub_align: is {}, must be a power of two", m.buffer.ub_align));
}

}  // namespace npu
