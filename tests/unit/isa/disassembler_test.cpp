#include "isa/assembler/disassembler.h"

#include <catch2/catch.hpp>

#include "isa/assembler/assembler.h"
#include "isa/encoding/encoding.h"
#include "isa/encoding/layout.h"
#include "isa/program/object_file.h"
#include "tests/unit/isa/random_instruction.h"

namespace npu {
namespace {

using Catch::Matchers::Contains;

// The source map belongs to the text a program came from.
Program without_sources(Program program) {
  program.sources.clear();
  program.cube.lines.clear();
  program.vector.lines.clear();
  return program;
}

void check_round_trip(const Program& program) {
  const std::string text = disassemble(program);
  const Program again = assemble(text, "disassembly");
  const bool same = write_object(without_sources(again)) == write_object(without_sources(program));
  INFO(text);
  CHECK(same);
}

CoreCode random_code(std::mt19937_64& random, size_t strings) {
  CoreCode code;
  for (const Instruction& instruction : random_instructions(random)) {
    Word word = encode(instruction);
    for (const FieldLayout& field : find_layout(static_cast<uint8_t>(word.lo))->fields) {
      const bool in_range = random() % 8 != 0;
      if (field.kind == FieldKind::kLabel && in_range) put_bits(word, field.bit, 32, random() % 90);
      if (field.kind == FieldKind::kString && in_range) {
        put_bits(word, field.bit, 16, random() % strings);
      }
    }
    code.words.push_back(word);
  }
  code.words.push_back({random(), random()});
  return code;
}

TEST_CASE("random programs come back from their disassembly, byte for byte") {
  std::mt19937_64 random(7);
  for (int turn = 0; turn < 60; ++turn) {
    Program program;
    program.strings = {"one", "two \"quoted\" \\ \n", "one", "", "\x01\x7f\xff"};
    program.cube = random_code(random, program.strings.size());
    program.vector = random_code(random, program.strings.size());
    check_round_trip(program);
  }
}

TEST_CASE("declarations of every kind and with any name come back") {
  Program program;
  program.name = "attention 16x16";
  program.machine = "base";
  program.parameters = {
      {"a", Parameter::Kind::kTensor, types::f16, false, false, 2},
      {"out", Parameter::Kind::kTensor, types::bf16, true, false, 3},
      {"block table", Parameter::Kind::kTensor, types::i32, false, true, 1},
      {"m", Parameter::Kind::kInt, types::i32},
      {"n", Parameter::Kind::kInt},
      {"f32", Parameter::Kind::kF32},
      {"", Parameter::Kind::kF32},
  };
  program.workspaces = {{"partial", 1 << 20, true, false}, {"wait", 64, false, true}};
  program.cube.words = {encode(Halt{})};
  program.cube.flags = {{0, 2, 2, "a_l1 free"},    {1, 0, 2, "a l1 free"},   {2, 0, 2, "a_l1_free"},
                        {3, 0, 1, "wait"},         {4, 0, 1, "r7"},          {5, 0, 1, ""},
                        {48, 0, 9, "from vector"}, {49, 1, 0xffffffff, "5"}, {6, 0, 0xffff, "ok"}};
  program.vector.words = {encode(Halt{})};
  program.vector.flags = {{48, 0, 9, "a_l1 free"}, {63, 0, 1, "ok"}};
  check_round_trip(program);
}

TEST_CASE("flags are named by the core whose counter they are") {
  Program program;
  Fill<Reg> fill{Mem::kL1};
  fill.sync.waits = {{{48, 1}, {0, 2}}};
  fill.sync.sets = {{{48, 1}, {50, 1}}};
  program.cube.words = {encode(fill)};
  program.cube.flags = {{0, 0, 2, "mine"}, {48, 0, 2, "from_vector"}};
  program.vector.flags = {{48, 0, 2, "from_cube"}};
  program.vector.words = {encode(Halt{})};
  CHECK(to_text(fill, &program, CoreKind::kCube) ==
        "fill.l1.f32 dst=r0, rows=r0, cols=r0, dst_pitch=r0 wait from_vector, mine+2 set from_cube,"
        " 50");
  CHECK(to_text(fill) ==
        "fill.l1.f32 dst=r0, rows=r0, cols=r0, dst_pitch=r0 wait 48, 0+2 set 48, 50");
  check_round_trip(program);
}

TEST_CASE("source lines appear as comments and labels where branches go") {
  Program program;
  program.cube.words = {encode(Add{{1}, {1}, {{0}, 1}}), encode(Jump{{0}}), encode(Jump{{3}})};
  program.cube.lines = {0, 0, 1};
  program.sources = {{"kernels/ops/matmul.cpp", 40, "k.load(a_l1.push(), a)"}, {"k.cpp", 7, ""}};
  const std::string text = disassemble(program);
  CHECK_THAT(text, Contains("L0:\n  add r1, r1, 1 "));
  CHECK_THAT(text, Contains("; kernels/ops/matmul.cpp:40: k.load(a_l1.push(), a)\n"));
  CHECK_THAT(text, Contains("; kernels/ops/matmul.cpp:40\n"));
  CHECK_THAT(text, Contains("; k.cpp:7\nL3:\n"));
  check_round_trip(program);
}

TEST_CASE("words that cannot be written as an instruction are shown as numbers with the reason") {
  Program program;
  program.cube.words = {{0xff, 1}, encode(Vadd<Reg>{}), encode(Jump{{9}})};
  const std::string text = disassemble(program);
  CHECK_THAT(text, Contains(".word 0x00000000000000ff, 0x0000000000000001"));
  CHECK_THAT(text, Contains("; opcode 0xff names no instruction\n"));
  CHECK_THAT(text, Contains("; a cube core has no vector unit"));
  CHECK_THAT(text, Contains("; jump: the target is outside the code\n"));
  check_round_trip(program);
}

TEST_CASE("an empty program disassembles to nothing but its head") {
  CHECK(assemble(disassemble({}), "empty") == Program{});
}

}  // namespace
}  // namespace npu
