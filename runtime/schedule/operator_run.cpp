#include "runtime/schedule/operator_run.h"

#include <span>
#include <string>

#include "isa/errors.h"

namespace npu {

namespace {

uint64_t bytes_of_tensor(const HostTensor& tensor) {
  return bytes_of(tensor.type, static_cast<size_t>(tensor.count()));
}

// What each chip holds of a tensor: a part of it, or a copy.
class Parts {
 public:
  Parts(const OperatorArgument& argument, int chips) : argument_(argument), chips_(chips) {
    if (argument.per_chip && argument.tensor.dims.front() != chips) {
      throw InputError(std::string(argument.name) + ": made for " +
                       std::to_string(argument.tensor.dims.front()) + " chips, the machine has " +
                       std::to_string(chips));
    }
  }
  uint64_t bytes() const {
    return bytes_of_tensor(argument_.tensor) / static_cast<uint64_t>(parts());
  }
  template <class Bytes>
  Bytes of(int chip, Bytes whole) const {
    return argument_.per_chip ? whole.subspan(static_cast<size_t>(chip) * bytes(), bytes()) : whole;
  }
  int parts() const { return argument_.per_chip ? chips_ : 1; }

 private:
  const OperatorArgument& argument_;
  int chips_;
};

}  // namespace

RunResult run_operator(Device& device, std::shared_ptr<const Program> program,
                       std::vector<OperatorArgument>& arguments, const RunOptions& options) {
  std::vector<Argument> launched;
  std::vector<Buffer> buffers;
  const int chips = device.limits().chips;
  for (const OperatorArgument& argument : arguments) {
    if (argument.kind == Parameter::Kind::kInt) {
      launched.emplace_back(argument.value);
      continue;
    }
    if (argument.kind == Parameter::Kind::kF32) {
      launched.emplace_back(argument.real);
      continue;
    }
    const Storage storage = argument.control ? Storage::kControl : Storage::kData;
    const Parts parts(argument, chips);
    buffers.push_back(device.alloc(parts.bytes(), storage, std::string(argument.name)));
    for (int chip = 0; chip < chips && !argument.tensor.bytes.empty(); ++chip) {
      device.write(buffers.back().on(chip),
                   parts.of(chip, std::span<const std::byte>(argument.tensor.bytes)));
    }
    launched.emplace_back(buffers.back());
  }
  RunResult result = device.wait(device.launch(std::move(program), std::move(launched), options));
  size_t next = 0;
  for (OperatorArgument& argument : arguments) {
    if (argument.kind != Parameter::Kind::kTensor) continue;
    const Buffer buffer = buffers[next++];
    const Parts parts(argument, chips);
    for (int chip = 0; chip < parts.parts() && argument.output && !argument.tensor.bytes.empty();
         ++chip) {
      device.read(buffer.on(chip), parts.of(chip, std::span<std::byte>(argument.tensor.bytes)));
    }
    device.release(buffer);
  }
  return result;
}

}  // namespace npu
