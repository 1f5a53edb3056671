#include "runtime/schedule/operator_run.h"

#include <span>
#include <string>

namespace npu {

namespace {

uint64_t bytes_of_tensor(const HostTensor& tensor) {
  return bytes_of(tensor.type, static_cast<size_t>(tensor.count()));
}

}  // namespace

RunResult run_operator(Device& device, std::shared_ptr<const Program> program,
                       std::vector<OperatorArgument>& arguments, const RunOptions& options) {
  std::vector<Argument> launched;
  std::vector<Buffer> buffers;
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
    buffers.push_back(
        device.alloc(bytes_of_tensor(argument.tensor), storage, std::string(argument.name)));
    if (!argument.tensor.bytes.empty()) device.write(buffers.back(), argument.tensor.bytes);
    launched.emplace_back(buffers.back());
  }
  RunResult result = device.wait(device.launch(std::move(program), std::move(launched), options));
  size_t next = 0;
  for (OperatorArgument& argument : arguments) {
    if (argument.kind != Parameter::Kind::kTensor) continue;
    const Buffer buffer = buffers[next++];
    if (argument.output && !argument.tensor.bytes.empty())
      device.read(buffer, argument.tensor.bytes);
    device.release(buffer);
  }
  return result;
}

}  // namespace npu
