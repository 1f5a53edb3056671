#include "runtime/validate/experiments.h"

#include <fmt/format.h>

#include "isa/errors.h"
#include "kernels/tutorial/add_ladder.h"
#include "kernels/tutorial/matmul_ladder.h"
#include "runtime/validate/micro_programs.h"
#include "runtime/validate/tile_copy.h"

namespace npu {

namespace {

using Figures = std::map<std::string, double>;

// Cycles of one instruction: of the last of some that ran one after another, when what they touch
// is in L2; or the distance of many that follow each other.
double instruction_cycles(Bench& bench, const MicroProgram& program, bool rate) {
  constexpr int kApart = 3, kInRow = 17;
  const auto times =
      bench.time_unit(program.text(rate ? kInRow : kApart, !rate), program.unit, program.tensors);
  const Bench::Times &first = times.front(), &last = times.back();
  if (!rate) return static_cast<double>(last.retire - last.start);
  return static_cast<double>(last.retire - first.retire) / (kInRow - 1);
}

Figures copy(Bench& bench, const Measurement& m) {
  const MicroProgram program = copy_program(m.text("from"), m.text("to"), m.number("bytes"));
  if (program.section.empty()) {
    throw CannotRun(fmt::format("the ISA has no path from {} to {}", m.text("from"), m.text("to")));
  }
  return {{"cycles", instruction_cycles(bench, program, m.number("rate", 0) != 0)}};
}

Figures mma(Bench& bench, const Measurement& m) {
  const MicroProgram program = mma_program(m.number("m"), m.number("n"), m.number("k"));
  return {{"cycles", instruction_cycles(bench, program, m.number("rate", 0) != 0)}};
}

Figures vector(Bench& bench, const Measurement& m) {
  UbPlaces places;
  places.a = m.number("a", places.a);
  places.b = m.number("b", places.b);
  places.d = m.number("d", places.d);
  const std::string to = m.with.count("to") > 0 ? m.text("to") : "";
  const MicroProgram program = vector_program(m.text("op"), m.text("type"), to, m.number("count"),
                                              m.number("row", 0), places);
  return {{"cycles", instruction_cycles(bench, program, m.number("rate", 1) != 0)}};
}

// Mean time of a unit at work, over the cores that have it: all but waiting for others.
double unit_us(const RunResult& result, const MachineConfig& machine, Unit unit, int cores) {
  const UnitRecord total = result.record.total(unit);
  double cycles = 0;
  for (const Cause cause : {Cause::kBusy, Cause::kMemory, Cause::kResult, Cause::kBank,
                            Cause::kPort, Cause::kHandover}) {
    cycles += static_cast<double>(total.cycles[static_cast<size_t>(cause)]);
  }
  return cycles / cores / machine.clock_ghz * 1e-3;
}

// `part`: how many times the run that was made stands for.
Figures times_of(const RunResult& result, const MachineConfig& machine, int groups, double part) {
  const int vectors = groups * machine.vectors;
  const auto busy = [&](Unit unit, int cores) {
    return part * unit_us(result, machine, unit, cores);
  };
  const double run = part * static_cast<double>(result.cycles) / machine.clock_ghz * 1e-3;
  return {
      {"task_us", run + machine.launch.microseconds}, {"cube_us", busy(Unit::kCube, groups)},
      {"feed_us", busy(Unit::kFeed, groups)},         {"load_us", busy(Unit::kLoad, groups)},
      {"drain_us", busy(Unit::kDrain, groups)},       {"vector_us", busy(Unit::kVector, vectors)},
      {"store_us", busy(Unit::kStore, vectors)}};
}

Figures tile_copies(Bench& bench, const Measurement& m) {
  TileCopy c;
  c.cube = m.text("core") == "cube";
  c.rows = m.number("rows");
  c.cols = m.number("cols");
  c.tile_rows = m.number("tile_rows");
  c.tile_cols = m.number("tile_cols");
  c.rounds = m.number("rounds", 1);
  const std::string order = m.with.count("order") > 0 ? m.text("order") : "shared";
  c.order = order == "same"        ? TileCopy::Order::kSame
            : order == "staggered" ? TileCopy::Order::kStaggered
                                   : TileCopy::Order::kShared;
  const auto bytes = static_cast<uint64_t>(c.rows * c.cols * 2);
  return times_of(bench.run(tile_copy(c), {bytes}, 0), bench.machine(), bench.machine().groups, 1);
}

Figures matmul_ladder(Bench& bench, const Measurement& m) {
  const int64_t part = m.number("part", 1);
  MatmulStep s;
  s.m = m.number("m") / part;
  s.n = m.number("n");
  s.k = m.number("k");
  s.base_m = m.number("base_m");
  s.base_n = m.number("base_n");
  s.base_k = m.number("base_k");
  s.packet = m.number("packet", s.base_k);
  s.packets = static_cast<int>(m.number("packets", 1));
  s.overlap = m.number("overlap", 1) != 0;
  s.handover = m.number("handover", 0) != 0;
  s.grid_m = m.number("grid_m", 1);
  s.grid_n = m.number("grid_n", 1);
  const int groups = static_cast<int>(s.grid_m * s.grid_n);
  const auto bytes = [](int64_t a, int64_t b) { return static_cast<uint64_t>(a * b * 2); };
  const RunResult result = bench.run(matmul_step(bench.limits(), s),
                                     {bytes(s.m, s.k), bytes(s.n, s.k), bytes(s.m, s.n)}, groups);
  return times_of(result, bench.machine(), groups, static_cast<double>(part));
}

Figures add_ladder(Bench& bench, const Measurement& m) {
  const int64_t part = m.number("part", 1);
  AddStep s;
  s.count = m.number("count") / part;
  s.tile = m.number("tile", s.tile);
  s.slots = static_cast<int>(m.number("slots", 1));
  s.stream = m.number("stream", 0) != 0;
  s.spread = m.number("spread", 0) != 0;
  s.alone = m.number("alone", 0) != 0;
  const int groups = static_cast<int>(m.number("groups", bench.machine().groups));
  const auto bytes = static_cast<uint64_t>(s.count * 2);
  const RunResult result = bench.run(add_step(bench.limits(), s), {bytes, bytes, bytes}, groups);
  Figures figures = times_of(result, bench.machine(), groups, static_cast<double>(part));
  // The published busy time is that of the cores at work.
  if (s.alone) figures["vector_us"] *= groups * bench.machine().vectors;
  return figures;
}

}  // namespace

Figures run_experiment(Bench& bench, const Measurement& m) {
  using Experiment = Figures (*)(Bench&, const Measurement&);
  static const std::map<std::string, Experiment> experiments = {{"copy", copy},
                                                                {"mma", mma},
                                                                {"vector", vector},
                                                                {"tile_copy", tile_copies},
                                                                {"matmul", matmul_ladder},
                                                                {"add", add_ladder}};
  const auto it = experiments.find(m.experiment);
  if (it == experiments.end()) {
    throw InputError(
        fmt::format("measurement {}: no experiment {}; allowed: add copy matmul mma "
                    "tile_copy vector",
                    m.name, m.experiment));
  }
  return it->second(bench, m);
}

}  // namespace npu
