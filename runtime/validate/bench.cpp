#include "runtime/validate/bench.h"

#include <optional>
#include <unordered_map>

#include "isa/assembler/assembler.h"

namespace npu {

// Starts and retirements of the instructions of one unit of group 0, and for how long each unit had
// one under way.
class Bench::Watch : public RetireObserver {
 public:
  void watch(std::optional<Unit> unit) {
    unit_ = unit;
    times_.clear();
    under_way_ = {};
    units_.clear();
  }
  void on_start(const EventPlace& at, const Command&) override {
    if (Times* times = of(at)) times->start = at.cycle;
    if (at.serial == 0) return;
    InFlight& unit = units_[place(at)];
    if (unit.count++ == 0) unit.since = at.cycle;
  }
  void on_retire(const EventPlace& at, const Command&) override {
    if (Times* times = of(at)) times->retire = at.cycle;
    if (at.serial == 0) return;
    InFlight& unit = units_[place(at)];
    if (--unit.count == 0) under_way_[static_cast<size_t>(at.unit)] += at.cycle - unit.since;
  }
  std::vector<Times> take() { return std::move(times_); }
  const std::array<uint64_t, kUnits>& under_way() const { return under_way_; }

 private:
  struct InFlight {
    int count = 0;
    uint64_t since = 0;
  };
  static uint64_t place(const EventPlace& at) {
    return (static_cast<uint64_t>(at.group) << 16 | static_cast<uint64_t>(at.core) << 8 |
            static_cast<uint64_t>(at.unit));
  }
  Times* of(const EventPlace& at) {
    if (!unit_ || at.unit != *unit_ || at.group != 0 || at.core > 1 || at.serial == 0) {
      return nullptr;
    }
    if (times_.size() < at.serial) times_.resize(at.serial);
    return &times_[at.serial - 1];
  }

  std::optional<Unit> unit_;
  std::vector<Times> times_;
  std::array<uint64_t, kUnits> under_way_{};
  std::unordered_map<uint64_t, InFlight> units_;
};

namespace {

SimulatorOptions timing_only(RetireObserver* observer) {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  options.observer = observer;
  return options;
}

void require_success(const RunResult& result, const std::string& program) {
  if (result.fault)
    throw CannotRun(program + ": " + fault_name(result.fault->code) + ": " + result.fault->detail);
}

}  // namespace

Bench::Bench(const MachineConfig& machine)
    : watch_(std::make_unique<Watch>()), simulator_(machine, timing_only(watch_.get())) {}

Bench::~Bench() = default;

std::vector<uint64_t> Bench::allocate(const std::vector<uint64_t>& tensors) {
  std::vector<uint64_t> addresses;
  for (const uint64_t bytes : tensors) {
    addresses.push_back(simulator_.gm().allocate(bytes, Storage::kData, "tensor"));
  }
  return addresses;
}

void Bench::release(const std::vector<uint64_t>& addresses) {
  for (const uint64_t address : addresses) simulator_.gm().release(address);
}

std::vector<Bench::Times> Bench::time_unit(const std::string& text, Unit unit,
                                           const std::vector<uint64_t>& tensors) {
  std::string head = ".program micro\n";
  for (size_t i = 0; i < tensors.size(); ++i) head += ".param int p" + std::to_string(i) + "\n";
  const Program program = assemble(head + text, "micro.npuasm");
  const std::vector<uint64_t> addresses = allocate(tensors);
  watch_->watch(unit);
  RunOptions options;
  options.groups = 1;
  const RunResult result = simulator_.run(program, addresses, options);
  release(addresses);
  require_success(result, "micro program");
  return watch_->take();
}

Bench::Run Bench::run(const Program& program, const std::vector<uint64_t>& tensors, int groups) {
  const std::vector<uint64_t> addresses = allocate(tensors);
  watch_->watch(std::nullopt);
  RunOptions options;
  options.groups = groups;
  const RunResult result = simulator_.run(program, addresses, options);
  release(addresses);
  require_success(result, program.name);
  return {result.cycles, watch_->under_way()};
}

}  // namespace npu
