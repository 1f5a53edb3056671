#include "runtime/validate/micro_programs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace npu {

namespace {

std::string set(int reg, int64_t value) { return fmt::format("li r{}, {}\n", reg, value); }

const char* unit_word(Unit unit) {
  switch (unit) {
    case Unit::kLoad:
      return "load";
    case Unit::kFeed:
      return "feed";
    case Unit::kCube:
      return "cube";
    case Unit::kDrain:
      return "drain";
    case Unit::kStore:
      return "store";
    default:
      return "vector";
  }
}

constexpr const char* kAddress = "ld.u64.gm r2, [r1+@p0]\n";

// rows r3, columns r4, bytes of a row r5
std::string shape(int64_t rows, int64_t cols, int64_t row_bytes) {
  return set(3, rows) + set(4, cols) + set(5, row_bytes);
}

enum class Form : uint8_t {
  kUnary,
  kBinary,
  kScalar,
  kFma,
  kCompare,
  kSelect,
  kReduce,
  kConvert,
  kGather,
  kCompress,
  kFill
};

const std::map<std::string, Form>& operations() {
  static const std::map<std::string, Form> table = {
      {"vcopy", Form::kUnary},        {"vabs", Form::kUnary},
      {"vrelu", Form::kUnary},        {"vexp", Form::kUnary},
      {"vln", Form::kUnary},          {"vsqrt", Form::kUnary},
      {"vrsqrt", Form::kUnary},       {"vrec", Form::kUnary},
      {"vnot", Form::kUnary},         {"vadd", Form::kBinary},
      {"vsub", Form::kBinary},        {"vmul", Form::kBinary},
      {"vdiv", Form::kBinary},        {"vmax", Form::kBinary},
      {"vmin", Form::kBinary},        {"vand", Form::kBinary},
      {"vor", Form::kBinary},         {"vadd.scalar", Form::kScalar},
      {"vmul.scalar", Form::kScalar}, {"vmax.scalar", Form::kScalar},
      {"vmin.scalar", Form::kScalar}, {"vshl.scalar", Form::kScalar},
      {"vshr.scalar", Form::kScalar}, {"vfma", Form::kFma},
      {"vcmp", Form::kCompare},       {"vcmp.scalar", Form::kCompare},
      {"vselect", Form::kSelect},     {"vrow_sum", Form::kReduce},
      {"vrow_max", Form::kReduce},    {"vrow_min", Form::kReduce},
      {"vconvert", Form::kConvert},   {"vgather", Form::kGather},
      {"vcompress", Form::kCompress}, {"vcopy.fill", Form::kFill},
  };
  return table;
}

std::string operation_text(Form form, const std::string& op, const std::string& type,
                           const std::string& to) {
  const std::string name = op.substr(0, op.find('.'));
  const std::string extent = "rows=r3, cols=r4, d_pitch=r5";
  switch (form) {
    case Form::kUnary:
      return fmt::format("{}.{} d=r6, a=r7, {}, a_pitch=r5", name, type, extent);
    case Form::kFill:
      return fmt::format("{}.{} d=r6, a=scalar r9, {}", name, type, extent);
    case Form::kBinary:
      return fmt::format("{}.{} d=r6, a=r7, b=r8, {}, a_pitch=r5, b_pitch=r5", name, type, extent);
    case Form::kScalar:
      return fmt::format("{}.{} d=r6, a=r7, b=scalar r9, {}, a_pitch=r5", name, type, extent);
    case Form::kFma:
      return fmt::format("vfma.{} d=r6, a=r7, b=r8, c=r6, {}, a_pitch=r5, b_pitch=r5, c_pitch=r5",
                         type, extent);
    case Form::kCompare:
      return fmt::format("vcmp.lt.{} d=r6, a=r7, b={}, {}, a_pitch=r5, b_pitch=r5", type,
                         op == name ? "r8" : "scalar r9", extent);
    case Form::kSelect:
      return fmt::format(
          "vselect.{} d=r6, mask=r10, a=r7, b=r8, {}, mask_pitch=r5, a_pitch=r5, "
          "b_pitch=r5",
          type, extent);
    case Form::kReduce:
      return fmt::format("{}.{} d=r6, a=r7, rows=r3, cols=r4, d_pitch=r11, a_pitch=r5", name, type);
    case Form::kConvert:
      return fmt::format("vconvert.{}.{} d=r6, a=r7, {}, a_pitch=r5", to, type, extent);
    case Form::kGather:
      return fmt::format("vgather.{} d=r6, a=r7, b=r8, {}, a_pitch=r5, b_pitch=r5, count=r4", type,
                         extent);
    case Form::kCompress:
      return fmt::format("vcompress.{} d=r6, a=r7, b=r8, {}, a_pitch=r5, b_pitch=r5, count=r10",
                         type, extent);
  }
  return {};
}

int64_t bytes_of_name(const std::string& type) {
  return type == "f16" || type == "bf16" || type == "i16" ? 2
         : type == "i8" || type == "u8"                   ? 1
                                                          : 4;
}

}  // namespace

std::string MicroProgram::text(int times, bool apart) const {
  constexpr int64_t kMostTargets = 8, kRoom = 65536;
  const int64_t targets =
      target_bytes > 0 ? std::clamp<int64_t>(kRoom / target_bytes, 1, kMostTargets) : 1;
  std::string result = section + "\n" + before;
  for (int i = 0; i < times; ++i) {
    if (targets > 1) result += set(6, target + i % targets * target_bytes);
    result += instruction + "\n";
    if (apart) result += fmt::format("await.{}\n", unit_word(unit));
  }
  return result + "halt\n";
}

MicroProgram copy_program(const std::string& from, const std::string& to, int64_t bytes) {
  const std::string path = from + " " + to;
  const auto size = static_cast<uint64_t>(bytes);
  const int64_t lane = bytes / 64;  // f32 columns of 16 rows
  const std::string line = shape(1, bytes / 2, 0);
  const std::string row = "rows=r3, cols=r4, dst_pitch=r0, src_pitch=r0";
  if (path == "gm l1") {
    return {".cube", kAddress + line, "load.l1.f16 dst=r0, src=r2, " + row, Unit::kLoad, {size}};
  }
  if (path == "gm ub") {
    return {".vector", kAddress + line, "load.ub.f16 dst=r0, src=r2, " + row, Unit::kLoad, {size}};
  }
  if (path == "ub gm") {
    return {
        ".vector", kAddress + line, "store.gm.f16 dst=r2, src=r0, " + row, Unit::kStore, {size}};
  }
  if (path == "ub l1") {
    return {".vector", line, "store.l1.f16 dst=r0, src=r0, " + row, Unit::kStore, {}};
  }
  if (path == "l0c gm") {
    return {".cube",
            kAddress + shape(16, lane, lane * 4),
            "drain.gm.f32.f32 dst=r2, src=r0, rows=r3, cols=r4, dst_pitch=r5",
            Unit::kDrain,
            {size}};
  }
  if (path == "l0c ub") {
    return {".cube",
            shape(16, lane, lane * 4),
            "drain.ub.f32.f32 dst=r0, src=r0, rows=r3, cols=r4, dst_pitch=r5",
            Unit::kDrain,
            {}};
  }
  if (path == "l0c l1") {
    return {".cube",
            shape(16, bytes / 32, 512),
            "drain.l1.f32.f16.fractal dst=r0, src=r0, rows=r3, cols=r4, dst_pitch=r5",
            Unit::kDrain,
            {}};
  }
  if (path == "l1 l0a" || path == "l1 l0b") {
    return {".cube",
            shape(16, bytes / 32, 0),
            "feed." + to + ".f16 dst=r0, src=r0, rows=r3, cols=r4",
            Unit::kFeed,
            {}};
  }
  if (path == "l1 table") {
    return {".cube", shape(1, bytes / 4, 0), "feed_table dst=r0, src=r0, cols=r4", Unit::kFeed, {}};
  }
  if (path == "ub ub") {
    return {".vector",
            line + set(6, 98304),
            "vcopy.f16 d=r6, a=r0, rows=r3, cols=r4, d_pitch=r0",
            Unit::kVector,
            {}};
  }
  return {};
}

MicroProgram mma_program(int64_t m, int64_t n, int64_t k) {
  return {".cube",
          set(2, m) + set(3, n) + set(4, k),
          "mma.f16 c=r0, a=r0, b=r0, m=r2, n=r3, k=r4",
          Unit::kCube,
          {}};
}

bool is_vector_operation(const std::string& op) { return operations().count(op) > 0; }

MicroProgram vector_program(const std::string& op, const std::string& type, const std::string& to,
                            int64_t count, int64_t row, const UbPlaces& places) {
  const int64_t rows = row > 0 ? count / row : 1, cols = row > 0 ? row : count;
  constexpr int64_t kMask = 60000 / 32 * 32;  // behind the first source
  std::string before = shape(rows, cols, rows > 1 ? cols * bytes_of_name(type) : 0);
  before += set(6, places.d) + set(7, places.a) + set(8, places.b) + set(9, 1) + set(10, kMask) +
            set(11, bytes_of_name(type));
  MicroProgram program{
      ".vector", before, operation_text(operations().at(op), op, type, to), Unit::kVector, {}};
  constexpr int64_t kWidest = 4, kAlign = 512;
  program.target = places.d;
  program.target_bytes = (count * kWidest + kAlign - 1) / kAlign * kAlign;
  return program;
}

}  // namespace npu
