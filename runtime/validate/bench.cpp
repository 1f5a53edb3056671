#include "runtime/validate/bench.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <variant>

#include "isa/assembler/assembler.h"

namespace npu {

// Starts and retirements of the instructions of one unit of group 0, and for how long each unit had
// one under way, as a profiler on the chip would count it.
class Bench::Watch : public RetireObserver {
 public:
  void watch(std::optional<Unit> unit) {
    unit_ = unit;
    times_.clear();
    under_way_ = {};
    units_.clear();
  }
  void on_issue(const EventPlace& at, const Command& command) override {
    if (waits_inside(command)) units_[place(at)].issued.push_back(at.cycle);
  }
  void on_start(const EventPlace& at, const Command& command) override {
    if (Times* times = of(at)) times->start = at.cycle;
    if (at.serial == 0) return;
    InFlight& unit = units_[place(at)];
    uint64_t since = at.cycle;
    if (waits_inside(command)) {
      since = std::max(unit.issued.front(), unit.end);
      unit.issued.pop_front();
    }
    if (unit.count++ == 0) unit.since = since;
  }
  void on_retire(const EventPlace& at, const Command&) override {
    if (Times* times = of(at)) times->retire = at.cycle;
    if (at.serial == 0) return;
    InFlight& unit = units_[place(at)];
    unit.end = at.cycle;
    if (--unit.count == 0) under_way_[static_cast<size_t>(at.unit)] += at.cycle - unit.since;
  }
  std::vector<Times> take() { return std::move(times_); }
  const std::array<uint64_t, kUnits>& under_way() const { return under_way_; }

 private:
  struct InFlight {
    int count = 0;
    uint64_t since = 0, end = 0;  // of what is under way; of the last that was
    std::deque<uint64_t> issued;  // of commands that wait inside, not begun
  };
  // On the chips a drain that takes over sub-tiles is no flag's affair: it is under way as soon as
  // it is at the head of its queue, and waits for the cube there.
  static bool waits_inside(const Command& command) {
    const auto* drain = std::get_if<Drain<Value>>(&command);
    return drain != nullptr && drain->handover;
  }
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
    : watch_(std::make_unique<Watch>()), device_(machine, timing_only(watch_.get())) {}

Bench::~Bench() = default;

std::vector<Buffer> Bench::allocate(const std::vector<uint64_t>& tensors) {
  std::vector<Buffer> buffers;
  for (const uint64_t bytes : tensors) {
    buffers.push_back(device_.alloc(bytes, Storage::kData, "tensor"));
  }
  return buffers;
}

void Bench::release(const std::vector<Buffer>& buffers) {
  for (const Buffer& buffer : buffers) device_.release(buffer);
}

std::vector<Bench::Times> Bench::time_unit(const std::string& text, Unit unit,
                                           const std::vector<uint64_t>& tensors) {
  std::string head = ".program micro\n";
  for (size_t i = 0; i < tensors.size(); ++i) head += ".param int p" + std::to_string(i) + "\n";
  const auto program = std::make_shared<const Program>(assemble(head + text, "micro.npuasm"));
  const std::vector<Buffer> buffers = allocate(tensors);
  std::vector<Argument> arguments;
  for (const Buffer& buffer : buffers) arguments.emplace_back(static_cast<int64_t>(buffer.address));
  watch_->watch(unit);
  RunOptions options;
  options.groups = 1;
  const RunResult result = device_.wait(device_.launch(program, std::move(arguments), options));
  release(buffers);
  require_success(result, "micro program");
  return watch_->take();
}

Bench::Run Bench::run(std::shared_ptr<const Program> program, std::vector<Argument> arguments,
                      const RunOptions& options) {
  watch_->watch(std::nullopt);
  const RunResult result = device_.wait(device_.launch(program, std::move(arguments), options));
  require_success(result, program->name);
  return {result.cycles, watch_->under_way()};
}

Bench::Run Bench::run(Program program, const std::vector<uint64_t>& tensors, int groups) {
  const std::vector<Buffer> buffers = allocate(tensors);
  std::vector<Argument> arguments;
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (program.parameters[i].kind == Parameter::Kind::kTensor) {
      arguments.emplace_back(buffers[i]);
    } else {
      arguments.emplace_back(static_cast<int64_t>(buffers[i].address));
    }
  }
  RunOptions options;
  options.groups = groups;
  const Run result =
      run(std::make_shared<const Program>(std::move(program)), std::move(arguments), options);
  release(buffers);
  return result;
}

}  // namespace npu
