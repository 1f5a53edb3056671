// A small laboratory for the engine: assembly in; registers, bytes and the cycles of every command
// out.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "isa/assembler/assembler.h"
#include "sim/soc/simulator.h"

namespace npu {

// When the commands of each unit started and retired.
class Recorder : public RetireObserver {
 public:
  struct Times {
    uint64_t issue = 0, start = 0, retire = 0;
  };
  void on_issue(const EventPlace& at, const Command&) override { of(at).issue = at.cycle; }
  void on_start(const EventPlace& at, const Command&) override { of(at).start = at.cycle; }
  void on_retire(const EventPlace& at, const Command&) override { of(at).retire = at.cycle; }
  void on_flag_set(const EventPlace& at, int32_t, int flag, uint32_t, bool early) override {
    sets[flag].push_back(at.cycle);
    early_sets += early ? 1 : 0;
  }
  // The n-th command (from 0) of a unit of group 0.
  Times at(Unit unit, uint64_t n, int core = -1) {
    const bool vector = unit == Unit::kVector || unit == Unit::kStore;
    return times_[{0, core >= 0 ? core : (vector ? 1 : 0), unit, n + 1}];
  }
  std::map<int, std::vector<uint64_t>> sets;  // cycles, by flag
  int early_sets = 0;

 private:
  using Key = std::tuple<int, int, Unit, uint64_t>;
  Times& of(const EventPlace& at) { return times_[{at.group, at.core, at.unit, at.serial}]; }
  std::map<Key, Times> times_;
};

class Lab {
 public:
  explicit Lab(MachineConfig machine_in = load_machine("tiny"), SimulatorOptions options = {}) {
    options.observer = &recorder;
    options.print = [this](const std::string& line) { printed.push_back(line); };
    simulator = std::make_unique<Simulator>(machine_in, options);
  }

  template <class T>
  uint64_t tensor(const std::vector<T>& values, Storage storage = Storage::kData,
                  const std::string& name = "tensor") {
    const uint64_t bytes = values.size() * sizeof(T);
    const uint64_t at = simulator->gm().allocate(bytes, storage, name);
    simulator->gm().write(at, values.data(), bytes);
    return at;
  }
  template <class T>
  std::vector<T> read(uint64_t at, size_t count) {
    std::vector<T> values(count);
    simulator->gm().read(at, values.data(), count * sizeof(T));
    return values;
  }

  // Arguments become integer parameters p0, p1, ...
  RunResult run(const std::string& text, const std::vector<uint64_t>& arguments = {},
                RunOptions options = {}) {
    std::string head = ".program lab\n";
    for (size_t i = 0; i < arguments.size(); ++i) head += ".param int p" + std::to_string(i) + "\n";
    program = assemble(head + text, "lab.npuasm");
    return simulator->run(program, arguments, options);
  }

  Recorder recorder;
  std::vector<std::string> printed;
  std::unique_ptr<Simulator> simulator;
  Program program;
};

}  // namespace npu
