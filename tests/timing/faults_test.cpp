// How runs end badly: every way names what happened and where.
#include <catch2/catch.hpp>
#include <chrono>

#include "isa/errors.h"
#include "tests/timing/lab.h"

namespace npu {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a deadlock over two cores names who waits for what, with counts and lines") {
  Lab lab;
  const RunResult result = lab.run(
      ".cube\n.flag back = 48 \"vector is ready\"\nli r2, 48\nli r3, 2\nwait.seq r2, r3\n"
      "halt\n.vector\n.flag go = 49\nli r2, 16\nli r4, 1\n"
      "vadd.f32 d=r0, a=r0, b=r0, rows=r4, cols=r2, d_pitch=r0 wait go\nhalt\n");
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kDeadlock);
  CHECK(has(result.fault->detail, "(has 0, needs 2)"));
  CHECK(has(result.fault->detail, "vector core 1 vector at lab.npuasm:"));
  CHECK(has(result.fault->detail, "(has 0, needs 1)"));
}

TEST_CASE("an endless loop that changes nothing ends at the cycle limit in a moment") {
  Lab lab;
  const auto start = std::chrono::steady_clock::now();
  const RunResult result =
      lab.run(".cube\nli r2, 5\nagain: add r3, r2, 1\nsub r3, r3, 1\njump again\n");
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kCycleLimit);
  CHECK(has(result.fault->source, "lab.npuasm:"));
  CHECK(result.cycles == SimulatorOptions{}.max_cycles);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a run that passes the cycle limit ends there, one that just keeps it does not") {
  const std::string text = ".cube\nli r2, 4000\nnext: sub r2, r2, 1\nb.ne r2, r0, next\nhalt\n";
  Lab free;
  const uint64_t cycles = free.run(text).cycles;
  SimulatorOptions options;
  options.max_cycles = cycles;
  CHECK(!Lab(load_machine("tiny"), options).run(text).fault);
  options.max_cycles = cycles - 1;
  const RunResult late = Lab(load_machine("tiny"), options).run(text);
  REQUIRE(late.fault);
  CHECK(late.fault->code == FaultCode::kCycleLimit);
}

TEST_CASE("an instruction of a loop is checked again when its registers change") {
  Lab lab;
  const RunResult result = lab.run(
      ".vector\nli r2, 8\nli r3, 1\nli r4, 64\n"
      "again: vadd.f32 d=r5, a=r0, b=r0, rows=r3, cols=r2, d_pitch=r0\n"
      "sub r4, r4, 1\nb.ge r4, r2, again\n"
      "li r5, 1048576\njump again\n");
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kOutOfBounds);
  CHECK(has(result.fault->source, "vadd"));
}

TEST_CASE("progress can stop a run, which keeps what it has") {
  SimulatorOptions options;
  int calls = 0;
  options.progress = [&](const Progress&) { return ++calls < 2; };
  Lab lab(load_machine("tiny"), options);
  const RunResult result = lab.run(".cube\nli r2, 0\nnext: add r2, r2, 1\njump next\n");
  CHECK(result.interrupted);
  CHECK(!result.fault);
  CHECK(calls == 2);
  CHECK(result.cycles > 1000);
  // Another run on the same simulator is as good as ever.
  CHECK(!lab.run(".cube\nhalt\n").fault);
}

TEST_CASE("a set over its flag's limit and a flag that is not back at halt are faults") {
  Lab lab;
  const std::string twice = ".cube\n.flag a = 3 limit=1\nli r2, 3\nli r3, 1\nset.seq r2, r3\n";
  const RunResult left = lab.run(twice + "halt\n");
  REQUIRE(left.fault);
  CHECK(left.fault->code == FaultCode::kFlagNotInitial);
  const RunResult over = lab.run(twice + "set.seq r2, r3\nhalt\n");
  REQUIRE(over.fault);
  CHECK(over.fault->code == FaultCode::kFlagOverLimit);
  CHECK(has(over.fault->source, "lab.npuasm:"));
}

TEST_CASE("an undeclared flag, a trap, a bad path and running off the end are faults") {
  Lab lab;
  const auto code = [&](const std::string& text) {
    const RunResult result = lab.run(text);
    REQUIRE(result.fault);
    CHECK(result.fault->group == 0);
    return result.fault->code;
  };
  CHECK(code(".cube\nli r2, 3\nset.seq r2, r2\nhalt\n") == FaultCode::kBadOperand);
  CHECK(code(".cube\ntrap \"enough\"\n") == FaultCode::kTrap);
  CHECK(code(".cube\nli r2, 5\n") == FaultCode::kIllegalInstruction);
  CHECK(code(".cube\nli r2, 5\ndiv r2, r2, r0\nhalt\n") == FaultCode::kDivideByZero);
  CHECK(code(".cube\nld.u64.gm r2, [r0+64]\nhalt\n") == FaultCode::kOutOfBounds);
  CHECK(code(".cube\nld.u64.gm r2, [r1+4]\nhalt\n") == FaultCode::kMisaligned);
}

TEST_CASE("the sequencer runs ahead, but its fault comes at its own cycle") {
  Lab lab;
  const RunResult result =
      lab.run(".cube\nli r2, 400\nnext: sub r2, r2, 1\nb.ne r2, r0, next\ntrap \"late\"\n");
  REQUIRE(result.fault);
  CHECK(result.fault->cycle >= 800 / 4);
}

TEST_CASE("a wrong launch is refused before anything runs") {
  Lab lab;
  lab.run(".cube\nhalt\n");
  const std::vector<uint64_t> one{1};
  CHECK_THROWS_AS(lab.simulator->run(lab.program, one), InputError);
  CHECK_THROWS_AS(lab.simulator->run(lab.program, {}, {.groups = 3}), InputError);
  CHECK_THROWS_AS(lab.simulator->run(Program{}, {}), InputError);
}

}  // namespace
}  // namespace npu
