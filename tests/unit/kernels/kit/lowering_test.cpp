#include <catch2/catch.hpp>

#include "isa/assembler/disassembler.h"
#include "isa/encoding/encoding.h"
#include "isa/encoding/rules.h"
#include "tests/unit/kernels/kit/kernels.h"
#include "tests/unit/kernels/kit/machines.h"

namespace npu::test {
namespace {

using namespace types;

// The instructions of a core as text, without comments and indentation.
std::vector<std::string> lines_of(const CoreCode& code, const Program& program) {
  std::vector<std::string> lines;
  for (const Word& word : code.words) {
    lines.push_back(to_text(std::get<Instruction>(decode(word)), &program));
  }
  return lines;
}

size_t count_of(const std::vector<std::string>& lines, const std::string& part) {
  return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.find(part) != std::string::npos;
  }));
}

template <class I>
std::vector<I> all_of_kind(const CoreCode& code) {
  std::vector<I> found;
  for (const Word& word : code.words) {
    const auto instruction = std::get<Instruction>(decode(word));
    if (const I* i = std::get_if<I>(&instruction)) found.push_back(*i);
  }
  return found;
}

TEST_CASE("every lowered instruction is legal on its core") {
  for (const bool direct : {true, false}) {
    const Limits limits = machine(direct);
    for (const Program& program :
         {vector_add(limits), matmul(limits), there_and_back(limits, {})}) {
      for (const auto& [code, core] : {std::pair{&program.cube, CoreKind::kCube},
                                       std::pair{&program.vector, CoreKind::kVector}}) {
        for (const Word& word : code->words) {
          const auto problem = misplaced(std::get<Instruction>(decode(word)), core);
          INFO(problem.value_or(""));
          CHECK(!problem);
        }
        CHECK(code->lines.size() == code->words.size());
      }
    }
  }
}

TEST_CASE("a kernel without cube verbs leaves the cube cores out") {
  const Program program = vector_add(machine());
  CHECK(program.cube.words.empty());
  CHECK(program.cube.flags.empty());
  CHECK(!program.vector.words.empty());
}

TEST_CASE("waits and sets ride on the instructions of the slots") {
  const Program program = vector_add(machine());
  const auto loads = all_of_kind<Load<Reg>>(program.vector);
  REQUIRE(loads.size() == 2);
  for (const auto& load : loads) {
    CHECK(load.sync.waits[0].count == 1);
    CHECK(load.sync.sets[0].count == 1);
    CHECK(load.sync.waits[1].count == 0);
  }
  // add touches three slots: the third wait and set stand beside it.
  CHECK(all_of_kind<Wait<Reg>>(program.vector).size() == 1);
  CHECK(all_of_kind<Set<Reg>>(program.vector).size() == 1);
}

TEST_CASE("a lease around a loop waits and sets outside of it") {
  const Program program = matmul(machine());
  const auto mmas = all_of_kind<Mma<Reg>>(program.cube);
  REQUIRE(mmas.size() == 1);
  // Only the L0 rings ride on the mma in the inner loop.
  CHECK(mmas[0].sync.waits[1].count == 1);
  CHECK(all_of_kind<Wait<Reg>>(program.cube).size() == 3);
  CHECK(all_of_kind<Set<Reg>>(program.cube).size() == 3);
}

TEST_CASE("the inner loop of a matmul costs fifteen sequencer cycles") {
  const Program program = matmul(machine());
  const auto lines = lines_of(program.cube, program);
  const auto mma = std::find_if(lines.begin(), lines.end(),
                                [](const auto& line) { return line.rfind("mma", 0) == 0; });
  REQUIRE(mma != lines.end());
  const auto after =
      std::find_if(mma, lines.end(), [](const auto& line) { return line.rfind("b.lt", 0) == 0; });
  const auto step_wait = std::find_if(std::make_reverse_iterator(mma), lines.rend(),
                                      [](const auto& line) { return line.rfind("b.ge", 0) == 0; });
  CHECK(after - step_wait.base() + 1 == 17);
}

TEST_CASE("only the first and the last mma of a slot hand over, and the drain does") {
  const Program program = matmul(machine(), {.handover = true, .depth = 300});
  const auto mmas = all_of_kind<Mma<Reg>>(program.cube);
  REQUIRE(mmas.size() == 4);  // first and last, first, last, neither
  CHECK(std::count_if(mmas.begin(), mmas.end(), [](const auto& i) { return i.handover; }) == 3);
  // The first alone has no riding set: a riding one would free its operands while they are read.
  CHECK(mmas[1].sync.sets[0].count == 0);
  const auto drains = all_of_kind<Drain<Reg>>(program.cube);
  REQUIRE(drains.size() == 1);
  CHECK(drains[0].handover);
}

TEST_CASE("a slot that no mma may write is not handed over by parts") {
  const Program program = matmul(machine(), {.handover = true});  // k may be 0
  const auto mmas = all_of_kind<Mma<Reg>>(program.cube);
  REQUIRE(mmas.size() == 1);
  CHECK(!mmas[0].handover);
}

TEST_CASE("an unskewed pipeline has no conditions") {
  Limits limits = machine();
  const Program straight = there_and_back(limits, {.skew = 0});
  const Program skewed = there_and_back(limits, {.skew = 2});
  CHECK(count_of(lines_of(straight.cube, straight), "b.geu") == 0);
  CHECK(count_of(lines_of(skewed.cube, skewed), "b.geu") == 2);
  CHECK(count_of(lines_of(skewed.vector, skewed), "b.geu") == 2);
}

TEST_CASE("a link goes through workspace and landing rings where the machine has no path") {
  const Program direct = there_and_back(machine(true), {});
  const Program through_gm = there_and_back(machine(false), {});
  CHECK(direct.workspaces.empty());
  REQUIRE(through_gm.workspaces.size() == 3);
  CHECK(through_gm.workspaces[0].per_group);
  CHECK(through_gm.workspaces[0].bytes == 2u * 32 * 32 * 4);
  CHECK(all_of_kind<Load<Reg>>(direct.vector).empty());
  CHECK(all_of_kind<Load<Reg>>(through_gm.vector).size() == 4);
  for (const auto& drain : all_of_kind<Drain<Reg>>(direct.cube)) CHECK(drain.to == Mem::kUb);
  for (const auto& drain : all_of_kind<Drain<Reg>>(through_gm.cube)) CHECK(drain.to == Mem::kGm);
}

TEST_CASE("the cube core counts each vector core apart, a vector core the one cube core") {
  const Program program = there_and_back(machine(), {});
  const auto limit_of = [](const CoreCode& code, const std::string& name) {
    for (const FlagDecl& flag : code.flags) {
      if (flag.name == name) return std::pair{flag.initial, flag.limit};
    }
    return std::pair{~0u, ~0u};
  };
  CHECK(limit_of(program.cube, "scores free by 0") == std::pair{2u, 2u});
  CHECK(limit_of(program.cube, "scores free by 1") == std::pair{2u, 2u});
  CHECK(limit_of(program.vector, "scores filled") == std::pair{0u, 2u});
  CHECK(limit_of(program.cube, "probs filled by 1") == std::pair{0u, 2u});
  CHECK(limit_of(program.vector, "probs free") == std::pair{2u, 2u});
}

TEST_CASE("instructions name the line of the kernel's source") {
  const Program program = vector_add(machine());
  const auto loads_at = program.vector.words.size();
  REQUIRE(loads_at > 0);
  bool seen = false;
  for (size_t i = 0; i < program.vector.words.size(); ++i) {
    const SourceLine& source = program.sources.at(program.vector.lines[i]);
    CHECK(source.file == "tests/unit/kernels/kit/kernels.cpp");
    seen |= source.text == "add z";
  }
  CHECK(seen);
}

TEST_CASE("lowering twice gives the same words") {
  CHECK(matmul(machine()) == matmul(machine()));
  CHECK(there_and_back(machine(false), {}) == there_and_back(machine(false), {}));
}

TEST_CASE("values that do not fit the registers are computed where they are used") {
  // Forty live arguments and as many products of them.
  Kernel k{"many", machine()};
  std::vector<Int> args;
  for (int i = 0; i < 90; ++i) args.push_back(k.arg("a" + std::to_string(i)));
  const Tensor out = k.tensor("out", f32, {1024, 1024});
  const Tile tile = k.buffer("tile", f32, {1, 64});
  Ring& o = k.ring("o", Mem::kUb, f32, {1, 64}, 2);
  k.loop("i", k.arg("n"), [&](Int i) {
    for (const Int& a : args) k.vec.add(tile, tile, a + i);
    k.vec.copy(o.push(), tile);
    k.store(out.tile(i, 0), o.pop());
  });
  const Program program = k.finish();
  CHECK(count_of(lines_of(program.vector, program), "vadd") == 90);
}

TEST_CASE("scalars, lists and outputs mark their arguments") {
  Kernel k{"marks", machine()};
  const Tensor counts = k.tensor("counts", i32, {4}), ids = k.tensor("ids", i32, {64});
  const Tensor table = k.tensor("table", f32, {100, 64}), out = k.tensor("out", f32, {64, 64});
  Ring& rows = k.ring("rows", Mem::kUb, f32, {16, 64}, 2);
  Ring& result = k.ring("result", Mem::kUb, f32, {16, 64}, 2);
  k.loop("i", k.read(counts.at(1)), [&](Int i) {
    k.load(rows.push(), table.gather(ids.rows(i * 16, 16), 16));
    k.vec.copy(result.push(), rows.pop());
    k.store(out.tile(i, 0), result.pop());
  });
  const Program program = k.finish();
  REQUIRE(program.parameters.size() == 4);
  CHECK(program.parameters[0].control);
  CHECK(program.parameters[1].control);
  CHECK(!program.parameters[2].control);
  CHECK(!program.parameters[2].output);
  CHECK(program.parameters[3].output);
}

}  // namespace
}  // namespace npu::test
