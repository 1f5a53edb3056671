// What the fields of an instruction can be, and how an instruction describes itself.
//
// An instruction is a struct with typed members, a `static constexpr Info info` and a static
// `fields()` that lists the members in the order in which they are encoded and written. Encoder,
// assembler, manual, sequencer and simulator are generic over that description; none of them knows
// an instruction by name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "isa/types.h"

namespace npu {

// The units of a core in the order in which data meets them. The sequencer runs the program and
// feeds the others.
enum class Unit : uint8_t { kSequencer, kLoad, kFeed, kCube, kDrain, kVector, kStore };
inline constexpr int kUnits = 7;

// The memories. kBias and kTable are the cube core's small buffers of bias rows and of drain's
// column parameters.
enum class Mem : uint8_t { kGm, kL1, kL0A, kL0B, kL0C, kUb, kBias, kTable };
inline constexpr int kMems = 8;

// A register operand as it is encoded: one of 64; r0 reads as 0.
struct Reg {
  uint8_t index = 0;
  friend bool operator==(const Reg&, const Reg&) = default;
};
inline constexpr int kRegisters = 64;

// A register operand of a queue instruction as it is issued: its value at that moment.
using Value = uint64_t;

// Register plus signed immediate: the second operand of scalar arithmetic and the address of scalar
// memory accesses.
struct RegImm {
  Reg reg;
  int32_t imm = 0;
  friend bool operator==(const RegImm&, const RegImm&) = default;
};

struct Imm64 {
  uint64_t value = 0;
  friend bool operator==(const Imm64&, const Imm64&) = default;
};

// A place in the code of the same core: the index of an instruction.
struct Label {
  uint32_t index = 0;
  friend bool operator==(const Label&, const Label&) = default;
};

// A text of the program's string table (print and trap).
struct StringId {
  uint16_t index = 0;
  friend bool operator==(const StringId&, const StringId&) = default;
};

// Flags of a core: counters 0..47 are its own; 48..63 are group flags, the only ones that a set
// carries to other cores. A group flag set by the cube core is added on every vector core of the
// group; set by a vector core, on the cube core. A wait always looks at the waiting core's own
// counter.
inline constexpr int kFlags = 64;
inline constexpr int kFirstGroupFlag = 48;
inline constexpr bool is_group_flag(int flag) { return flag >= kFirstGroupFlag; }

// One wait or set that rides on a queue instruction; count 0 means none.
struct FlagCount {
  uint8_t flag = 0;
  uint8_t count = 0;
  friend bool operator==(const FlagCount&, const FlagCount&) = default;
};
inline constexpr int kMaxRidingCount = 15;

// Up to two waits, taken together before the instruction starts, and two sets, made when its effect
// is visible.
struct Sync {
  std::array<FlagCount, 2> waits{};
  std::array<FlagCount, 2> sets{};
  friend bool operator==(const Sync&, const Sync&) = default;
};

// How a vector instruction reads one source over its extent of rows x cols.
enum class Source : uint8_t {
  kTile,    // rows x cols, own pitch
  kRow,     // 1 x cols, used for every row
  kColumn,  // rows x 1, own pitch, used for every column
  kOne,     // 1 x 1 in UB
  kScalar,  // the register holds the value's bits, not an address
};

// Layouts of a matrix in a local memory. Row: row-major, pitch = bytes from row to row. Fractal:
// native tiles of fractal_rows x fractal_row_bytes, stored column of tiles after column of tiles,
// pitch = bytes from one column of tiles to the next. Tiled: as fractal, and the GM side already
// has that order. Scale: 1-byte block scales, column after column, pitch = bytes from one column to
// the next. Transposed: row-major of the transposed matrix (drain only).
enum class Layout : uint8_t { kRow, kFractal, kTiled, kScale, kTransposed };

enum class Compare : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kLtu, kGeu };
enum class Atomic : uint8_t { kNone, kAdd, kMax };
enum class AtomicOp : uint8_t { kAdd, kMax, kSwap, kCas };
enum class Activation : uint8_t { kNone, kRelu, kLeaky };
enum class ScaleMode : uint8_t { kNone, kScalar, kColumn };
enum class Hint : uint8_t { kKeep, kStream };  // for L2: keep the line, or drop it first
enum class RoundMode : uint8_t { kRne, kRz, kFloor, kCeil };
enum class Width : uint8_t { kU8, kU16, kU32, kU64, kI8, kI16, kI32, kF32 };
enum class Cache : uint8_t { kInvalidateLine, kInvalidateAll, kClean, kPrefetch };
enum class PrintAs : uint8_t { kInt, kHex, kF32 };
enum class Csr : uint8_t {
  kChip,
  kChips,
  kGroup,
  kGroups,
  kCore,
  kVectors,
  kVector,
  kCycle,  // core: 0 cube, 1.. vector; vector: 0.. on a vector core
};

// What an instruction is, apart from its operands.
struct Info {
  std::string_view name;  // mnemonic
  uint8_t opcode;
  Unit unit;
  std::string_view doc;  // one line, present tense
};

// One member of an instruction. `optional` operands may be left out of assembly text and are then
// zero.
template <class S, class T>
struct Field {
  std::string_view name;
  T S::*member;
  std::string_view doc;
  bool optional = false;
};

template <class S, class T>
constexpr Field<S, T> field(std::string_view name, T S::*member, std::string_view doc) {
  return {name, member, doc, false};
}
template <class S, class T>
constexpr Field<S, T> optional_field(std::string_view name, T S::*member, std::string_view doc) {
  return {name, member, doc, true};
}

}  // namespace npu
