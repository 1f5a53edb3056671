// The SystemC side: hierarchy, several models in a process, and foreign memory behind TLM-2.0.
#include <tlm_utils/simple_target_socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <systemc>

#include "isa/assembler/assembler.h"
#include "isa/errors.h"
#include "sim/soc/attach.h"
#include "sim/soc/modules.h"

namespace npu {
namespace {

// A plain loosely-timed memory, as anybody would write it: it waits inside b_transport.
class SlowMemory : public sc_core::sc_module {
 public:
  SlowMemory(sc_core::sc_module_name name, size_t bytes, sc_core::sc_time latency)
      : sc_module(name), socket("socket"), data(bytes), latency_(latency) {
    socket.register_b_transport(this, &SlowMemory::transport);
  }
  tlm_utils::simple_target_socket<SlowMemory> socket;
  std::vector<unsigned char> data;
  int calls = 0, at_once = 0, most_at_once = 0;

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++calls;
    most_at_once = std::max(most_at_once, ++at_once);
    wait(latency_ + delay);
    delay = sc_core::SC_ZERO_TIME;
    --at_once;
    const auto at = static_cast<size_t>(payload.get_address());
    if (at + payload.get_data_length() > data.size()) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (payload.is_write()) {
      std::memcpy(data.data() + at, payload.get_data_ptr(), payload.get_data_length());
    } else {
      std::memcpy(payload.get_data_ptr(), data.data() + at, payload.get_data_length());
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  sc_core::sc_time latency_;
};

// Copies 4 rows of 64 bytes from p0 to p1 through UB.
Program copy_program() {
  return assemble(
      ".program copy\n.param int from\n.param int to\n.vector\n.flag in = 0\n"
      "csr.group r9\nb.ne r9, r0, out\ncsr.vector r9\nb.ne r9, r0, out\n"
      "ld.u64.gm r2, [r1+@from]\nld.u64.gm r3, [r1+@to]\nli r4, 4\nli r5, 16\nli r6, 64\n"
      "load.ub.f32 dst=r0, src=r2, rows=r4, cols=r5, dst_pitch=r6, src_pitch=r6 set in\n"
      "store.gm.f32 dst=r3, src=r0, rows=r4, cols=r5, dst_pitch=r6, src_pitch=r6 wait in\n"
      "out: halt\n",
      "copy.npuasm");
}

struct ForeignBench {
  ForeignBench(size_t bytes, uint64_t latency_ns, SimulatorOptions options = {})
      : simulator(load_machine("tiny"), options) {
    enter_systemc(simulator);
    memory = std::make_unique<SlowMemory>(
        "memory", bytes, sc_core::sc_time(static_cast<double>(latency_ns), sc_core::SC_NS));
    far = simulator.gm().allocate(4096, Storage::kControl, "far");
    near = simulator.gm().allocate(4096, Storage::kControl, "near");
    ForeignWindow& window = open_foreign_window(simulator, {far, 4096});
    window.socket.bind(memory->socket);
    for (size_t i = 0; i < memory->data.size(); ++i) {
      memory->data[i] = static_cast<unsigned char>(i * 7);
    }
  }
  ~ForeignBench() { enter_systemc(simulator); }
  RunResult run(uint64_t from, uint64_t to) {
    return simulator.run(copy_program(), std::vector<uint64_t>{from, to});
  }
  Simulator simulator;
  std::unique_ptr<SlowMemory> memory;
  uint64_t far = 0, near = 0;
};

TEST_CASE("a load takes its bytes and its time from a foreign TLM memory") {
  ForeignBench slow(4096, 1000);
  const RunResult result = slow.run(slow.far, slow.near);
  REQUIRE(!result.fault);
  CHECK(result.cycles > 1000);  // tiny's cycle is a nanosecond
  CHECK(result.cycles < 1200);  // the four rows go side by side
  std::vector<unsigned char> got(256);
  slow.simulator.gm().read(slow.near, got.data(), got.size());
  CHECK(std::memcmp(got.data(), slow.memory->data.data(), 256) == 0);
  CHECK(slow.memory->calls == 4);
  CHECK(slow.memory->most_at_once == 4);
}

TEST_CASE("a store reaches the foreign memory before it is complete") {
  ForeignBench bench(4096, 50);
  std::vector<unsigned char> bytes(256, 0xab);
  bench.simulator.gm().write(bench.near, bytes.data(), bytes.size());
  const RunResult result = bench.run(bench.near, bench.far + 512);
  REQUIRE(!result.fault);
  CHECK(std::memcmp(bench.memory->data.data() + 512, bytes.data(), 256) == 0);
  CHECK(result.cycles > 50);
}

TEST_CASE("foreign memory gives the same cycles in every construction order, and again") {
  uint64_t first = 0;
  for (const uint64_t seed : {0, 1, 2}) {
    SimulatorOptions options;
    options.shuffle_seed = seed;
    ForeignBench bench(4096, 77, options);
    const uint64_t cycles = bench.run(bench.far, bench.far + 1024).cycles;
    if (first == 0) first = cycles;
    CHECK(cycles == first);
    CHECK(bench.run(bench.far, bench.far + 1024).cycles == first);
  }
}

TEST_CASE("an error of the foreign memory ends the run as wrong input, not as a crash") {
  ForeignBench bench(100, 10);
  CHECK_THROWS_AS(bench.run(bench.far, bench.near), InputError);
}

TEST_CASE("a scalar access to foreign memory is a fault") {
  ForeignBench bench(4096, 10);
  const Program program =
      assemble(".program p\n.param int x\n.cube\nld.u64.gm r2, [r1+@x]\nld.u64.gm r3, [r2]\nhalt\n",
               "p.npuasm");
  const RunResult result = bench.simulator.run(program, std::vector<uint64_t>{bench.far});
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kMissingPath);
}

TEST_CASE("the hierarchy has chip, groups, cores and units under their names") {
  Simulator simulator(load_machine("tiny"), {});
  enter_systemc(simulator);
  const auto* unit =
      dynamic_cast<const UnitModule*>(sc_core::sc_find_object("chip.group1.vector_core0.store"));
  REQUIRE(unit != nullptr);
  CHECK(unit->unit() == Unit::kStore);
  CHECK(unit->model() != nullptr);
  CHECK(sc_core::sc_find_object("chip.group0.cube_core.drain") != nullptr);
  CHECK(sc_core::sc_find_object("chip.group0.cube_core.vector") == nullptr);
  CHECK(sc_core::sc_find_object("chip.group2") == nullptr);
}

TEST_CASE("SystemC's clock shows the cycles of the runs") {
  Simulator simulator(load_machine("tiny"), {});
  const Program program = assemble(
      ".program p\n.cube\nli r2, 4000\nn: sub r2, r2, 1\n"
      "b.ne r2, r0, n\nhalt\n",
      "p.npuasm");
  const uint64_t first = simulator.run(program, {}).cycles;
  const uint64_t second = simulator.run(program, {}).cycles;
  enter_systemc(simulator);
  CHECK(sc_core::sc_time_stamp() ==
        sc_core::sc_time(static_cast<double>(first + second), sc_core::SC_NS));
}

TEST_CASE("a hundred models follow each other in one process, and two can take turns") {
  const Program program = assemble(".program p\n.cube\nhalt\n", "p.npuasm");
  for (int i = 0; i < 100; ++i) {
    Simulator simulator(load_machine("tiny"), {});
    CHECK(!simulator.run(program, {}).fault);
  }
  Simulator a(load_machine("tiny"), {}), b(load_machine("base"), {});
  const uint64_t cycles = a.run(program, {}).cycles;
  b.run(program, {});
  CHECK(a.run(program, {}).cycles == cycles);
}

}  // namespace
}  // namespace npu
