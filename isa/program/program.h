// A program as it is launched: code for the two kinds of core, and what the host must know to
// launch it.
//
// Register r1 of every core holds the GM address of the launch's control block at start; all others
// are 0. The control block is an array of 64-bit words: one per parameter in order (a tensor's GM
// address, a scalar's value, f32 scalars as bits in the low half), then one per workspace (its GM
// address on this core's chip, already offset to the core's own group for per-group workspaces).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/types.h"

namespace npu {

// One instruction: 128 bits.
struct Word {
  uint64_t lo = 0, hi = 0;
  friend bool operator==(const Word&, const Word&) = default;
};

struct FlagDecl {
  uint8_t id = 0;
  uint32_t initial = 0;
  uint32_t limit = 0xffff;  // a set that takes the counter above it is a fault
  std::string name;         // what it counts: "a_l1 filled"
  friend bool operator==(const FlagDecl&, const FlagDecl&) = default;
};

// What a program may hold at most: words for one kind of core, texts, bytes of a text.
inline constexpr size_t kMaxWords = size_t{1} << 20;
inline constexpr size_t kMaxStrings = size_t{1} << 16;
inline constexpr size_t kMaxTextBytes = size_t{1} << 15;

// The code of all cube cores, or of all vector cores.
struct CoreCode {
  std::vector<Word> words;  // empty: these cores take no part
  std::vector<FlagDecl> flags;
  std::vector<uint32_t> lines;  // per word: index into Program::sources, or empty
  friend bool operator==(const CoreCode&, const CoreCode&) = default;
};

struct Parameter {
  enum class Kind : uint8_t { kTensor, kInt, kF32 };
  std::string name;
  Kind kind{};
  Type type{};          // of a tensor's elements
  bool output = false;  // the kernel writes it
  bool control =
      false;  // must be real even in timing-only: the kernel reads scalars, lists or counts from it
  uint32_t rank = 0;  // of a tensor, for messages
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

// GM memory that the runtime allocates for the kernel.
struct Workspace {
  std::string name;
  uint64_t bytes = 0;  // for one group or for the chip
  bool per_group = false;
  bool zeroed = false;  // zero before the first launch; the kernel returns it to zero
  friend bool operator==(const Workspace&, const Workspace&) = default;
};

// A place in the text that an instruction came from.
struct SourceLine {
  std::string file;
  uint32_t line = 0;
  std::string text;  // the source line or the kit verb, may be empty
  friend bool operator==(const SourceLine&, const SourceLine&) = default;
};

struct Program {
  std::string name;
  CoreCode cube, vector;
  std::vector<Parameter> parameters;
  std::vector<Workspace> workspaces;
  std::vector<std::string> strings;
  std::vector<SourceLine> sources;
  std::string machine;  // name of the machine it was lowered for, or empty: any
  friend bool operator==(const Program&, const Program&) = default;
};

}  // namespace npu
