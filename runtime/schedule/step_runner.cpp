#include "runtime/schedule/step_runner.h"

#include <utility>

#include "isa/errors.h"
#include "isa/numerics/convert.h"

namespace npu {

Buffer StepRunner::buffer(const TensorSpec& spec) {
  const auto it = buffers_.find(spec.name);
  if (it != buffers_.end() && it->second.bytes >= spec.bytes()) return it->second;
  if (it != buffers_.end()) device_.release(it->second);
  const Storage storage = spec.role == TensorRole::kControl ? Storage::kControl : Storage::kData;
  return buffers_[spec.name] = device_.alloc(spec.bytes(), storage, spec.name);
}

void StepRunner::upload(const TensorSpec& spec, std::span<const float> values) {
  NPU_ASSERT(values.size() * static_cast<size_t>(bytes_of(spec.type)) == spec.bytes());
  std::vector<std::byte> bytes(spec.bytes());
  convert(values.data(), Type::kF32, bytes.data(), spec.type, values.size(), Round::kNearestEven);
  device_.write(buffer(spec), bytes);
}

void StepRunner::upload(const TensorSpec& spec, std::span<const int32_t> values) {
  NPU_ASSERT(spec.type == Type::kI32 && values.size_bytes() == spec.bytes());
  device_.write(buffer(spec), std::as_bytes(values));
}

void StepRunner::upload(const TensorSpec& spec, std::span<const std::byte> bytes) {
  NPU_ASSERT(bytes.size() == spec.bytes());
  device_.write(buffer(spec), bytes);
}

std::vector<float> StepRunner::read(const TensorSpec& spec) {
  std::vector<std::byte> bytes(spec.bytes());
  device_.read(buffer(spec), bytes);
  std::vector<float> values(bytes.size() * 8 / static_cast<size_t>(bits_of(spec.type)));
  convert(bytes.data(), spec.type, values.data(), Type::kF32, values.size());
  return values;
}

Argument StepRunner::argument(const Step& step, const StepArgument& from) {
  if (const auto* number = std::get_if<int64_t>(&from)) return *number;
  const auto& [tensor, row] = std::get<TensorArgument>(from);
  const TensorSpec& spec = step.tensors[tensor];
  return buffer(spec).from(static_cast<uint64_t>(row) * spec.row_bytes());
}

ForwardResult StepRunner::launch(const Step& step, std::span<const StepOperator> operators) {
  ForwardResult result;
  for (const StepOperator& op : operators) {
    std::vector<Argument> arguments;
    for (const StepArgument& from : op.arguments) arguments.push_back(argument(step, from));
    const auto program = programs_.get(*op.kernel, op.options);
    result.starts.add(device_.machine(), *program);
    RunResult run = device_.wait(device_.launch(program, std::move(arguments), {.cold_l2 = false}));
    result.cycles += run.cycles;
    ++result.launches;
    result.interrupted = run.interrupted;
    result.fault = std::move(run.fault);
    if (result.fault || result.interrupted) break;
  }
  return result;
}

ForwardResult StepRunner::run(const Step& step) {
  ForwardResult result = launch(step, step.operators);
  if (result.fault || result.interrupted) return result;
  result.next = static_cast<int>(read(step.tensors[step.tensor("next")]).front());
  result.logits = read(step.tensors[step.tensor("logits")]);
  return result;
}

}  // namespace npu
