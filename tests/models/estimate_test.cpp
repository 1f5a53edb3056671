// Estimates: what is simulated, how it is counted and what is refused.
#include "runtime/estimate/estimate.h"

#include <catch2/catch.hpp>

#include "isa/errors.h"
#include "runtime/schedule/dense_runner.h"
#include "tests/unit/runtime/model/fixtures.h"

namespace npu {

TEST_CASE("an estimate counts every launch of a step once") {
  const ModelConfig model = test::small_config();
  const StepShape shape{.past = 5, .capacity = 6, .type = Type::kF16};
  const Step step = dense_step(model, shape);
  const Estimate estimate = estimate_step(model, shape, load_machine("base"));
  CHECK(estimate.complete);
  CHECK(estimate.launches == step.operators.size());
  uint64_t cycles = 0;
  for (const OperatorCost& op : estimate.operators) {
    CHECK(op.cycles > 0);
    cycles += op.cycles * op.count;
  }
  CHECK(cycles == estimate.cycles);
  CHECK(estimate.operators.size() < step.operators.size());
}

TEST_CASE("an estimate starts every kernel from the host or in a graph, at that kernel's price") {
  const ModelConfig model = test::small_config();
  const StepShape shape{.past = 5, .capacity = 6, .type = Type::kF16};
  MachineConfig machine = load_machine("tiny");
  machine.launch.microseconds = 10;
  machine.launch.graph_microseconds = 3;
  machine.launch.core_nanoseconds = 500;
  machine.launch.mixed_microseconds = 2;
  const auto from = GENERATE(LaunchFrom::kHost, LaunchFrom::kGraph);
  const double plain = (from == LaunchFrom::kHost ? 10e-6 : 3e-6) + machine.groups * 500e-9;
  const Estimate estimate = estimate_step(model, shape, machine, {}, from);
  double sum = 0;
  int mixed = 0;
  for (const OperatorCost& op : estimate.operators) {
    const bool both = op.kernel == "decode_attention";  // cube and vector cores
    mixed += both ? 1 : 0;
    if (op.kernel == "decode_attention" || op.kernel == "rmsnorm")
      CHECK(op.launch_seconds == Approx(plain + (both ? 2e-6 : 0)));
    sum += op.launch_seconds * static_cast<double>(op.count);
  }
  CHECK(mixed > 0);
  CHECK(estimate.launch_seconds == Approx(sum));
  CHECK(sum >= plain * static_cast<double>(estimate.launches));
}

TEST_CASE("a decode step of several sequences writes their caches by list") {
  const StepShape shape{.sequences = 3, .past = 5, .capacity = 6, .type = Type::kF16};
  const Estimate estimate = estimate_step(test::small_config(), shape, load_machine("base"));
  bool scattered = false;
  for (const OperatorCost& op : estimate.operators) scattered |= op.kernel == "cache_write";
  CHECK(scattered);
}

TEST_CASE("a prefill step asks only the last token for its successor") {
  const Step step = dense_step(test::small_config(), {.tokens = 9, .capacity = 9});
  const StepOperator& head = step.operators[step.operators.size() - 2];
  CHECK(head.name == "lm_head");
  CHECK(head.options.front() == OptionText{"m", "1"});
}

TEST_CASE("memory is that of weights, cache and activations") {
  const ModelConfig model = test::small_config();
  const Estimate estimate =
      estimate_step(model, {.past = 7, .capacity = 8, .type = Type::kF32}, load_machine("base"));
  CHECK(estimate.cache_bytes == 2.0 * 4 * 8 * static_cast<double>(model.kv_width() * model.layers));
  const double rope = 2.0 * 4 * 8 * static_cast<double>(model.head_dim) / 2;
  CHECK(estimate.weight_bytes == 4.0 * static_cast<double>(parameter_count(model)) + rope);
}

TEST_CASE("a step beyond the model's positions or the machine's memory is refused") {
  CHECK_THROWS_AS(dense_step(test::small_config(), {.past = 32, .capacity = 33}), InputError);
  CHECK_THROWS_AS(dense_step(test::small_config(), {.sequences = 2, .tokens = 2, .capacity = 2}),
                  InputError);
  MachineConfig machine = load_machine("tiny");
  machine.memory.gm = 1 << 14;
  CHECK_THROWS_AS(estimate_step(test::small_config(), {.capacity = 1}, machine), InputError);
}

}  // namespace npu
