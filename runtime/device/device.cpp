#include "runtime/device/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "isa/chip_address.h"
#include "isa/errors.h"

namespace npu {

namespace {

const char* kind_text(Parameter::Kind kind) {
  switch (kind) {
    case Parameter::Kind::kTensor:
      return "a buffer";
    case Parameter::Kind::kInt:
      return "an integer";
    case Parameter::Kind::kF32:
      return "an f32 number";
  }
  return "";
}

// The word of the control block that carries an argument.
uint64_t argument_word(const Program& program, const Parameter& parameter,
                       const Argument& argument) {
  using Kind = Parameter::Kind;
  if (const auto* buffer = std::get_if<Buffer>(&argument);
      buffer && parameter.kind == Kind::kTensor)
    return buffer->address;
  if (const auto* number = std::get_if<int64_t>(&argument);
      number && parameter.kind == Kind::kInt) {
    return static_cast<uint64_t>(*number);
  }
  if (const auto* number = std::get_if<float>(&argument); number && parameter.kind == Kind::kF32) {
    return std::bit_cast<uint32_t>(*number);
  }
  throw InputError(fmt::format("{}: argument {} must be {}", program.name, parameter.name,
                               kind_text(parameter.kind)));
}

// The same calls for every chip give the same place on each.
uint64_t allocate_everywhere(Gm& gm, uint64_t bytes, Storage storage, const std::string& name) {
  const uint64_t address = gm.allocate(bytes, storage, name);
  for (int chip = 1; chip < gm.chips(); ++chip) {
    const uint64_t there = gm.allocate(bytes, storage, name, chip);
    NPU_ASSERT(there == Buffer{address}.on(chip).address);
  }
  return address;
}

void release_everywhere(Gm& gm, uint64_t address) {
  for (int chip = 0; chip < gm.chips(); ++chip) gm.release(Buffer{address}.on(chip).address);
}

// The workspaces of one launch, given back whatever becomes of it.
class Workspaces {
 public:
  explicit Workspaces(Gm& gm) : gm_(gm) {}
  ~Workspaces() {
    for (const uint64_t address : addresses_) release_everywhere(gm_, address);
  }
  Workspaces(const Workspaces&) = delete;
  Workspaces& operator=(const Workspaces&) = delete;

  uint64_t add(uint64_t bytes, const std::string& name) {
    addresses_.push_back(allocate_everywhere(gm_, bytes, Storage::kData, name));
    return addresses_.back();
  }

 private:
  Gm& gm_;
  std::vector<uint64_t> addresses_;
};

}  // namespace

Buffer Buffer::from(uint64_t offset) const {
  NPU_ASSERT(offset <= bytes);
  return {address + offset, bytes - offset};
}

Buffer Buffer::on(int chip) const {
  return {address + (static_cast<uint64_t>(chip) << kChipShift), bytes};
}

Device::Device(const MachineConfig& machine, SimulatorOptions options)
    : simulator_(machine, std::move(options)) {}

Buffer Device::alloc(uint64_t bytes, Storage storage, const std::string& name) {
  return {allocate_everywhere(simulator_.gm(), bytes, storage, name), bytes};
}

void Device::release(Buffer buffer) {
  run_all();
  release_everywhere(simulator_.gm(), buffer.address);
}

void Device::write(Buffer to, std::span<const std::byte> from) {
  NPU_ASSERT(from.size() <= to.bytes);
  run_all();
  Gm& gm = simulator_.gm();
  if (!gm.touch(to.address, from.size())) {
    throw InputError(fmt::format(
        "{} bytes of tensors do not fit the {} bytes that simulated memory may take of the host",
        from.size(), gm.host_bytes()));
  }
  gm.write(to.address, from.data(), from.size());
}

void Device::read(Buffer from, std::span<std::byte> to) {
  NPU_ASSERT(to.size() <= from.bytes);
  run_all();
  simulator_.gm().read(from.address, to.data(), to.size());
}

Launch Device::launch(std::shared_ptr<const Program> program, std::vector<Argument> arguments,
                      const RunOptions& options) {
  if (arguments.size() != program->parameters.size()) {
    throw InputError(fmt::format("{}: {} arguments given, it takes {}", program->name,
                                 arguments.size(), program->parameters.size()));
  }
  Pending pending{++launches_, program, {}, options};
  for (size_t i = 0; i < arguments.size(); ++i) {
    pending.words.push_back(argument_word(*program, program->parameters[i], arguments[i]));
  }
  pending_.push_back(std::move(pending));
  return {launches_};
}

void Device::run_next() {
  Pending next = std::move(pending_.front());
  pending_.pop_front();
  const int groups = next.options.groups ? next.options.groups : limits().groups;
  Workspaces workspaces(simulator_.gm());
  for (const Workspace& workspace : next.program->workspaces) {
    const uint64_t bytes = workspace.per_group
                               ? workspace_stride(workspace) * static_cast<uint64_t>(groups)
                               : workspace.bytes;
    next.words.push_back(workspaces.add(bytes, next.program->name + "." + workspace.name));
  }
  finished_.push_back({next.id, simulator_.run(*next.program, next.words, next.options)});
}

void Device::run_all() {
  while (!pending_.empty()) run_next();
}

RunResult Device::wait(Launch launch) {
  while (!pending_.empty() && pending_.front().id <= launch.id) run_next();
  const auto it = std::find_if(finished_.begin(), finished_.end(),
                               [&](const Finished& f) { return f.id == launch.id; });
  NPU_ASSERT(it != finished_.end());
  RunResult result = std::move(it->result);
  finished_.erase(it);
  return result;
}

}  // namespace npu
