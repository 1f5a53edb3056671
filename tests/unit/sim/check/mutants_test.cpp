#include "sim/check/mutants.h"

#include <catch2/catch.hpp>

#include "isa/encoding/encoding.h"
#include "isa/instructions/instruction.h"

using namespace npu;

namespace {

Program program() {
  Program p;
  Load<Reg> load;
  load.sync.waits[0] = {3, 1};
  load.sync.sets[1] = {4, 2};
  Set<Reg> set;
  set.unit = Unit::kVector;
  set.flag = Reg{5};
  set.count = Reg{6};
  p.cube.words = {encode(Instruction{load}), encode(Instruction{Halt{}})};
  p.vector.words = {encode(Instruction{Wait<Reg>{}}), encode(Instruction{set}),
                    encode(Instruction{Halt{}})};
  p.sources = {{"k.npuasm", 7, "load"}};
  p.cube.lines = {0, 0};
  return p;
}

Instruction decoded(const Word& word) { return std::get<Instruction>(decode(word)); }

}  // namespace

TEST_CASE("every riding and standing set and wait gives one mutant") {
  const std::vector<Mutant> mutants = sync_mutants(program());
  REQUIRE(mutants.size() == 4);
  CHECK_FALSE(mutants[0].is_set);
  CHECK(mutants[1].is_set);
  CHECK(mutants[0].on_cube);
  CHECK(mutants[0].what == "wait of flag 3 (1) on load, cube instruction 0 (k.npuasm:7)");
  CHECK(mutants[1].what == "set of flag 4 (+2) on load, cube instruction 0 (k.npuasm:7)");
  CHECK(mutants[2].what == "wait, vector instruction 0");
  CHECK(mutants[3].what == "set, vector instruction 1");
}

TEST_CASE("a mutant differs from the program in one word, where one piece is missing") {
  const Program original = program();
  for (const Mutant& mutant : sync_mutants(original)) {
    const CoreCode& was = mutant.on_cube ? original.cube : original.vector;
    const CoreCode& is = mutant.on_cube ? mutant.program.cube : mutant.program.vector;
    REQUIRE(was.words.size() == is.words.size());
    for (uint32_t i = 0; i < was.words.size(); ++i) {
      CHECK((was.words[i] == is.words[i]) == (i != mutant.pc));
    }
  }
  const Mutant no_wait = sync_mutants(original)[0];
  const auto load = std::get<Load<Reg>>(decoded(no_wait.program.cube.words[0]));
  CHECK(load.sync.waits[0].count + load.sync.waits[1].count == 0);
  CHECK(load.sync.sets[0].count + load.sync.sets[1].count == 2);
  const Mutant no_set = sync_mutants(original)[3];
  CHECK(std::get<Add>(decoded(no_set.program.vector.words[1])).d == Reg{0});
}

TEST_CASE("a mutant is judged by hazards, then faults, then its results") {
  const Mutant mutant = sync_mutants(program())[0];
  CheckReport original, hazard;
  original.reached_cube = {true, true};
  hazard.hazards.emplace_back();
  CHECK(judge(mutant, original, std::nullopt, hazard, true) == Verdict::kFoundByCheck);
  CHECK(judge(mutant, original, Fault{}, hazard, true) == Verdict::kFoundByCheck);
  CHECK(judge(mutant, original, Fault{}, {}, true) == Verdict::kFoundByFault);
  CHECK(judge(mutant, original, std::nullopt, {}, true) == Verdict::kHarmless);
  CHECK(judge(mutant, original, std::nullopt, {}, false) == Verdict::kMissed);
}

TEST_CASE("a mutant of code that the program's own run did not reach is not called harmless") {
  const Mutant mutant = sync_mutants(program())[2];
  CheckReport original;
  original.reached_cube = {true, true};
  original.reached_vector = {false, true, true};
  CHECK(judge(mutant, original, std::nullopt, {}, true) == Verdict::kNotReached);
}
