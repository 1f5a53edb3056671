// A whole DeepSeek-V4 model: prefill, then tokens one by one, as npu generate runs it.
#include <catch2/catch.hpp>

#include "runtime/model/v4_config.h"
#include "runtime/schedule/v4_runner.h"
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

// Weights as stored, times their scales: of 128 x 128 blocks, or of 32 columns of packed ones.
Matrix weight_of(const Case& c, const V4Tensor& tensor) {
  const Values stored = c.values(tensor.name);
  Matrix matrix(tensor.rows, tensor.columns);
  REQUIRE(stored.size() == matrix.values.size());
  const std::string scale = tensor.name.substr(0, tensor.name.rfind('.')) + ".scale";
  const bool scaled = c.has(scale);
  const Values scales = scaled ? c.values(scale) : Values{};
  const bool packed = scaled && c.dims(scale).size() == 3;
  const int64_t rows = packed ? 1 : 128, columns = packed ? 32 : 128;
  const int64_t across = (tensor.columns + columns - 1) / columns;
  for (int64_t i = 0; i < static_cast<int64_t>(stored.size()); ++i) {
    const int64_t row = i / tensor.columns, column = i % tensor.columns;
    const double factor =
        scaled ? scales[static_cast<size_t>(row / rows * across + column / columns)] : 1;
    matrix.values[static_cast<size_t>(i)] =
        static_cast<float>(stored[static_cast<size_t>(i)] * factor);
  }
  return matrix;
}

// Logits after all of the first `tokens`; of the others nothing is asked.
void expect_logits(const Case& c, const ForwardResult& result, int64_t tokens) {
  REQUIRE_FALSE(result.fault);
  const auto row = static_cast<size_t>(tokens - c.integer("prefill_tokens"));
  const Values want = c.values("logits");
  const double allowed = c.tolerance("logits");
  INFO("after token " << tokens << ", allowed " << allowed);
  double worst = 0;
  for (size_t i = 0; i < result.logits.size(); ++i) {
    const double off = result.logits[i] - want[row * result.logits.size() + i];
    worst = std::max(worst, std::abs(off));
  }
  CHECK(worst <= allowed);
}

void v4_forward(const Case& c, KernelBench& bench) {
  V4Weights weights{load_v4_config(folder() + c.text("config")), {}};
  for (const V4Tensor& tensor : v4_tensors(weights.config))
    weights.tensors.emplace(tensor.name, weight_of(c, tensor));
  std::vector<int> tokens;
  for (const double token : c.values("tokens")) tokens.push_back(static_cast<int>(token));
  Device device(bench.machine(), {.mode = Mode::kFunctionalOnly});
  V4Runner runner(device, weights, c.integer("tokens"));
  // The prefill, single tokens, and around position 127, where a block of 128 closes.
  const std::vector<int64_t> stops = {
      c.integer("prefill_tokens"), 41, 42, 43, 44, 126, 127, 128, 129, 138, 139, 140};
  for (const int64_t stop : stops) {
    const auto from = static_cast<size_t>(runner.position());
    const auto count = static_cast<size_t>(stop) - from;
    expect_logits(c, runner.forward(std::span(tokens).subspan(from, count)), stop);
  }
}

}  // namespace

void add_forward_recipes(Recipes& recipes) { recipes.insert({{"v4_forward", v4_forward}}); }

}  // namespace npu::golden
