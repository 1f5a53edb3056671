// Programs that no assembler would write: code of the wrong core, jumps out of the code, flipped
// bits, sizes that no machine has.
#include <catch2/catch.hpp>
#include <iterator>
#include <random>

#include "isa/encoding/encoding.h"
#include "isa/encoding/rules.h"
#include "isa/errors.h"
#include "isa/program/object_file.h"
#include "tests/faults/fault_table.h"
#include "tests/faults/healthy_device.h"
#include "tests/unit/isa/random_instruction.h"

namespace npu::test {
namespace {

SimulatorOptions limited(uint64_t cycles) { return {.max_cycles = cycles}; }

// As it arrives from an object file.
std::shared_ptr<const Program> reread(const Program& program) {
  return std::make_shared<const Program>(read_object(write_object(program), "patched.npuobj"));
}

TEST_CASE("an object file with the other core's code faults at its first foreign instruction") {
  Program program = *faulty_program("good").program;
  std::swap(program.cube.words, program.vector.words);
  std::swap(program.cube.lines, program.vector.lines);
  HealthyDevice device(load_machine("tiny"), limited(100000));
  const RunResult result = device.run(reread(program));
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kIllegalInstruction);
  CHECK(result.fault->source.find("good.npuasm:") == 0);
  device.check_health();
}

TEST_CASE("a jump out of the code is an illegal instruction") {
  for (const uint32_t target : {2U, 3U, 1U << 19}) {
    Program program;
    program.cube.words = {encode(Instruction(Jump{Label{target}})), encode(Instruction(Halt{}))};
    HealthyDevice device(load_machine("tiny"), limited(100000));
    const RunResult result = device.run(reread(program));
    REQUIRE(result.fault);
    INFO(result.fault->text());
    CHECK(result.fault->code == FaultCode::kIllegalInstruction);
    device.check_health();
  }
}

TEST_CASE("a trap whose text is missing still traps") {
  Program program;
  program.vector.words = {encode(Instruction(Trap{StringId{7}}))};
  HealthyDevice device(load_machine("tiny"), limited(100000));
  const RunResult result = device.run(reread(program));
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kTrap);
  device.check_health();
}

TEST_CASE("a program with any one bit flipped ends, well or with a fault, and harms nothing") {
  const Program good = *faulty_program("good").program;
  HealthyDevice device(load_machine("tiny"), limited(20000));
  int faults = 0, runs = 0;
  for (CoreCode Program::*core : {&Program::cube, &Program::vector}) {
    for (size_t word = 0; word < (good.*core).words.size(); ++word) {
      for (int bit = 0; bit < 128; ++bit) {
        Program program = good;
        Word& flipped = (program.*core).words[word];
        (bit < 64 ? flipped.lo : flipped.hi) ^= uint64_t{1} << (bit % 64);
        const RunResult result = device.run(std::make_shared<const Program>(std::move(program)));
        ++runs;
        faults += result.fault.has_value() ? 1 : 0;
      }
    }
  }
  CHECK(runs > 2000);
  CHECK(faults > runs / 2);
  device.check_health();
}

// What a random program finds in its registers: mostly what sizes, pitches and addresses look like.
uint64_t plausible(std::mt19937_64& random) {
  constexpr uint64_t kSmall[] = {0, 1, 2, 3, 4, 8, 16, 24, 32, 64, 96, 128, 256, 512, 1024};
  if (random() % 40 == 0) return uint64_t{1} << (random() % 64);
  return kSmall[random() % std::size(kSmall)];
}

// Every register set, some to addresses in tensor x; then a few random instructions, without flags
// so that they do not just wait.
Program random_program(std::mt19937_64& random, CoreKind core) {
  Program program;
  program.parameters = {{.name = "x", .kind = Parameter::Kind::kTensor, .output = true}};
  CoreCode& code = core == CoreKind::kCube ? program.cube : program.vector;
  const auto add = [&](const Instruction& instruction) {
    code.words.push_back(encode(instruction));
  };
  add(Ld{.width = Width::kU64, .mem = Mem::kGm, .d = {2}, .address = {{1}, 0}});
  for (uint8_t i = 3; i < kRegisters; ++i) {
    if (random() % 4 == 0) {
      add(Add{{i}, {2}, {{0}, static_cast<int32_t>(random() % 64 * 64)}});
    } else {
      add(Li{{i}, {plausible(random)}});
    }
  }
  const std::vector<Instruction> any = random_instructions(random);
  for (int tries = 0; tries < 8; ++tries) {
    Instruction instruction = any[random() % any.size()];
    std::visit(
        [](auto& i) {
          if constexpr (requires { i.sync; }) i.sync = {};
        },
        instruction);
    if (!misplaced(instruction, core)) add(instruction);
  }
  add(Halt{});
  return program;
}

TEST_CASE("random instructions never harm the host, whatever the mode") {
  std::mt19937_64 random(1);
  SimulatorOptions checked = limited(20000), timing = limited(20000), numbers = limited(20000);
  checked.check = true;
  timing.mode = Mode::kTimingOnly;
  numbers.mode = Mode::kFunctionalOnly;
  for (const SimulatorOptions& options : {limited(20000), checked, timing, numbers}) {
    HealthyDevice device(load_machine("tiny"), options);
    constexpr int kRuns = 3000;
    int faults = 0;
    for (int run = 0; run < kRuns; ++run) {
      const CoreKind core = random() % 2 == 0 ? CoreKind::kCube : CoreKind::kVector;
      const auto program = std::make_shared<const Program>(random_program(random, core));
      faults += device.run(program).fault.has_value() ? 1 : 0;
    }
    INFO(faults << " faults in " << kRuns << " runs");
    CHECK(faults > kRuns / 2);
    CHECK(faults < kRuns);
    device.check_health();
  }
}

TEST_CASE("a list of rows may come from the queue that reads it") {
  HealthyDevice device(load_machine("tiny"), limited(100000));
  const RunResult result = device.run(faulty_program("own_list").program);
  if (result.fault) FAIL(result.fault->text());
  device.check_health();
}

TEST_CASE("a workspace larger than the machine's memory is refused before the run") {
  for (const char* name : {"huge_workspace", "huge_group_workspace"}) {
    HealthyDevice device(load_machine("tiny"), limited(100000));
    CHECK_THROWS_AS(device.run(faulty_program(name).program), InputError);
    device.check_health();
  }
}

TEST_CASE("a program that fills more than its share of the host's memory faults") {
  MachineConfig machine = load_machine("tiny");
  machine.memory.gm = int64_t{1} << 31;
  for (const char* name : {"out_of_memory", "out_of_memory_scalar"}) {
    SimulatorOptions options = limited(1000000);
    options.host_bytes = 64 << 20;
    HealthyDevice device(machine, options);
    const FaultyProgram faulty = faulty_program(name);
    const RunResult result = device.run(faulty.program);
    REQUIRE(result.fault);
    INFO(result.fault->text());
    CHECK(result.fault->code == FaultCode::kOutOfMemory);
    CHECK(result.fault->source.find(std::string(name) + ".npuasm:") != std::string::npos);
    device.check_health();
    options.host_bytes = 0;
    CHECK_FALSE(HealthyDevice(machine, options).run(faulty.program).fault);
  }
}

}  // namespace
}  // namespace npu::test
