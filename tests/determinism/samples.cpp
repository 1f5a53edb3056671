#include "tests/determinism/samples.h"

#include "isa/program/object_file.h"
#include "runtime/schedule/operator_run.h"

namespace npu::test {

namespace {

// FNV-1a.
uint64_t hash_of(const std::vector<std::byte>& bytes, uint64_t seed = 0xcbf29ce484222325) {
  for (const std::byte byte : bytes) {
    seed = (seed ^ static_cast<uint64_t>(byte)) * 0x100000001b3;
  }
  return seed;
}

// Source lines name files by the path they were compiled from, which is no property of the program.
uint64_t program_hash(Program program) {
  program.sources.clear();
  program.cube.lines.clear();
  program.vector.lines.clear();
  return hash_of(write_object(program));
}

}  // namespace

std::string Sample::text() const {
  std::string result(machine);
  result.append(" ").append(kernel);
  for (const auto& [name, value] : options) {
    result.append(" ").append(name).append("=").append(value);
  }
  return result;
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"tiny", "matmul", {{"m", "13"}, {"n", "17"}, {"k", "22"}, {"dtype", "fp32"}}},
      {"tiny", "matmul", {{"m", "24"}, {"n", "9"}, {"k", "40"}, {"dtype", "fp16"}, {"tb", "true"}}},
      {"tiny", "matmul", {{"m", "9"}, {"n", "16"}, {"k", "31"}, {"dtype", "int8"}}},
      {"tiny",
       "flash_attention",
       {{"tokens", "21"}, {"heads", "2"}, {"kv-heads", "1"}, {"dim", "16"}, {"dtype", "fp32"}}},
      {"tiny", "rmsnorm", {{"rows", "11"}, {"cols", "70"}, {"dtype", "fp32"}}},
      {"base", "matmul", {{"m", "200"}, {"n", "333"}, {"k", "150"}, {"dtype", "fp16"}}},
      {"base",
       "matmul",
       {{"m", "70"}, {"n", "130"}, {"k", "97"}, {"dtype", "bf16"}, {"bias", "true"}}},
      {"base",
       "matmul",
       {{"m", "65"}, {"n", "64"}, {"k", "129"}, {"dtype", "tf32"}, {"ta", "true"}}},
      {"base",
       "matmul",
       {{"m", "40"},
        {"n", "90"},
        {"k", "64"},
        {"dtype", "int8"},
        {"token-scale", "true"},
        {"activation", "silu"},
        {"out", "fp16"}}},
      {"base", "matmul_mx", {{"m", "50"}, {"n", "70"}, {"k", "130"}}},
      {"tiny", "matmul_mx", {{"m", "9"}, {"n", "14"}, {"k", "66"}, {"dtype", "e5m2"}}},
      {"base", "matmul_w4a8", {{"m", "17"}, {"n", "200"}, {"k", "256"}}},
      {"base-gm", "matmul_fp8_block", {{"m", "70"}, {"n", "130"}, {"k", "260"}, {"scale", "fp32"}}},
      {"base", "matmul_weight_only", {{"m", "5"}, {"n", "100"}, {"k", "256"}, {"weight", "int4"}}},
      {"tiny", "matmul_split_k", {{"m", "5"}, {"n", "7"}, {"k", "150"}, {"splits", "3"}}},
      {"base",
       "flash_attention",
       {{"tokens", "150"}, {"heads", "3"}, {"kv-heads", "1"}, {"dim", "64"}}},
      {"base-gm",
       "flash_attention",
       {{"tokens", "150"}, {"heads", "2"}, {"kv-heads", "2"}, {"dim", "64"}}},
      {"base",
       "decode_attention",
       {{"heads", "8"}, {"kv-heads", "2"}, {"dim", "64"}, {"keys", "300"}}},
      {"base", "rmsnorm", {{"rows", "37"}, {"cols", "1000"}, {"dtype", "fp16"}}},
      {"base", "softmax", {{"rows", "19"}, {"cols", "333"}, {"dtype", "bf16"}}},
      {"base", "rope", {{"tokens", "30"}, {"heads", "3"}, {"dim", "64"}, {"position", "7"}}},
      {"tiny", "swiglu", {{"count", "1001"}, {"dtype", "fp32"}}},
      {"tiny", "add", {{"count", "777"}, {"dtype", "fp16"}}},
      {"base", "embedding", {{"tokens", "21"}, {"vocabulary", "50"}, {"cols", "130"}}},
      {"tiny", "argmax", {{"rows", "3"}, {"cols", "300"}, {"dtype", "fp32"}}},
      {"base", "cache_write", {{"rows", "9"}, {"capacity", "40"}, {"cols", "64"}}},
  };
  return all;
}

SampleResult run_sample(const Sample& sample, const SimulatorOptions& options) {
  const Operator& op = find_operator(sample.kernel);
  const Options parsed(op.name, op.options, sample.options);
  Device device(load_machine(std::string(sample.machine)), options);
  const auto program = std::make_shared<const Program>(op.program(device.limits(), parsed));
  const bool numbers = options.mode != Mode::kTimingOnly;
  std::vector<OperatorArgument> arguments =
      op.arguments(parsed, 1, numbers ? Contents::kAll : Contents::kControlOnly);
  const RunResult run = run_operator(device, program, arguments);
  SampleResult result;
  result.cycles = run.cycles;
  result.program = program_hash(*program);
  result.faulted = run.fault.has_value();
  result.clean = run.check.clean();
  for (const OperatorArgument& argument : arguments) {
    if (argument.output && numbers) result.output ^= hash_of(argument.tensor.bytes);
  }
  return result;
}

}  // namespace npu::test
