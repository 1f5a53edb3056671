// The sequencer: its arithmetic, its memory, and what it must not see.
#include <catch2/catch.hpp>

#include "tests/timing/lab.h"

namespace npu {
namespace {

MachineConfig one_group() {
  MachineConfig m = load_machine("tiny");
  m.groups = 1;
  m.vectors = 1;
  return m;
}

// The value that the n-th print showed.
int64_t shown(const Lab& lab, size_t n) {
  REQUIRE(n < lab.printed.size());
  return std::stoll(lab.printed[n].substr(lab.printed[n].rfind(' ') + 1));
}

TEST_CASE("a loop of arithmetic gives the right sum and four instructions take a cycle") {
  Lab lab(one_group());
  const RunResult result = lab.run(
      ".cube\nli r2, 0\nli r3, 1000\nnext: add r2, r2, r3\nsub r3, r3, 1\nb.ne r3, r0, next\n"
      "print.int \"sum\", r2\nhalt\n");
  REQUIRE(!result.fault);
  CHECK(shown(lab, 0) == 500500);
  CHECK(result.cycles >= 3000 / 4);
  CHECK(result.cycles <= 3000 / 4 + 4);
}

TEST_CASE("calls return and nest to sixteen") {
  Lab lab(one_group());
  REQUIRE(!lab.run(".cube\nli r2, 1\ncall twice\ncall twice\nprint.int \"r2\", r2\nhalt\n"
                   "twice: add r2, r2, r2\nret\n")
               .fault);
  CHECK(shown(lab, 0) == 4);
  const RunResult deep = lab.run(".cube\nagain: call again\n");
  REQUIRE(deep.fault);
  CHECK(deep.fault->code == FaultCode::kCallDepth);
}

TEST_CASE("r0 stays zero") {
  Lab lab(one_group());
  REQUIRE(!lab.run(".cube\nli r0, 5\nadd r0, r0, 7\nprint.int \"r0\", r0\nhalt\n").fault);
  CHECK(shown(lab, 0) == 0);
}

TEST_CASE("a cached line stays as it was until it is invalidated") {
  // The vector core changes a word that the cube core has read; the cube core looks again.
  Lab lab(one_group());
  const uint64_t word = lab.tensor(std::vector<uint64_t>{7}, Storage::kControl);
  const std::string text =
      ".cube\n.flag changed = 48\nld.u64.gm r2, [r1+@p0]\nld.u64.gm r3, [r2]\n"
      "li r4, 48\nli r5, 1\nset.seq r4, r5\nwait.seq r4, r5\n"
      "ld.u64.gm r3, [r2]\nprint.int \"stale\", r3\n"
      "cache.invalidate [r2]\nld.u64.gm r3, [r2]\nprint.int \"fresh\", r3\nhalt\n"
      ".vector\n.flag read = 48\nld.u64.gm r2, [r1+@p0]\nli r4, 48\nli r5, 1\n"
      "wait.seq r4, r5\nli r6, 9\nst.u64.gm [r2], r6\nset.seq r4, r5\nhalt\n";
  const RunResult result = lab.run(text, {word});
  INFO((result.fault ? result.fault->text() : ""));
  REQUIRE(!result.fault);
  CHECK(shown(lab, 0) == 7);
  CHECK(shown(lab, 1) == 9);
}

TEST_CASE("atomics of all cores add up and give every old value once") {
  MachineConfig m = load_machine("tiny");
  Lab lab(m);
  const uint64_t word = lab.tensor(std::vector<uint64_t>{100}, Storage::kControl);
  const std::string body =
      "ld.u64.gm r2, [r1+@p0]\nli r3, 1\natomic.add r4, [r2], r3\nprint.int \"old\", r4\nhalt\n";
  REQUIRE(!lab.run(".cube\n" + body + ".vector\n" + body, {word}).fault);
  std::vector<int64_t> olds;
  for (size_t i = 0; i < lab.printed.size(); ++i) olds.push_back(shown(lab, i));
  std::sort(olds.begin(), olds.end());
  CHECK(olds == std::vector<int64_t>{100, 101, 102, 103, 104, 105});
  CHECK(lab.read<uint64_t>(word, 1).front() == 106);
}

TEST_CASE("a word in memory counts like a flag, across groups") {
  MachineConfig m = load_machine("tiny");
  m.vectors = 1;
  Lab lab(m);
  const uint64_t word = lab.tensor(std::vector<uint64_t>{0}, Storage::kControl);
  const std::string text =
      ".cube\nld.u64.gm r2, [r1+@p0]\nli r3, 1\nli r5, 3\ncsr.group r4\nb.ne r4, r0, giver\n"
      "waitw.seq r2, r5\ncsr.cycle r6\nprint.int \"at\", r6\nhalt\n"
      "giver: li r20, 400\nspin: sub r20, r20, 1\nb.ne r20, r0, spin\n"
      "setw.load r2, r3\nsetw.load r2, r5\nhalt\n";
  const RunResult result = lab.run(text, {word});
  INFO((result.fault ? result.fault->text() : ""));
  REQUIRE(!result.fault);
  CHECK(shown(lab, 0) > 200);
  CHECK(lab.read<uint64_t>(word, 1).front() == 1);
}

TEST_CASE("in timing-only a branch on data is a fault that names the tensor") {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  Lab lab(one_group(), options);
  const uint64_t data = lab.tensor(std::vector<uint64_t>{1, 2}, Storage::kData, "lengths");
  const std::string text =
      ".cube\nld.u64.gm r2, [r1+@p0]\nld.u64.gm r3, [r2+8]\nadd r3, r3, 1\n"
      "b.eq r3, r0, out\nout: halt\n";
  const RunResult result = lab.run(text, {data});
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kUnknownValue);
  CHECK(result.fault->detail.find("lengths at byte 8") != std::string::npos);
  const uint64_t control = lab.tensor(std::vector<uint64_t>{1, 2}, Storage::kControl, "lengths");
  CHECK(!lab.run(text, {control}).fault);
}

TEST_CASE("in timing-only an unknown value may be a vector's scalar but not an address") {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  Lab lab(one_group(), options);
  const uint64_t data = lab.tensor(std::vector<uint64_t>{1, 2}, Storage::kData, "scale");
  const std::string start =
      ".vector\nld.u64.gm r2, [r1+@p0]\nld.f32.gm r3, [r2]\nli r4, 1\nli r5, 16\n";
  CHECK(!lab.run(start + "vmul.f32 d=r0, a=r0, b=scalar r3, rows=r4, cols=r5, d_pitch=r0\nhalt\n",
                 {data})
             .fault);
  const RunResult bad =
      lab.run(start + "vmul.f32 d=r0, a=r3, b=r0, rows=r4, cols=r5, d_pitch=r0\nhalt\n", {data});
  REQUIRE(bad.fault);
  CHECK(bad.fault->code == FaultCode::kUnknownValue);
}

TEST_CASE("scalar stores to UB and GM arrive") {
  Lab lab(one_group());
  const uint64_t out = lab.tensor(std::vector<uint64_t>{0, 0}, Storage::kControl);
  const std::string text =
      ".vector\nld.u64.gm r2, [r1+@p0]\nli r3, -5\nst.i32.ub [r0+16], r3\nld.i32.ub r4, [r0+16]\n"
      "st.u64.gm [r2+8], r4\nhalt\n";
  REQUIRE(!lab.run(text, {out}).fault);
  CHECK(lab.read<int64_t>(out, 2) == std::vector<int64_t>{0, -5});
}

}  // namespace
}  // namespace npu
