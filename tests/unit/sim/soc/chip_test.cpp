// A chip as a component of a SystemC platform: its registers, its window and its time.
#include "sim/soc/chip.h"

#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <memory>

#include "isa/assembler/assembler.h"
#include "isa/errors.h"
#include "isa/program/object_file.h"
#include "sim/soc/context.h"

namespace npu::soc {
namespace {

constexpr uint64_t kCode = 64 * 1024;  // of the program, in the host's memory

// Adds one to the 8-byte word that p0 points to, on one core, after a loop of 100 turns.
Program add_one() {
  return assemble(
      ".program add_one\n.param int at\n.cube\n"
      "csr.group r9\nb.ne r9, r0, out\nld.u64.gm r2, [r1+@at]\nld.u64.gm r3, [r2]\n"
      "li r4, 100\nturn: sub r4, r4, 1\nb.ne r4, r0, turn\n"
      "add r3, r3, 1\nst.u64.gm [r2], r3\nout: halt\n",
      "add_one.npuasm");
}

class Initiator : public sc_core::sc_module {
 public:
  explicit Initiator(sc_core::sc_module_name name) : sc_module(name), socket("socket") {}
  tlm_utils::simple_initiator_socket<Initiator> socket;
};

struct Platform {
  explicit Platform(const MachineConfig& machine = load_machine("tiny"), ChipOptions options = {})
      : initiator("initiator"), chip("chip", machine, options) {
    initiator.socket.bind(chip.host);
  }
  ~Platform() { context.enter(); }

  static void fill(tlm::tlm_generic_payload& payload, tlm::tlm_command command, uint64_t address,
                   void* data, unsigned bytes) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
  }
  tlm::tlm_response_status send(tlm::tlm_command command, uint64_t address, void* data,
                                unsigned bytes) {
    tlm::tlm_generic_payload payload;
    fill(payload, command, address, data, bytes);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    initiator.socket->b_transport(payload, delay);
    waited += delay;
    return payload.get_response_status();
  }
  unsigned debug(tlm::tlm_command command, uint64_t address, void* data, unsigned bytes) {
    tlm::tlm_generic_payload payload;
    fill(payload, command, address, data, bytes);
    return initiator.socket->transport_dbg(payload);
  }
  tlm::tlm_response_status set(uint64_t offset, uint64_t value) {
    return send(tlm::TLM_WRITE_COMMAND, offset, &value, 8);
  }
  uint64_t get(uint64_t offset) {
    uint64_t value = 0;
    CHECK(send(tlm::TLM_READ_COMMAND, offset, &value, 8) == tlm::TLM_OK_RESPONSE);
    return value;
  }
  // Everything up to the doorbell; the argument is the address of the first word of GM.
  void prepare(std::vector<std::byte> object, uint64_t arguments) {
    const uint64_t base = get(kGmBase);
    CHECK(send(tlm::TLM_WRITE_COMMAND, kGmWindow + base + kCode, object.data(),
               static_cast<unsigned>(object.size())) == tlm::TLM_OK_RESPONSE);
    set(kProgram, base + kCode);
    set(kProgramBytes, object.size());
    set(kArgumentCount, arguments);
    set(kArguments, base);
  }
  Status launch(const Program& program, uint64_t arguments = 1) {
    prepare(write_object(program), arguments);
    CHECK(set(kDoorbell, 1) == tlm::TLM_OK_RESPONSE);
    run_systemc();
    return static_cast<Status>(get(kStatus));
  }

  SystemcContext context;
  Initiator initiator;
  Chip chip;
  sc_core::sc_time waited;
};

uint64_t cycles_alone(const Program& program) {
  Simulator simulator(load_machine("tiny"), {});
  const uint64_t at = simulator.gm().allocate(uint64_t{1} << 20, Storage::kControl, "word");
  const RunResult run = simulator.run(program, std::vector<uint64_t>{at});
  REQUIRE(!run.fault);
  return run.cycles;
}

TEST_CASE("a launch through the host socket computes, in the simulator's cycles") {
  const uint64_t alone = cycles_alone(add_one());
  MachineConfig machine = load_machine("tiny");
  machine.launch.microseconds = 3;
  Platform platform(machine);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(platform.get(kStatus) == kIdle);
  uint64_t word = 41;
  const uint64_t at = kGmWindow + platform.get(kGmBase);
  platform.send(tlm::TLM_WRITE_COMMAND, at, &word, 8);
  const sc_core::sc_time before = sc_core::sc_time_stamp();
  REQUIRE(platform.launch(add_one()) == kDone);
  CHECK(platform.get(kCycles) == alone);
  CHECK(platform.chip.record().cycles == alone);
  // The launch, and cycles of a nanosecond.
  CHECK(sc_core::sc_time_stamp() - before ==
        sc_core::sc_time(3000 + static_cast<double>(alone), sc_core::SC_NS));
  platform.send(tlm::TLM_READ_COMMAND, at, &word, 8);
  CHECK(word == 42);
  // A second launch finds what the first has left.
  REQUIRE(platform.launch(add_one()) == kDone);
  CHECK(platform.get(kCycles) < alone);
  platform.send(tlm::TLM_READ_COMMAND, at, &word, 8);
  CHECK(word == 43);
}

TEST_CASE("a chip beside a clock of another rate takes the same cycles") {
  const uint64_t alone = cycles_alone(add_one());
  Platform platform;
  const sc_core::sc_clock clock("clock", 0.7, sc_core::SC_NS);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  platform.prepare(write_object(add_one()), 1);
  platform.set(kDoorbell, 1);
  sc_core::sc_start(30, sc_core::SC_US);
  REQUIRE(platform.get(kStatus) == kDone);
  CHECK(platform.get(kCycles) == alone);
}

TEST_CASE("the interrupt is high from the end of a launch until the status is written") {
  Platform platform;
  sc_core::sc_signal<bool> line("line");
  platform.chip.interrupt(line);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK_FALSE(line.read());
  REQUIRE(platform.launch(add_one()) == kDone);
  CHECK(line.read());
  platform.set(kStatus, 0);
  run_systemc();
  CHECK_FALSE(line.read());
  CHECK(platform.get(kStatus) == kDone);
}

TEST_CASE("what cannot be launched is refused, what goes wrong is a fault, and the chip lives on") {
  Platform platform;
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(platform.launch(add_one(), 0) == kRefused);
  CHECK(!platform.chip.message().empty());
  platform.prepare(std::vector<std::byte>(100), 1);
  platform.set(kDoorbell, 1);
  CHECK(platform.get(kStatus) == kRefused);
  platform.set(kProgramBytes, uint64_t{1} << 40);
  platform.set(kDoorbell, 1);
  CHECK(platform.get(kStatus) == kRefused);
  platform.set(kGroups, 1000);
  CHECK(platform.launch(add_one()) == kRefused);
  platform.set(kGroups, 0);
  const Program trap =
      assemble(".program t\n.param int x\n.cube\ntrap \"enough\"\nhalt\n", "t.npuasm");
  REQUIRE(platform.launch(trap) == kFaulted);
  CHECK(platform.get(kFault) == static_cast<uint64_t>(FaultCode::kTrap));
  CHECK(platform.chip.message().find("enough") != std::string::npos);
  CHECK(platform.launch(add_one()) == kDone);
  CHECK(platform.chip.message().empty());
}

TEST_CASE("a transaction that the host socket does not know is answered with an error") {
  Platform platform(load_machine("tiny"), {.gm_bytes = 1 << 20});
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  uint64_t data[2] = {};
  const auto read = [&](uint64_t address, unsigned bytes) {
    return platform.send(tlm::TLM_READ_COMMAND, address, data, bytes);
  };
  const uint64_t gm = kGmWindow + platform.get(kGmBase);
  CHECK(read(kStatus, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(read(kStatus + 4, 8) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(read(kArgumentsEnd, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(read(kGmWindow, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(read(gm + (1 << 20) - 8, 8) == tlm::TLM_OK_RESPONSE);
  CHECK(read(gm + (1 << 20) - 7, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(read(~uint64_t{0} - 3, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(platform.set(kCycles, 1) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(platform.send(tlm::TLM_IGNORE_COMMAND, kStatus, data, 8) ==
        tlm::TLM_COMMAND_ERROR_RESPONSE);
  platform.prepare(write_object(add_one()), 1);
  CHECK(platform.set(kDoorbell, 1) == tlm::TLM_OK_RESPONSE);
  CHECK(platform.set(kDoorbell, 1) == tlm::TLM_GENERIC_ERROR_RESPONSE);
}

TEST_CASE("debug accesses read and write memory without time and ring no doorbell") {
  Platform platform;
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  uint64_t word = 77;
  const uint64_t at = kGmWindow + platform.get(kGmBase);
  CHECK(platform.debug(tlm::TLM_WRITE_COMMAND, at, &word, 8) == 8);
  uint64_t got = 0;
  CHECK(platform.debug(tlm::TLM_READ_COMMAND, at, &got, 8) == 8);
  CHECK(got == 77);
  CHECK(platform.debug(tlm::TLM_WRITE_COMMAND, kDoorbell, &word, 8) == 0);
  CHECK(platform.get(kStatus) == kIdle);
}

TEST_CASE("the host's bytes take their time on its socket") {
  Platform platform(load_machine("tiny"), {.host_gigabytes_per_second = 8});
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::vector<std::byte> bytes(8000);
  platform.waited = sc_core::SC_ZERO_TIME;
  platform.send(tlm::TLM_WRITE_COMMAND, kGmWindow + 4096, bytes.data(), 8000);
  CHECK(platform.waited == sc_core::sc_time(1, sc_core::SC_US));
}

TEST_CASE("a system of several chips is refused") {
  SystemcContext context;
  CHECK_THROWS_AS(Chip("chip", load_machine("tiny-x4")), InputError);
}

}  // namespace
}  // namespace npu::soc
