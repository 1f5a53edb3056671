#include "isa/assembler/assembler.h"

#include <bit>
#include <catch2/catch.hpp>

#include "isa/encoding/encoding.h"
#include "tests/unit/isa/cases.h"

namespace npu {
namespace {

constexpr Reg r(int index) { return {static_cast<uint8_t>(index)}; }

Program cube(const std::string& text) { return assemble(".cube\n" + text, "test.npuasm"); }
Program vector(const std::string& text) { return assemble(".vector\n" + text, "test.npuasm"); }

Instruction only_instruction(const CoreCode& code) {
  REQUIRE(code.words.size() == 1);
  return std::get<Instruction>(decode(code.words[0]));
}

template <class I>
I one(const std::string& text) {
  return std::get<I>(only_instruction(cube(text).cube));
}
template <class I>
I one_vector(const std::string& text) {
  return std::get<I>(only_instruction(vector(text).vector));
}

uint64_t li_value(const std::string& expression) {
  return one<Li>(".const tile = 64\nli r3, " + expression).imm.value;
}

TEST_CASE("scalar operands are taken by position") {
  const auto add = one<Add>("add r3, r1, r2+5");
  CHECK(add.d == r(3));
  CHECK(add.a == r(1));
  CHECK(add.b == RegImm{r(2), 5});
  CHECK(one<Add>("add r3, r1, r2").b == RegImm{r(2), 0});
  CHECK(one<Add>("add r3, r1, -7").b == RegImm{r(0), -7});
  CHECK(one<Add>("add r3, r1, r2-2*3+1").b == RegImm{r(2), -5});
  const auto ld = one<Ld>("ld.u64.gm r2, [r1+8]");
  CHECK(ld.width == Width::kU64);
  CHECK(ld.mem == Mem::kGm);
  CHECK(ld.address == RegImm{r(1), 8});
  const auto st = one_vector<St>("st.i16.ub [64], r9");
  CHECK(st.address == RegImm{r(0), 64});
  CHECK(st.a == r(9));
  CHECK(one<AddWrap>("addwrap r1, r2, r3, r4").end == r(4));
  CHECK(one<Set<Reg>>("set.drain r4, r5").unit == Unit::kDrain);
}

TEST_CASE("operands that may be left out are register 0") {
  CHECK(one<CacheControl>("cache.invalidate_all").address == RegImm{});
  CHECK(one<AtomicRmw>("atomic.add r1, [r2], r3").b == r(0));
  CHECK(one<Fill<Reg>>("fill.l1.f32 dst=r1, rows=r2, cols=r3, dst_pitch=r4").value == r(0));
}

TEST_CASE("queue operands are taken by name in any order") {
  const auto load = one<Load<Reg>>(
      "load.l1.f16.fractal rows=r5, cols=r6, dst=r10, src=r4, src_pitch=r8, dst_pitch=r7, "
      "src_plane=r9");
  CHECK(load.to == Mem::kL1);
  CHECK(load.type == types::f16);
  CHECK(load.layout == Layout::kFractal);
  CHECK(load.hint == Hint::kKeep);
  CHECK(load.dst == r(10));
  CHECK(load.src == r(4));
  CHECK(load.rows == r(5));
  CHECK(load.cols == r(6));
  CHECK(load.dst_pitch == r(7));
  CHECK(load.src_pitch == r(8));
  CHECK(load.src_plane == r(9));
  CHECK(load.planes == r(0));
}

TEST_CASE("words with a default may be left out wherever they stand") {
  const std::string rest = " dst=r1, src=r2, rows=r3, cols=r4, dst_pitch=r5";
  const auto plain = one<Drain<Reg>>("drain.gm.f32.f16" + rest);
  CHECK(plain.layout == Layout::kRow);
  CHECK(plain.atomic == Atomic::kNone);
  const auto some = one<Drain<Reg>>("drain.gm.f32.f16.add.handover" + rest);
  CHECK(some.activation == Activation::kNone);
  CHECK(some.atomic == Atomic::kAdd);
  CHECK(some.scaling == ScaleMode::kNone);
  CHECK(some.handover);
  const auto all = one<Drain<Reg>>("drain.gm.f32.f16.row.none.max.column" + rest);
  CHECK(all.atomic == Atomic::kMax);
  CHECK(all.scaling == ScaleMode::kColumn);
  CHECK_FALSE(all.handover);
  CHECK(one<Load<Reg>>("load.l1.f16.stream dst=r1, src=r2, rows=r3, cols=r4, dst_pitch=r5, "
                       "src_pitch=r6")
            .hint == Hint::kStream);
  CHECK(one<Fcvt>("fcvt.floor r1, r2").round == RoundMode::kFloor);
}

TEST_CASE("a source of a vector instruction names its shape") {
  const auto fma = one_vector<Vfma<Reg>>(
      "vfma.f32 d=r1, a=r2, b=column r3, c=scalar r4, rows=r5, cols=r6, d_pitch=r7");
  CHECK(fma.a_is == Source::kTile);
  CHECK(fma.b_is == Source::kColumn);
  CHECK(fma.c_is == Source::kScalar);
  CHECK(fma.b == r(3));
}

TEST_CASE("waits and sets ride behind the operands with and without commas and counts") {
  const std::string fill = "fill.l1.f32 dst=r1, rows=r2, cols=r3, dst_pitch=r4";
  const std::string flags = ".const n = 3\n.flag a_free = 4 initial=2 limit=2\n.flag a_full = 5\n";
  const Sync expected{{{{4, 1}, {9, 3}}}, {{{5, 15}, {}}}};
  CHECK(one<Fill<Reg>>(flags + fill + " wait a_free, 9+n set a_full+15").sync == expected);
  CHECK(one<Fill<Reg>>(flags + fill + ", wait a_free, 9+3, set a_full+15").sync == expected);
  CHECK(one<Fill<Reg>>(flags + fill + " set a_full+15 wait a_free wait 9+3").sync == expected);
}

TEST_CASE("a set of a group flag names it as the other core declares it") {
  const Program program = assemble(
      ".cube\n.flag ready = 48\n"
      "fill.l1.f32 dst=r1, rows=r2, cols=r3, dst_pitch=r4 wait ready set data\n"
      ".vector\n.flag data = 49\n.flag mine = 3\n"
      "fill.ub.f32 dst=r1, rows=r2, cols=r3, dst_pitch=r4 wait data set ready, mine\n",
      "test");
  const auto cube_fill = std::get<Fill<Reg>>(only_instruction(program.cube));
  CHECK(cube_fill.sync == Sync{{{{48, 1}, {}}}, {{{49, 1}, {}}}});
  const auto vector_fill = std::get<Fill<Reg>>(only_instruction(program.vector));
  CHECK(vector_fill.sync == Sync{{{{49, 1}, {}}}, {{{48, 1}, {3, 1}}}});
}

TEST_CASE("labels may be used before they are defined and belong to their core") {
  const Program program = assemble(
      ".cube\nstart: b.ltu r1, r2, end\njump start\nend:\n.vector\nend: start: jump end\n"
      ".cube\njump end\n",
      "test");
  REQUIRE(program.cube.words.size() == 3);
  const auto branch = std::get<Branch>(std::get<Instruction>(decode(program.cube.words[0])));
  CHECK(branch.cond == Compare::kLtu);
  CHECK(branch.target.index == 2);
  CHECK(std::get<Jump>(std::get<Instruction>(decode(program.cube.words[2]))).target.index == 2);
  CHECK(std::get<Jump>(only_instruction(program.vector)).target.index == 0);
}

TEST_CASE("expressions compute on whole numbers") {
  CHECK(li_value("2+3*4-1") == 13);
  CHECK(li_value("(2+3)*-4") == static_cast<uint64_t>(-20));
  CHECK(li_value("7/2 + 7%4 << 2") == 24);
  CHECK(li_value("0xff & ~0x0f | 0b1010 ^ 2") == 0xf8);
  CHECK(li_value("tile*tile") == 4096);
  CHECK(li_value("18446744073709551615") == ~uint64_t{0});
  CHECK(li_value("-9223372036854775808") == uint64_t{1} << 63);
  CHECK(li_value("1<<63") == uint64_t{1} << 63);
  CHECK(li_value("f32(1.5)") == std::bit_cast<uint32_t>(1.5F));
  CHECK(li_value("f32(-1e-3)") == std::bit_cast<uint32_t>(-1e-3F));
  CHECK(li_value("f32(-inf)") == 0xff800000);
}

TEST_CASE("names stand for control block offsets, registers and flags") {
  const std::string declarations =
      ".param tensor a f16\n.param int rows\n.param f32 scale\n.workspace partial 4096 per_group\n"
      ".reg address = r10\n.cube\n.flag full = 7\n";
  const Program program = assemble(declarations +
                                       "ld.u64.gm address, [r1+@rows]\nli r2, @partial\n"
                                       "li r3, flag(full)\nmv r4, address\nnop\n",
                                   "test");
  const auto at = [&](size_t i) { return std::get<Instruction>(decode(program.cube.words.at(i))); };
  CHECK(std::get<Ld>(at(0)).d == r(10));
  CHECK(std::get<Ld>(at(0)).address == RegImm{r(1), 8});
  CHECK(std::get<Li>(at(1)).imm.value == 24);
  CHECK(std::get<Li>(at(2)).imm.value == 7);
  CHECK(std::get<Add>(at(3)).a == r(10));
  CHECK(std::get<Add>(at(4)).d == r(0));
}

TEST_CASE("declarations reach the program") {
  const Program program = assemble(
      ".program matmul\n.machine \"my machine\"\n.param tensor a f16 rank=2\n"
      ".param tensor c f32 out rank=2\n.param tensor list i32 control\n.param int m\n"
      ".param f32 scale\n.workspace w 1<<20 per_group zeroed\n.string \"unused\"\n"
      ".cube\n.flag a_full = 1 limit=2 \"A is filled\"\nprint.hex \"value\", r4\ntrap \"value\"\n",
      "test");
  CHECK(program.name == "matmul");
  CHECK(program.machine == "my machine");
  REQUIRE(program.parameters.size() == 5);
  CHECK(program.parameters[0] ==
        Parameter{"a", Parameter::Kind::kTensor, types::f16, false, false, 2});
  CHECK(program.parameters[1].output);
  CHECK(program.parameters[2].control);
  CHECK(program.parameters[3].kind == Parameter::Kind::kInt);
  CHECK(program.parameters[4].kind == Parameter::Kind::kF32);
  CHECK(program.workspaces == std::vector<Workspace>{{"w", 1 << 20, true, true}});
  CHECK(program.cube.flags == std::vector<FlagDecl>{{1, 0, 2, "A is filled"}});
  CHECK(program.strings == std::vector<std::string>{"unused", "value"});
}

TEST_CASE("the source map has file, line and text of every instruction") {
  const Program program = assemble(
      "; a comment\n.cube\n\nagain:  add r1, r1, 1   ; one more\r\n  jump again\n", "k.npuasm");
  REQUIRE(program.cube.lines.size() == 2);
  CHECK(program.sources.at(program.cube.lines[0]) == SourceLine{"k.npuasm", 4, "add r1, r1, 1"});
  CHECK(program.sources.at(program.cube.lines[1]) == SourceLine{"k.npuasm", 5, "jump again"});
}

TEST_CASE("the programs in docs/assembly.md assemble") {
  const std::string page = repository_file("docs/assembly.md");
  const std::string open = "```npuasm\n";
  int programs = 0;
  for (size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    const Program program = assemble(page.substr(at, page.find("```", at) - at), "docs");
    CHECK(program.vector.words.size() + program.cube.words.size() > 10);
    ++programs;
  }
  CHECK(programs == 1);
}

TEST_CASE("any 128 bits can be written as a word") {
  const Program program = cube(".word 0xffffffffffffffff, 1 << 40\n");
  CHECK(program.cube.words == std::vector<Word>{{~uint64_t{0}, uint64_t{1} << 40}});
}

TEST_CASE("texts keep their escapes and a semicolon inside them") {
  CHECK(cube(R"(trap "a;b\n\t\"\\\x07")").strings == std::vector<std::string>{"a;b\n\t\"\\\x07"});
}

}  // namespace
}  // namespace npu
