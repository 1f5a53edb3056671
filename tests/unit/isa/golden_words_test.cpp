// One known word for each instruction. An encoding in the field cannot change: a difference here
// means that old object files are read wrongly. New instructions are added with
// `isa_test "[.approve]"`, whose diff must show added lines only.
#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "isa/assembler/assembler.h"
#include "isa/assembler/disassembler.h"
#include "isa/assembler/syntax.h"
#include "isa/encoding/encoding.h"
#include "isa/encoding/layout.h"
#include "isa/encoding/rules.h"
#include "tests/unit/isa/cases.h"

namespace npu {
namespace {

const char* const kFile = "tests/unit/isa/golden_words.txt";

std::string hex(const Word& word) {
  std::string text;
  for (const uint64_t half : {word.hi, word.lo}) {
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[half >> shift & 15];
  }
  return text;
}

// Gives every field a value of its own; memories and units take the codes counted down from
// `code`.
Word example(const InstructionLayout& layout, int code) {
  Word word{layout.info.opcode, 0};
  uint64_t reg = 1;
  for (const FieldLayout& field : layout.fields) {
    const bool place = field.names == &kEnum<Mem> || field.names == &kEnum<Unit>;
    switch (field.kind) {
      case FieldKind::kReg:
        put_bits(word, field.bit, 6, reg++);
        break;
      case FieldKind::kEnum:
        put_bits(word, field.bit, field.bits,
                 static_cast<uint64_t>(place ? code : field.names->count - 1));
        break;
      case FieldKind::kBool:
        put_bits(word, field.bit, 1, 1);
        break;
      case FieldKind::kRegImm:
        put_bits(word, field.bit, 6, reg++);
        if (layout.info.name[0] != 'f') put_bits(word, field.bit + 6, 32, uint64_t(-40));
        break;
      case FieldKind::kImm64:
        put_bits(word, field.bit, 64, 0x0123456789abcdef);
        break;
      case FieldKind::kLabel:
        put_bits(word, field.bit, 32, 7);
        break;
      case FieldKind::kString:
        put_bits(word, field.bit, 16, 3);
        break;
      case FieldKind::kSync:
        put_bits(word, field.bit, 10, 1 | 2 << 6);
        put_bits(word, field.bit + 10, 10, 47 | 1 << 6);
        put_bits(word, field.bit + 20, 10, 63 | 15 << 6);
        put_bits(word, field.bit + 30, 10, 5 | 3 << 6);
    }
  }
  return word;
}

// The line of the file for an instruction: word, core, text.
std::string golden_line(const InstructionLayout& layout) {
  for (const CoreKind core : {CoreKind::kCube, CoreKind::kVector}) {
    for (int code = kMems - 1; code >= 0; --code) {
      const auto decoded = decode(example(layout, code));
      const auto* instruction = std::get_if<Instruction>(&decoded);
      if (instruction == nullptr || misplaced(*instruction, core)) continue;
      return hex(encode(*instruction)) + (core == CoreKind::kCube ? " cube " : " vector ") +
             to_text(*instruction) + "\n";
    }
  }
  return {};
}

struct Golden {
  std::string word, core, text;
};

std::vector<Golden> golden_words() {
  std::vector<Golden> all;
  std::istringstream lines(repository_file(kFile));
  for (Golden g; lines >> g.word >> g.core && std::getline(lines >> std::ws, g.text);) {
    all.push_back(g);
  }
  return all;
}

TEST_CASE("every instruction still has the word it was given") {
  for (const Golden& golden : golden_words()) {
    INFO(golden.text);
    std::string text = "." + golden.core + "\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nL7:\n";
    const Program program = assemble(text + golden.text + "\n", "golden");
    const CoreCode& code = golden.core == "cube" ? program.cube : program.vector;
    REQUIRE(code.words.size() == 8);
    CHECK(hex(code.words.back()) == golden.word);
    const auto decoded = decode(code.words.back());
    REQUIRE(std::holds_alternative<Instruction>(decoded));
    CHECK(to_text(std::get<Instruction>(decoded)) == golden.text);
  }
}

TEST_CASE("the table of known words has every instruction") {
  std::set<std::string> listed;
  for (const Golden& golden : golden_words()) {
    listed.insert(golden.text.substr(0, golden.text.find_first_of(". ")));
  }
  for (const InstructionLayout& layout : isa_layouts()) {
    INFO(layout.info.name);
    CHECK(listed.count(std::string(layout.info.name)) == 1);
  }
  CHECK(listed.size() == isa_layouts().size());
}

TEST_CASE("write the table of known words", "[.approve]") {
  std::string text;
  for (const InstructionLayout& layout : isa_layouts()) text += golden_line(layout);
  replace_repository_file(kFile, text);
}

}  // namespace
}  // namespace npu
