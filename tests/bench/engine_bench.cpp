// The engine's speed on the host: events, tile instructions, lines of memory traffic, scalar code.
// The wheel's figures stand beside those of design measurements on a 2-core machine: bare 11 ns an
// event (16 with 10,000 coroutines); hosted by one SC_METHOD 39, 31 and 17 ns with 100, 1000 and
// 10,000 where the method is triggered every cycle.
#include <benchmark/benchmark.h>

#include <systemc>

#include "isa/assembler/assembler.h"
#include "sim/memory/memory.h"
#include "sim/soc/context.h"
#include "sim/soc/simulator.h"
#include "sim/timing/process.h"

namespace npu {
namespace {

constexpr uint64_t kEventsOfARun = 200000;

Process ticking(Agent& agent, uint64_t times) {
  for (uint64_t i = 0; i < times; ++i) co_await agent.cycles(1 + (i * 7) % 13);
}

// `count` coroutines that sleep for 1 to 13 cycles at a time.
struct Crowd {
  explicit Crowd(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      agents.push_back(std::make_unique<Agent>(wheel, static_cast<EventKey>(i)));
    }
  }
  void start() {
    wheel.reset();
    for (auto& agent : agents) agent->start(ticking(*agent, kEventsOfARun / agents.size()), 0);
  }
  Wheel wheel;
  std::vector<std::unique_ptr<Agent>> agents;
};

void bare_wheel(benchmark::State& state) {
  Crowd crowd(state.range(0));
  for (auto _ : state) {
    crowd.start();
    crowd.wheel.run(~Cycle{0});
  }
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(crowd.wheel.events()), benchmark::Counter::kIsRate);
}
BENCHMARK(bare_wheel)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// Runs the wheel for `step` cycles each time SystemC triggers it: 1 is SystemC in every cycle, many
// is what the simulator does when nothing foreign has events.
class Host : public sc_core::sc_module {
 public:
  Host(sc_core::sc_module_name name, Crowd& crowd, Cycle step)
      : sc_module(name), crowd_(crowd), step_(step) {
    SC_HAS_PROCESS(Host);
    SC_METHOD(run);
    sensitive << begin;
    dont_initialize();
  }
  sc_core::sc_event begin;

 private:
  void run() {
    const Cycle now = *crowd_.wheel.next();
    if (crowd_.wheel.run(now + step_ - 1) == Wheel::Stopped::kIdle) return;
    const Cycle left = *crowd_.wheel.next() - now;
    next_trigger(sc_core::sc_time(static_cast<double>(left), sc_core::SC_NS));
  }
  Crowd& crowd_;
  Cycle step_;
};

void hosted_wheel(benchmark::State& state) {
  SystemcContext context;
  Crowd crowd(state.range(0));
  Host host("host", crowd, static_cast<Cycle>(state.range(1)));
  for (auto _ : state) {
    crowd.start();
    host.begin.notify(sc_core::SC_ZERO_TIME);
    sc_core::sc_start();
  }
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(crowd.wheel.events()), benchmark::Counter::kIsRate);
}
BENCHMARK(hosted_wheel)
    ->ArgNames({"coroutines", "cycles_a_trigger"})
    ->ArgsProduct({{100, 1000, 10000}, {1, 1000}})
    ->Unit(benchmark::kMillisecond);

void run_program(benchmark::State& state, const char* machine, const std::string& text,
                 double per_run, const char* what) {
  Simulator simulator(load_machine(machine), {.mode = Mode::kTimingOnly});
  const Program program = assemble(text, "bench.npuasm");
  for (auto _ : state) {
    const RunResult result = simulator.run(program, {});
    if (result.fault) state.SkipWithError(result.fault->text().c_str());
  }
  state.counters[what] = benchmark::Counter(per_run * static_cast<double>(state.iterations()),
                                            benchmark::Counter::kIsRate);
}

// mma after mma on all cubes, each with a wait and a set: the cost of a tile instruction.
void tile_instructions(benchmark::State& state) {
  run_program(state, "base",
              ".cube\n.flag a = 0 initial=1\nli r2, 16\nli r3, 2000\n"
              "next: mma.f16 c=r0, a=r0, b=r0, m=r2, n=r2, k=r2 wait a set a\n"
              "sub r3, r3, 1\nb.ne r3, r0, next\nhalt\n",
              32.0 * 2000, "instructions");
}
BENCHMARK(tile_instructions)->Unit(benchmark::kMillisecond);

// A wait and a set of their own on all cubes: the cost of a flag instruction.
void flag_instructions(benchmark::State& state) {
  run_program(state, "base",
              ".cube\n.flag a = 0 initial=1\nli r2, flag(a)\nli r3, 1000\nli r4, 1\n"
              "next: wait.cube r2, r4\nset.cube r2, r4\n"
              "sub r3, r3, 1\nb.ne r3, r0, next\nhalt\n",
              32.0 * 2000, "instructions");
}
BENCHMARK(flag_instructions)->Unit(benchmark::kMillisecond);

void scalar_instructions(benchmark::State& state) {
  run_program(state, "tiny",
              ".cube\nli r3, 1000000\nnext: add r4, r4, r3\nxor r5, r4, r3\nmul r6, r5, r4\n"
              "sub r3, r3, 1\nb.ne r3, r0, next\nhalt\n",
              2 * 5e6, "instructions");
}
BENCHMARK(scalar_instructions)->Unit(benchmark::kMillisecond);

// Lines of L2 that one port asks for, sixteen an event, all hits or all misses.
void lines(benchmark::State& state) {
  const MachineConfig machine = load_machine("base");
  MemorySystem memory(machine);
  MemoryPort port(machine.load.cube_bytes_per_cycle, machine.memory.window_lines);
  constexpr uint64_t kLines = 1 << 16;
  const bool warm = state.range(0) != 0;
  std::vector<LineRequest> batch(16, LineRequest{0, 512});
  for (auto _ : state) {
    memory.start_run(!warm);
    port.restart();
    for (uint64_t line = 0; line < kLines; line += batch.size()) {
      for (size_t i = 0; i < batch.size(); ++i) batch[i].line = line + i;
      benchmark::DoNotOptimize(memory.read(port, port.room_at(), batch, Hint::kKeep));
    }
  }
  state.counters["lines"] =
      benchmark::Counter(static_cast<double>(kLines) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(lines)->ArgName("warm")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace npu
