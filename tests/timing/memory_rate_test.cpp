// What the memory system gives a whole machine, and that booking lines together costs no truth.
#include <catch2/catch.hpp>

#include "tests/timing/lab.h"

namespace npu {
namespace {

// Every cube core loads `steps` blocks of 64 x 512 bytes, each its own, one after another.
const std::string kStream =
    ".cube\n.flag free = 0 initial=8\n"
    "ld.u64.gm r2, [r1+@p0]\nld.u64.gm r3, [r1+@p1]\ncsr.group r4\n"
    "li r5, 32768\nmul r6, r4, r3\nmul r6, r6, r5\nadd r2, r2, r6\n"
    "li r7, 64\nli r8, 256\nli r9, 512\n"
    "next: load.l1.f16 dst=r0, src=r2, rows=r7, cols=r8, dst_pitch=r9, src_pitch=r9 wait free set "
    "free\n"
    "add r2, r2, r5\nsub r3, r3, 1\nb.ne r3, r0, next\nhalt\n";

RunResult stream(MachineConfig machine, uint64_t steps, bool warm) {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  Lab lab(std::move(machine), options);
  const uint64_t bytes = steps * 32768 * static_cast<uint64_t>(lab.simulator->limits().groups);
  const uint64_t x = lab.simulator->gm().allocate(bytes, Storage::kData, "weights");
  RunResult result = lab.run(kStream, {x, steps});
  if (warm) result = lab.run(kStream, {x, steps}, {.cold_l2 = false});
  REQUIRE(!result.fault);
  return result;
}

double rate(const RunResult& result) {
  return static_cast<double>(result.record.traffic.core_read) / static_cast<double>(result.cycles);
}

// The share of its peak that HBM has left beside refresh.
double beside_refresh(const HbmConfig& hbm) { return 1 - (hbm.ns.rfc + hbm.ns.rp) / hbm.ns.refi; }

// A calendar serves requests in the order of their booking; a controller that reorders them meets
// fewer row conflicts between the streams of 32 groups than it does.
TEST_CASE("all groups together stream cold weights at most of what refresh leaves of HBM's peak") {
  const MachineConfig base = load_machine("base");
  const double got = rate(stream(base, 32, false));
  const double most = base.hbm_bytes_per_cycle() * beside_refresh(base.memory.hbm);
  CHECK(got > 0.88 * most);
  CHECK(got <= 1.01 * most);
}

TEST_CASE("from a warm L2 all groups get its whole rate") {
  const MachineConfig base = load_machine("base");
  const double got = rate(stream(base, 32, true));
  CHECK(got > 0.93 * base.memory.l2.bytes_per_cycle);
  CHECK(got <= base.memory.l2.bytes_per_cycle);
}

TEST_CASE("one core alone gets its port's rate from L2, and what its window allows from HBM") {
  MachineConfig base = load_machine("base");
  base.groups = 1;
  CHECK(rate(stream(base, 128, true)) > 0.93 * base.load.cube_bytes_per_cycle);
  const double window = 512.0 * base.memory.window_lines;
  const HbmConfig& hbm = base.memory.hbm;
  const double line = base.memory.l2.line / (base.hbm_bytes_per_cycle() / hbm.all_channels());
  const double refresh = (1 - beside_refresh(hbm)) * (hbm.ns.rfc + hbm.ns.rp) / 2;
  const double latency = base.memory.l2.latency + hbm.latency + line +
                         (hbm.ns.rcd + hbm.ns.cl + refresh) * base.clock_ghz;
  CHECK(rate(stream(base, 128, false)) == Approx(window / latency).epsilon(0.05));
}

// From a warm L2 not a cycle moves. From HBM single cycles decide which of two streams has a bank
// first, 0.8 % of the run, and which rows meet a refresh.
TEST_CASE("every number of lines an event gives the cycles of one line an event") {
  for (const bool warm : {false, true}) {
    MachineConfig base = load_machine("base");
    base.memory.lines_per_event = 1;
    const auto exact = static_cast<double>(stream(base, 64, warm).cycles);
    for (const int lines : {2, 4, 8, 16}) {
      base.memory.lines_per_event = lines;
      const auto cycles = static_cast<double>(stream(base, 64, warm).cycles);
      INFO(lines << " lines an event, warm " << warm << ": " << cycles << " against " << exact);
      CHECK(cycles == Approx(exact).epsilon(warm ? 0.0001 : 0.008));
    }
  }
}

}  // namespace
}  // namespace npu
