#include "isa/encoding/encoding.h"

#include <array>
#include <catch2/catch.hpp>

#include "isa/encoding/issue.h"
#include "isa/encoding/layout.h"
#include "tests/unit/isa/random_instruction.h"

namespace npu {
namespace {

constexpr Reg r(int index) { return {static_cast<uint8_t>(index)}; }

std::string decode_problem(Word word) {
  const auto decoded = decode(word);
  const auto* error = std::get_if<DecodeError>(&decoded);
  return error == nullptr ? "" : error->problem;
}

// Equality of instructions is equality of all their fields; the word holds exactly those.
TEST_CASE("every instruction comes back from its word") {
  std::mt19937_64 random(1);
  for (int turn = 0; turn < 300; ++turn) {
    for (const Instruction& instruction : random_instructions(random)) {
      const Word word = encode(instruction);
      const auto decoded = decode(word);
      INFO(info_of(instruction).name << " " << decode_problem(word));
      REQUIRE(std::holds_alternative<Instruction>(decoded));
      REQUIRE(std::get<Instruction>(decoded).index() == instruction.index());
      REQUIRE(encode(std::get<Instruction>(decoded)) == word);
    }
  }
}

TEST_CASE("fields arrive in the members they came from") {
  Load<Reg> load{Mem::kUb, types::bf16, Layout::kFractal, Hint::kStream};
  load.dst = r(1);
  load.src = r(63);
  load.src_plane = r(17);
  load.sync.waits[0] = {47, 15};
  load.sync.sets[0] = {48, 1};
  load.sync.sets[1] = {63, 2};
  const auto decoded = std::get<Load<Reg>>(std::get<Instruction>(decode(encode(load))));
  CHECK(decoded.to == Mem::kUb);
  CHECK(decoded.type == types::bf16);
  CHECK(decoded.layout == Layout::kFractal);
  CHECK(decoded.hint == Hint::kStream);
  CHECK(decoded.dst == r(1));
  CHECK(decoded.src == r(63));
  CHECK(decoded.rows == r(0));
  CHECK(decoded.src_plane == r(17));
  CHECK(decoded.sync == load.sync);

  const Ld ld{Width::kF32, Mem::kUb, r(5), {r(6), -8}};
  const auto ld_back = std::get<Ld>(std::get<Instruction>(decode(encode(ld))));
  CHECK(ld_back.width == Width::kF32);
  CHECK(ld_back.mem == Mem::kUb);
  CHECK(ld_back.d == r(5));
  CHECK(ld_back.address == RegImm{r(6), -8});
}

TEST_CASE("waits and sets without a count leave no trace and the others close up") {
  Store<Reg> store{};
  store.sync.waits[0] = {9, 0};
  store.sync.waits[1] = {3, 2};
  Store<Reg> plain{};
  plain.sync.waits[0] = {3, 2};
  CHECK(encode(store) == encode(plain));
}

TEST_CASE("the layout of an instruction is where encode puts its fields") {
  std::mt19937_64 random(2);
  for (const Instruction& instruction : random_instructions(random)) {
    const Word word = encode(instruction);
    const InstructionLayout* layout = find_layout(info_of(instruction).opcode);
    REQUIRE(layout != nullptr);
    CHECK(find_layout(layout->info.name) == layout);
    Word rebuilt;
    put_bits(rebuilt, 0, 8, layout->info.opcode);
    int at = 8;
    for (const FieldLayout& field : layout->fields) {
      CHECK(field.bit == at);
      for (int done = 0; done < field.bits;) {
        const int step = std::min(64, field.bits - done);
        put_bits(rebuilt, at + done, step, get_bits(word, at + done, step));
        done += step;
      }
      at += field.bits;
    }
    CHECK(at == layout->used_bits);
    CHECK(rebuilt == word);
  }
}

TEST_CASE("every bit that is not a field must be zero") {
  std::mt19937_64 random(3);
  for (const Instruction& instruction : random_instructions(random)) {
    const InstructionLayout* layout = find_layout(info_of(instruction).opcode);
    for (int bit = layout->used_bits; bit < 128; ++bit) {
      Word word = encode(instruction);
      put_bits(word, bit, 1, 1);
      INFO(layout->info.name << " bit " << bit);
      REQUIRE(decode_problem(word) == std::string(layout->info.name) + ": bits " +
                                          std::to_string(layout->used_bits) + "..127 must be zero");
    }
  }
}

TEST_CASE("codes that name nothing are refused") {
  for (const InstructionLayout& layout : isa_layouts()) {
    for (const FieldLayout& field : layout.fields) {
      if (field.kind != FieldKind::kEnum) continue;
      for (int code = field.names->count; code < 1 << field.bits; ++code) {
        Word word{layout.info.opcode, 0};
        put_bits(word, field.bit, field.bits, code);
        INFO(layout.info.name << "." << field.name << " " << code);
        CHECK(decode_problem(word) ==
              std::string(layout.info.name) + ": " + std::string(field.name) + ": code " +
                  std::to_string(code) + " names no " + std::string(field.names->what));
      }
    }
  }
}

TEST_CASE("opcodes that name nothing are refused") {
  int unknown = 0;
  for (uint64_t opcode = 0; opcode < 256; ++opcode) {
    if (find_layout(static_cast<uint8_t>(opcode)) == nullptr) {
      ++unknown;
      CHECK(decode_problem({opcode, 0}).ends_with("names no instruction"));
    }
  }
  CHECK(unknown == 256 - static_cast<int>(isa_layouts().size()));
  CHECK(decode_problem({0xff, 0}) == "opcode 0xff names no instruction");
}

TEST_CASE("a flag with count 0 and a lone second wait are refused") {
  Store<Reg> store{};
  store.sync.waits[0] = {5, 1};
  const int bit = find_layout("store")->fields.back().bit;
  Word zero_count = encode(store);
  put_bits(zero_count, bit + 6, 4, 0);
  CHECK(decode_problem(zero_count) == "store: sync: a flag with count 0");
  Word second_only = encode(Store<Reg>{});
  put_bits(second_only, bit + 10, 10, 5 | 1 << 6);
  CHECK(decode_problem(second_only) == "store: sync: the second is used, the first is not");
}

TEST_CASE("random words either decode to what encodes to them or are refused") {
  std::mt19937_64 random(4);
  int accepted = 0;
  for (int turn = 0; turn < 300000; ++turn) {
    Word word{random(), random()};
    const InstructionLayout& layout = isa_layouts()[random() % isa_layouts().size()];
    put_bits(word, 0, 8, layout.info.opcode);
    for (int bit = layout.used_bits; bit < 128; ++bit) put_bits(word, bit, 1, 0);
    const auto decoded = decode(word);
    if (const auto* instruction = std::get_if<Instruction>(&decoded)) {
      ++accepted;
      REQUIRE(encode(*instruction) == word);
    }
  }
  CHECK(accepted > 10000);
}

TEST_CASE("an issued command carries the registers' values and everything else unchanged") {
  Registers registers{};
  for (size_t i = 1; i < registers.size(); ++i) registers[i] = 1000 * i;
  Mma<Reg> mma{types::f16, true, false};
  mma.c = r(1);
  mma.k = r(6);
  mma.bias = r(63);
  mma.sync.sets[0] = {7, 3};
  const auto command = std::get<Mma<Value>>(issue(mma, registers));
  CHECK(command.type == types::f16);
  CHECK(command.use_bias);
  CHECK(command.c == 1000);
  CHECK(command.k == 6000);
  CHECK(command.bias == 63000);
  CHECK(command.a == 0);
  CHECK(command.sync == mma.sync);
  CHECK(unit_of(Command(command)) == Unit::kCube);
  CHECK(*sync_of(Command(command)) == mma.sync);
}

TEST_CASE("set and wait belong to the unit they name and the sequencer keeps its own") {
  const Instruction drain = Set<Reg>{Unit::kDrain, r(2), r(3)};
  const Instruction own = Wait<Reg>{Unit::kSequencer, r(2), r(3)};
  CHECK(is_queue(drain));
  CHECK(unit_of(drain) == Unit::kDrain);
  CHECK_FALSE(is_queue(own));
  CHECK_FALSE(is_queue(Await{Unit::kCube}));
  CHECK(unit_of(Instruction(Await{Unit::kCube})) == Unit::kSequencer);
  Registers registers{};
  registers[2] = 48;
  registers[3] = 2;
  CHECK(std::get<Wait<Value>>(issue(own, registers)).count == 2);
  CHECK_THROWS(issue(Halt{}, registers));
}

TEST_CASE("registers read and written are known") {
  const auto mask = [](std::initializer_list<int> list) {
    uint64_t bits = 0;
    for (const int index : list) bits |= uint64_t{1} << index;
    return bits;
  };
  CHECK(source_registers(Add{r(3), r(1), {r(2), 5}}) == mask({1, 2}));
  CHECK(destination_register(Add{r(3), r(1), {r(2), 5}}) == 3);
  CHECK(source_registers(AddWrap{r(3), r(1), r(2), r(4)}) == mask({1, 2, 3, 4}));
  CHECK(destination_register(AddWrap{r(3), r(1), r(2), r(4)}) == 3);
  CHECK(source_registers(Branch{Compare::kLt, r(0), r(9), {}}) == mask({9}));
  CHECK(source_registers(St{Width::kU64, Mem::kGm, {r(7), 0}, r(8)}) == mask({7, 8}));
  CHECK(destination_register(St{Width::kU64, Mem::kGm, {r(7), 0}, r(8)}) == 0);
  Vadd<Reg> add{};
  add.d = r(10);
  add.a = r(11);
  add.b_pitch = r(12);
  CHECK(source_registers(add) == mask({10, 11, 12}));
  CHECK(destination_register(add) == 0);
  CHECK(source_registers(Set<Reg>{Unit::kLoad, r(5), r(6)}) == mask({5, 6}));
}

}  // namespace
}  // namespace npu
