#include "runtime/schedule/dense_runner.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "isa/errors.h"
#include "runtime/model/rope.h"

namespace npu {

namespace {

std::span<const float> values(const Matrix& matrix) { return matrix.values; }
std::span<const float> values(const std::vector<float>& vector) { return vector; }

// All weights of a layer with the names that dense_step gives them.
std::vector<std::pair<std::string, std::span<const float>>> named(const DenseLayer& layer) {
  return {{"attention_norm", values(layer.attention_norm)},
          {"wq", values(layer.wq)},
          {"wk", values(layer.wk)},
          {"wv", values(layer.wv)},
          {"wo", values(layer.wo)},
          {"bq", values(layer.bq)},
          {"bk", values(layer.bk)},
          {"bv", values(layer.bv)},
          {"bo", values(layer.bo)},
          {"q_norm", values(layer.q_norm)},
          {"k_norm", values(layer.k_norm)},
          {"ffn_norm", values(layer.ffn_norm)},
          {"w_gate", values(layer.w_gate)},
          {"w_up", values(layer.w_up)},
          {"w_down", values(layer.w_down)}};
}

// Cosines (turn = cos) or sines of every position and pair: (positions,
// head_dim / 2).
std::vector<float> rope_table(const ModelConfig& model, int64_t positions, double (*turn)(double)) {
  const std::vector<double> frequencies = rope_frequencies(model);
  std::vector<float> table;
  for (int64_t position = 0; position < positions; ++position) {
    for (const double f : frequencies)
      table.push_back(static_cast<float>(turn(static_cast<double>(position) * f)));
  }
  return table;
}

}  // namespace

DenseRunner::DenseRunner(Device& device, const DenseWeights& weights, Type type, int64_t capacity)
    : runner_(device), model_(weights.config), type_(type), capacity_(capacity) {
  upload_weights(weights);
}

void DenseRunner::upload_weights(const DenseWeights& weights) {
  const Step step = dense_step(model_, {.capacity = capacity_, .type = type_});
  std::map<std::string, std::span<const float>> all{{"embedding", values(weights.embedding)},
                                                    {"final_norm", values(weights.final_norm)},
                                                    {"head", values(weights.head)}};
  for (size_t layer = 0; layer < weights.layers.size(); ++layer) {
    for (auto& [name, span] : named(weights.layers[layer]))
      all[fmt::format("layers.{}.{}", layer, name)] = span;
  }
  const std::vector<float> cosines =
      rope_table(model_, capacity_, [](double x) { return std::cos(x); });
  const std::vector<float> sines =
      rope_table(model_, capacity_, [](double x) { return std::sin(x); });
  all["rope_cos"] = cosines;
  all["rope_sin"] = sines;
  for (const TensorSpec& spec : step.tensors) {
    if (spec.role == TensorRole::kWeight) runner_.upload(spec, all.at(spec.name));
  }
}

DenseRunner::Result DenseRunner::forward(std::span<const int> tokens) {
  const auto count = static_cast<int64_t>(tokens.size());
  if (past_ + count > capacity_) {
    throw InputError(fmt::format("{} tokens: the cache was made for {}", past_ + count, capacity_));
  }
  const Step step =
      dense_step(model_, {.tokens = count, .past = past_, .capacity = capacity_, .type = type_});
  const std::vector<int32_t> ids(tokens.begin(), tokens.end());
  runner_.upload(step.tensors[step.tensor("ids")], ids);
  Result result = runner_.run(step);
  if (!result.fault && !result.interrupted) past_ += count;
  return result;
}

}  // namespace npu
