// A simulated machine as host code sees it: memory to allocate and copy, programs to launch and
// wait for. Kernels behave here as they would behind a driver; what a launch gives back beyond that
// is the record of the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "isa/program/program.h"
#include "sim/soc/simulator.h"

namespace npu {

// A piece of GM, at the same place of every chip of the machine; the address is chip 0's. Copies
// refer to the same memory; release() ends all of them.
struct Buffer {
  uint64_t address = 0;
  uint64_t bytes = 0;

  // The part that begins `offset` bytes further on; offset <= bytes.
  Buffer from(uint64_t offset) const;
  // The same piece on another chip.
  Buffer on(int chip) const;
};

// What a kernel is launched with: one for each of its parameters, in their order.
using Argument = std::variant<Buffer, int64_t, float>;

// A launch that was asked for; hand it to wait().
struct Launch {
  uint64_t id = 0;
};

class Device {
 public:
  // Throws InputError for a machine that cannot be built.
  explicit Device(const MachineConfig& machine, SimulatorOptions options = {});

  const Limits& limits() const { return simulator_.limits(); }
  const MachineConfig& machine() const { return simulator_.machine(); }

  // Fresh GM on every chip, all zeros. Throws InputError when the chip's memory is full.
  Buffer alloc(uint64_t bytes, Storage storage, const std::string& name);
  void release(Buffer buffer);

  // Host to device and back, at once: launches that were asked for before are carried out first.
  // The spans must not be longer than the buffer, which is that of its address's chip alone. A
  // write that the host cannot hold throws InputError.
  void write(Buffer to, std::span<const std::byte> from);
  void read(Buffer from, std::span<std::byte> to);

  // Asks for a run of a program behind all earlier ones. Throws InputError if the arguments do not
  // fit its parameters.
  Launch launch(std::shared_ptr<const Program> program, std::vector<Argument> arguments,
                const RunOptions& options = {});

  // Carries out all launches up to this one and gives its result. Each launch can be waited for
  // once. A fault is in the result; the launches behind a faulty one still run.
  RunResult wait(Launch launch);

 private:
  struct Pending {
    uint64_t id = 0;
    std::shared_ptr<const Program> program;
    std::vector<uint64_t> words;
    RunOptions options;
  };
  struct Finished {
    uint64_t id = 0;
    RunResult result;
  };

  void run_next();
  void run_all();

  Simulator simulator_;
  std::deque<Pending> pending_;
  std::vector<Finished> finished_;
  uint64_t launches_ = 0;
};

}  // namespace npu
