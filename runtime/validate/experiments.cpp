#include "runtime/validate/experiments.h"

#include <fmt/format.h>

#include "isa/errors.h"
#include "kernels/tutorial/add_ladder.h"
#include "kernels/tutorial/matmul_ladder.h"
#include "runtime/validate/micro_programs.h"
#include "runtime/validate/operator_chain.h"
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

// What the device itself takes to start a task: the published times are a profiler's on the device,
// where the shortest of them, of an operator that does nearly nothing, is 5.4 us.
double task_start_us(const MachineConfig& machine, int groups, bool mixed = false) {
  return machine.launch.seconds(true, groups, mixed) * 1e6;
}

// Microseconds from the start of the task on the device, and the mean time in which a unit had an
// instruction under way, over the cores that have the unit.
Figures times_of(const Bench::Run& run, const MachineConfig& machine, int groups, double start_us) {
  const auto us = [&](double cycles) { return cycles / machine.clock_ghz * 1e-3; };
  const auto mean = [&](Unit unit, int cores) {
    return us(static_cast<double>(run.of(unit)) / cores);
  };
  const int vectors = groups * machine.vectors;
  return {{"task_us", us(static_cast<double>(run.cycles)) + start_us},
          {"cube_us", mean(Unit::kCube, groups)},
          {"feed_us", mean(Unit::kFeed, groups)},
          {"load_us", mean(Unit::kLoad, groups)},
          {"drain_us", mean(Unit::kDrain, groups)},
          {"vector_us", mean(Unit::kVector, vectors)},
          {"store_us", mean(Unit::kStore, vectors)}};
}

Figures times_of(const Bench::Run& run, const MachineConfig& machine, int groups) {
  return times_of(run, machine, groups, task_start_us(machine, groups));
}

// What `parts` equal parts of a kernel take that is simulated for one and for two of them: the
// second is taken to stand for all that follow, as it finds L2 filled.
template <class Simulate>
Figures of_parts(int64_t parts, const Simulate& simulate) {
  Figures sum = simulate(1);
  if (parts == 1) return sum;
  const Figures two = simulate(2);
  for (auto& [figure, value] : sum) {
    value += static_cast<double>(parts - 1) * (two.at(figure) - value);
  }
  return sum;
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
  if (order != "same" && order != "staggered" && order != "shared") {
    throw InputError(
        fmt::format("measurement {}: order is {}; allowed: same staggered shared", m.name, order));
  }
  c.order = order == "same"        ? TileCopy::Order::kSame
            : order == "staggered" ? TileCopy::Order::kStaggered
                                   : TileCopy::Order::kShared;
  const auto bytes = static_cast<uint64_t>(c.rows * c.cols * 2);
  return times_of(bench.run(tile_copy(c), {bytes}, 0), bench.machine(), bench.machine().groups);
}

Figures matmul_ladder(Bench& bench, const Measurement& m) {
  const int64_t parts = m.number("parts", 1);
  MatmulStep s;
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
  return of_parts(parts, [&](int64_t simulated) {
    s.m = m.number("m") / parts * simulated;
    const Bench::Run run = bench.run(matmul_step(bench.limits(), s),
                                     {bytes(s.m, s.k), bytes(s.n, s.k), bytes(s.m, s.n)}, groups);
    return times_of(run, bench.machine(), groups);
  });
}

Figures add_ladder(Bench& bench, const Measurement& m) {
  const int64_t parts = m.number("parts", 1);
  AddStep s;
  s.tile = m.number("tile", s.tile);
  s.slots = static_cast<int>(m.number("slots", 1));
  s.stream = m.number("stream", 0) != 0;
  s.spread = m.number("spread", 0) != 0;
  s.alone = m.number("alone", 0) != 0;
  const int groups = static_cast<int>(m.number("groups", bench.machine().groups));
  return of_parts(parts, [&](int64_t simulated) {
    s.count = m.number("count") / parts * simulated;
    const auto bytes = static_cast<uint64_t>(s.count * 2);
    const Bench::Run run = bench.run(add_step(bench.limits(), s), {bytes, bytes, bytes}, groups);
    Figures figures = times_of(run, bench.machine(), groups);
    // The published time of a unit is that of the cores at work.
    if (s.alone) figures["vector_us"] *= groups * bench.machine().vectors;
    return figures;
  });
}

// The measurement's operators, for some of its tokens where their texts say {tokens}.
std::vector<ChainLink> chain_of(const Measurement& m, int64_t tokens) {
  static const std::string place = "{tokens}";
  std::vector<ChainLink> chain;
  if (m.operators.empty()) {
    throw InputError(
        fmt::format("measurement {}: its experiment {} needs operators", m.name, m.experiment));
  }
  for (std::string text : m.operators) {
    if (const size_t at = text.find(place); at != std::string::npos) {
      text.replace(at, place.size(), std::to_string(tokens));
    }
    chain.push_back(parse_link(text));
  }
  return chain;
}

// What the vendor has as one kernel is one task, or as many as it has stages.
Figures operators(Bench& bench, const Measurement& m) {
  const int64_t parts = m.number("parts", 1), tokens = m.number("tokens", 1);
  const auto stages = static_cast<double>(m.number("stages", 1));
  const MachineConfig& machine = bench.machine();
  return of_parts(parts, [&](int64_t simulated) {
    const ChainRun run = run_chain(bench, chain_of(m, tokens / parts * simulated));
    return times_of(run.sum, machine, machine.groups,
                    stages * task_start_us(machine, machine.groups, run.mixed));
  });
}

}  // namespace

Figures run_experiment(Bench& bench, const Measurement& m) {
  using Experiment = Figures (*)(Bench&, const Measurement&);
  static const std::map<std::string, Experiment> experiments = {{"copy", copy},
                                                                {"mma", mma},
                                                                {"vector", vector},
                                                                {"tile_copy", tile_copies},
                                                                {"matmul", matmul_ladder},
                                                                {"add", add_ladder},
                                                                {"operators", operators}};
  const auto it = experiments.find(m.experiment);
  if (it == experiments.end()) {
    throw InputError(
        fmt::format("measurement {}: no experiment {}; allowed: add copy matmul mma "
                    "operators tile_copy vector",
                    m.name, m.experiment));
  }
  return it->second(bench, m);
}

}  // namespace npu
