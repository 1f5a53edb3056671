#include "runtime/validate/bulk_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "isa/errors.h"

namespace npu {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::stringstream in(line);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// A line: the name of its table in parts, and its columns.
struct Row {
  std::vector<std::string> name;
  std::vector<double> c;
  double at(size_t i) const { return i < c.size() ? c[i] : 0; }
};

struct Chip {
  const char* suffix;
  const char* machine;
  double clock_ghz;  // of the benchmark
};
constexpr Chip kChips[] = {{"910b1", "ascend-910b1", 1.8},
                           {"910b3", "ascend-910b3", 1.8},
                           {"91095", "ascend-950pr", 1.65}};

const Chip* chip_of(const Row& row) {
  const auto it = std::find_if(std::begin(kChips), std::end(kChips),
                               [&](const Chip& chip) { return row.name.back() == chip.suffix; });
  return it == std::end(kChips) ? nullptr : &*it;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// FROM_TO_DESTINATION: KB, GiB/s, [size, ns]
void read_copy(const Row& row, const Chip& chip, Measurement& m) {
  const double bytes = row.at(0) * 1024;
  m.family = "dma";
  m.experiment = "copy";
  m.with = {{"from", lower(row.name[0])},
            {"to", lower(row.name[2])},
            {"bytes", std::to_string(static_cast<int64_t>(bytes))}};
  if (m.with["to"] == "fb") m.with["to"] = "table";
  const std::string path = m.with["from"] + " " + m.with["to"];
  // Between local memories the tables give what many transfers reach, from and to GM one alone.
  if (path.rfind("l1 l0", 0) == 0 || path == "ub ub" || path == "l0c l1" || path == "l0c ub" ||
      path == "ub l1") {
    m.with["rate"] = "1";
  }
  const double ns = row.at(3) > 0 ? row.at(3) : bytes / (row.at(1) * 1.073741824);
  m.figures["cycles"] = ns * chip.clock_ghz;
  if (row.name[3] == "TRANS") {
    m.unscored = "the table does not say how many rows and columns are transposed";
  } else if (path == "l1 ub" || path == "l1 gm" || path == "gm l0a" || path == "gm l0b") {
    m.unscored = "the ISA has no path from " + m.with["from"] + " to " + m.with["to"];
  }
}

// MMAD: number, m, k, n, operations a cycle, multiply-adds
void read_mma(const Row& row, Measurement& m) {
  const double work = row.at(1) * row.at(2) * row.at(3);
  m.family = "mma";
  m.experiment = "mma";
  const auto text = [&](size_t i) { return std::to_string(static_cast<int64_t>(row.at(i))); };
  m.with = {{"m", text(1)}, {"k", text(2)}, {"n", text(3)}};
  // One table gives one MMAD alone, the other many.
  if (row.name.back() == "910b1") m.with["rate"] = "1";
  m.figures["cycles"] = 2 * row.at(5) / row.at(4);
  if (work != row.at(5)) m.unscored = "the row's multiply-adds are not m * n * k";
}

struct Operation {
  const char* table;
  const char* op;
  bool whole_repeat = false;  // reduces each repeat of 256 bytes
  bool block = false;         // reduces each block of 32 bytes
};
constexpr Operation kOperations[] = {{"VABS", "vabs"},
                                     {"VADD", "vadd"},
                                     {"VADDS", "vadd.scalar"},
                                     {"VAND", "vand"},
                                     {"VCADD", "vrow_sum", true},
                                     {"VCMAX", "vrow_max", true},
                                     {"VCMIN", "vrow_min", true},
                                     {"VCGADD", "vrow_sum", false, true},
                                     {"VCGMAX", "vrow_max", false, true},
                                     {"VCGMIN", "vrow_min", false, true},
                                     {"VCMPV", "vcmp"},
                                     {"VCMPVS", "vcmp.scalar"},
                                     {"VCONV", "vconvert"},
                                     {"VCOPY", "vcopy"},
                                     {"VDIV", "vdiv"},
                                     {"VECTORDUP", "vcopy.fill"},
                                     {"VEXP", "vexp"},
                                     {"VLN", "vln"},
                                     {"VMADD", "vfma"},
                                     {"VMLA", "vfma"},
                                     {"VMAX", "vmax"},
                                     {"VMAXS", "vmax.scalar"},
                                     {"VMIN", "vmin"},
                                     {"VMINS", "vmin.scalar"},
                                     {"VMUL", "vmul"},
                                     {"VMULS", "vmul.scalar"},
                                     {"VNOT", "vnot"},
                                     {"VOR", "vor"},
                                     {"VREC", "vrec"},
                                     {"VRELU", "vrelu"},
                                     {"VRSQRT", "vrsqrt"},
                                     {"VSEL", "vselect"},
                                     {"VSHL", "vshl.scalar"},
                                     {"VSHR", "vshr.scalar"},
                                     {"VSQRT", "vsqrt"},
                                     {"VSUB", "vsub"},
                                     {"VREDUCE", "vcompress"},
                                     {"VGATHER", "vgather"}};

std::string type_of(const std::string& name) {
  if (name == "FP32") return "f32";
  if (name == "FP16") return "f16";
  if (name == "BF16") return "bf16";
  if (name == "INT32") return "i32";
  if (name == "UINT32") return "u32";
  if (name == "INT16") return "i16";
  if (name == "INT8") return "i8";
  if (name == "UINT8") return "u8";
  if (name == "INT4") return "i4";
  return {};
}

int64_t bits_of_name(const std::string& type) {
  if (type.find("32") != std::string::npos) return 32;
  if (type.find("16") != std::string::npos) return 16;
  return type == "i4" ? 4 : 8;
}

constexpr int64_t kRepeatBits = 2048;

int64_t widest_bits(const std::string& a, const std::string& b) {
  return std::max(bits_of_name(a), bits_of_name(b));
}

// The rate is that of bytes of one of the types; cycles may be given in thousands, or not at all.
double vector_cycles(const Row& row, const std::vector<std::string>& types, std::string& problem) {
  const auto by_rate = [&](const std::string& type) {
    return row.at(0) * static_cast<double>(bits_of_name(type)) / 8 / row.at(1);
  };
  if (row.at(4) == 0) return by_rate(types.front());
  for (const std::string& type : types) {
    for (const double cycles : {row.at(4), row.at(4) / 1000}) {
      if (std::abs(by_rate(type) / cycles - 1) < 0.02) return cycles;
    }
  }
  problem = "rate, elements and cycles of the row contradict each other";
  return row.at(4);
}

// V..., types, 1_core_chip: elements, bytes a cycle, ?, repeats, cycles
void read_vector(const Row& row, Measurement& m) {
  m.family = "vector";
  m.experiment = "vector";
  auto count = static_cast<int64_t>(row.at(0));  // of elements
  std::vector<std::string> types;
  for (size_t i = 1; i + 3 < row.name.size(); ++i) types.push_back(type_of(row.name[i]));
  const auto op = std::find_if(std::begin(kOperations), std::end(kOperations),
                               [&](const Operation& o) { return row.name[0] == o.table; });
  if (std::find(types.begin(), types.end(), "") != types.end()) {
    m.unscored = "the ISA does not have a type of this table";
  } else if (row.name[0] == "VCMP") {
    m.unscored = "VCMP writes a mask register, which the ISA does not have";
  } else if (op == std::end(kOperations)) {
    m.unscored = "the ISA has no instruction that does what " + row.name[0] + " does";
  }
  if (!m.unscored.empty()) {
    m.figures["cycles"] = row.at(4);
    return;
  }
  m.with = {{"op", op->op}, {"type", types.front()}, {"count", std::to_string(count)}};
  if (row.name[0] == "VCONV") m.with["to"] = types.back();
  m.figures["cycles"] = vector_cycles(row, types, m.unscored);
  // A repeat is 256 bytes of the wider type; the tables of conversions count the narrower one's.
  if (row.name[0] == "VCONV" && row.at(3) > 0) {
    count =
        static_cast<int64_t>(row.at(3)) * kRepeatBits / widest_bits(types.front(), types.back());
    m.with["count"] = std::to_string(count);
  }
  const int64_t bits = bits_of_name(types.front());
  if (op->whole_repeat) m.with["row"] = std::to_string(2048 / bits);
  if (op->block) m.with["row"] = std::to_string(256 / bits);
}

Measurement measurement_of(const std::string& table, const Row& row) {
  Measurement m;
  m.name = fmt::format("{} {}", table, row.at(0));
  m.source = "msKPP's tables";
  const Chip* chip = chip_of(row);
  const bool is_copy = row.name.size() >= 4 && row.name[1] == "TO";
  if (chip == nullptr) {
    m.family = "unknown";
    m.unscored = "the table names no machine that there is a preset for";
    m.figures["cycles"] = row.at(0);
    return m;
  }
  m.machine = chip->machine;
  if (is_copy) {
    read_copy(row, *chip, m);
  } else if (row.name[0] == "MMAD") {
    read_mma(row, m);
  } else {
    read_vector(row, m);
  }
  return m;
}

// Rows of a table of vector instructions that can't be: all of them where one is faster than UB's
// port, 256 bytes a cycle; and those that are ten times slower than their table.
void reject_impossible(const std::vector<Measurement*>& table) {
  std::vector<double> rates;
  for (const Measurement* m : table) {
    const std::string& type = m->text("type");
    const int64_t bits = widest_bits(type, m->with.count("to") > 0 ? m->text("to") : type);
    rates.push_back(static_cast<double>(m->number("count") * bits) / m->figures.at("cycles"));
  }
  std::vector<double> sorted = rates;
  std::sort(sorted.begin(), sorted.end());
  const bool too_fast = sorted.back() > 1.1 * kRepeatBits;
  const double typical = sorted[sorted.size() / 2];
  for (size_t i = 0; i < table.size(); ++i) {
    if (too_fast) {
      table[i]->unscored = "the table has more bytes a cycle than UB's port";
    } else if (rates[i] < typical / 10) {
      table[i]->unscored = "the row contradicts its table, ten times slower than the others";
    }
  }
}

void reject_impossible(std::vector<Measurement>& all) {
  std::map<std::string, std::vector<Measurement*>> tables;
  for (Measurement& m : all) {
    if (m.family != "vector" || !m.unscored.empty()) continue;
    tables[m.name.substr(0, m.name.find(' '))].push_back(&m);
  }
  for (const auto& [name, table] : tables) reject_impossible(table);
}

void read_file(const fs::path& file, std::vector<Measurement>& all) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || line.rfind("table,", 0) != 0) return;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split(line, ',');
    if (cells.size() < 3) continue;
    Row row;
    row.name = split(cells[0], '_');
    for (size_t i = 1; i < cells.size(); ++i)
      row.c.push_back(std::strtod(cells[i].c_str(), nullptr));
    all.push_back(measurement_of(cells[0], row));
  }
}

}  // namespace

std::vector<Measurement> read_bulk_tables(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Measurement> all;
  for (const fs::path& file : files) read_file(file, all);
  reject_impossible(all);
  if (all.empty()) {
    throw InputError(folder +
                     ": no table of measurements; allowed: a folder with a CSV file that "
                     "begins with \"table,\"");
  }
  return all;
}

}  // namespace npu
