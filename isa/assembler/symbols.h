// The names of an assembly text: constants, register aliases, parameters, flags, labels.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "isa/encoding/rules.h"
#include "isa/program/program.h"

namespace npu::assembler {

__extension__ typedef __int128 Int128;

template <class T>
using NameMap = std::map<std::string, T, std::less<>>;

// What is known of the code of one kind of core.
struct SectionSymbols {
  NameMap<uint32_t> labels;  // instruction index
  NameMap<uint8_t> flags;    // id
};

struct Symbols {
  NameMap<Int128> constants;
  NameMap<uint8_t> registers;
  NameMap<uint64_t> control_words;  // parameters and workspaces: byte offset in the control block
  SectionSymbols cube, vector;

  SectionSymbols& of(CoreKind core) { return core == CoreKind::kCube ? cube : vector; }
  const SectionSymbols& of(CoreKind core) const { return core == CoreKind::kCube ? cube : vector; }
};

template <class T>
std::vector<std::string_view> names_of(const NameMap<T>& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

// The number of a word of the form r12; -1 for any other word, 64 or more if there is no such
// register.
int register_number(std::string_view word);

}  // namespace npu::assembler
