// A whole DeepSeek-V4 model: prefill, then tokens one by one, as npu generate runs it. And single
// layers of it. In fp32, and as the model's own code computes, with weights of fp8 and fp4.
#include <catch2/catch.hpp>
#include <set>

#include "runtime/model/v4_config.h"
#include "runtime/schedule/v4_runner.h"
#include "runtime/schedule/v4_upload.h"
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

std::vector<std::byte> bytes_of_codes(const Case& c, const std::string& tensor) {
  std::vector<std::byte> bytes;
  for (const double code : c.codes(tensor)) bytes.push_back(static_cast<std::byte>(code));
  return bytes;
}

// Weights as stored, and times their scales: of 128 x 128 blocks, or of 32 columns of packed ones.
void add_weight(const Case& c, const V4Tensor& tensor, V4Weights& weights) {
  const Values values = c.values(tensor.name);
  Matrix matrix(tensor.rows, tensor.columns);
  REQUIRE(values.size() == matrix.values.size());
  const std::string scale = tensor.name.substr(0, tensor.name.rfind('.')) + ".scale";
  const bool scaled = c.has(scale);
  const Values scales = scaled ? c.values(scale) : Values{};
  const bool packed = scaled && c.dims(scale).size() == 3;
  const int64_t rows = packed ? 1 : 128, columns = packed ? 32 : 128;
  const int64_t across = (tensor.columns + columns - 1) / columns;
  for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i) {
    const int64_t row = i / tensor.columns, column = i % tensor.columns;
    const double factor =
        scaled ? scales[static_cast<size_t>(row / rows * across + column / columns)] : 1;
    matrix.values[static_cast<size_t>(i)] =
        static_cast<float>(values[static_cast<size_t>(i)] * factor);
  }
  weights.tensors.emplace(tensor.name, std::move(matrix));
  if (!scaled) return;
  weights.stored.emplace(
      tensor.name, StoredMatrix{packed ? Type::kE2m1 : Type::kE4m3, bytes_of_codes(c, tensor.name),
                                bytes_of_codes(c, scale)});
}

V4Weights weights_of(const Case& c) {
  V4Weights weights{load_v4_config(folder() + c.text("config")), {}, {}};
  for (const V4Tensor& tensor : v4_tensors(weights.config)) add_weight(c, tensor, weights);
  return weights;
}

std::vector<int> tokens_of(const Case& c) {
  std::vector<int> tokens;
  for (const double token : c.values("tokens")) tokens.push_back(static_cast<int>(token));
  return tokens;
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

void forward_in_fp32(const Case& c, const V4Weights& weights, KernelBench& bench) {
  const std::vector<int> tokens = tokens_of(c);
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

// The vectors hold the logits after every fourth token.
void forward_natively(const Case& c, const V4Weights& weights, KernelBench& bench) {
  const std::vector<int> tokens = tokens_of(c);
  Device device(bench.machine(), {.mode = Mode::kFunctionalOnly});
  V4Runner runner(device, weights, c.integer("tokens"), V4Arithmetic::kNative);
  Values logits;
  size_t from = 0;
  for (auto stop = static_cast<size_t>(c.integer("prefill_tokens")); stop <= tokens.size();
       stop += 4) {
    const ForwardResult result = runner.forward(std::span(tokens).subspan(from, stop - from));
    REQUIRE_FALSE(result.fault);
    logits.insert(logits.end(), result.logits.begin(), result.logits.end());
    from = stop;
  }
  c.expect_rms("logits_quant", logits);
}

void v4_forward(const Case& c, KernelBench& bench) {
  const V4Weights weights = weights_of(c);
  forward_in_fp32(c, weights, bench);
  forward_natively(c, weights, bench);
}

// What a layer left of each token.
struct Layer {
  Values attention, experts, streams, chosen;
};

// Feeds the streams of all tokens to one layer, some at a time.
Layer run_layer(const Case& c, const V4Weights& weights, const std::vector<int>& tokens,
                KernelBench& bench, V4Arithmetic arithmetic) {
  constexpr int64_t kMost = 32;
  const V4Config& config = weights.config;
  const int64_t width = config.streams * config.hidden, layer = c.integer("layer");
  const Values streams = c.values("h_in");
  Device device(bench.machine(), {.mode = Mode::kFunctionalOnly});
  StepRunner runner(device);
  V4StepShape shape{.capacity = c.integer("tokens"), .most = kMost, .arithmetic = arithmetic};
  upload_v4_weights(runner, v4_layer_step(config, shape, layer), shape, weights);
  Layer result;
  for (; shape.past < shape.capacity; shape.past += shape.tokens) {
    shape.tokens = std::min(kMost, shape.capacity - shape.past);
    const Step step = v4_layer_step(config, shape, layer);
    const auto tensor = [&](const char* name) { return step.tensors[step.tensor(name)]; };
    const auto keep = [&](Values& all, const char* name) {
      const std::vector<float> values = runner.read(tensor(name));
      const auto count = values.size() / static_cast<size_t>(tensor(name).dims[0]) *
                         static_cast<size_t>(shape.tokens);
      all.insert(all.end(), values.begin(), values.begin() + static_cast<long>(count));
    };
    upload_v4_tokens(runner, step, shape, config,
                     std::span(tokens).subspan(static_cast<size_t>(shape.past),
                                               static_cast<size_t>(shape.tokens)));
    const auto first = streams.begin() + shape.past * width;
    const std::vector<float> mine(first, first + shape.tokens * width);
    runner.upload(tensor("h"), std::span<const float>(mine));
    size_t cut = 0;
    while (step.operators[cut].name != "o_b_proj") ++cut;
    const std::span operators(step.operators);
    REQUIRE_FALSE(runner.launch(step, operators.first(cut + 1)).fault);
    keep(result.attention, "y");
    REQUIRE_FALSE(runner.launch(step, operators.subspan(cut + 1)).fault);
    keep(result.experts, "y");
    keep(result.streams, "h");
    keep(result.chosen, "chosen");
  }
  return result;
}

// Rows of some tokens.
Values rows_at(const Values& all, const std::vector<int64_t>& positions, int64_t width) {
  Values part;
  for (const int64_t position : positions)
    part.insert(part.end(), all.begin() + position * width, all.begin() + (position + 1) * width);
  return part;
}

// Of the streams only the tokens count that went to the experts of the vectors: a choice is easily
// another where two scores lie together, and then so is all that follows.
void expect_quantised(const Case& c, const Layer& layer, const std::vector<int64_t>& positions,
                      const V4Config& config) {
  c.expect_rms("attn_out_quant", rows_at(layer.attention, positions, config.hidden));
  const Values want = c.values("experts_quant"),
               chosen = rows_at(layer.chosen, positions, config.top_k);
  const int64_t width = config.streams * config.hidden;
  std::vector<int64_t> alike;
  for (size_t i = 0; i < positions.size(); ++i) {
    const auto set = [&](const Values& all) {
      const auto from = all.begin() + static_cast<long>(i) * config.top_k;
      return std::multiset<double>(from, from + config.top_k);
    };
    if (set(want) == set(chosen)) alike.push_back(static_cast<int64_t>(i));
  }
  INFO(alike.size() << " of " << positions.size() << " tokens with the same experts");
  CHECK(alike.size() * 4 >= positions.size() * 3);
  c.expect_rms_of("h_out_quant", rows_at(rows_at(layer.streams, positions, width), alike, width),
                  rows_at(c.values("h_out_quant"), alike, width));
}

void v4_block(const Case& c, KernelBench& bench) {
  const std::vector<Case> all = cases();
  const auto whole = std::find_if(all.begin(), all.end(), [&](const Case& other) {
    return other.name() == c.text("weights_and_config_of");
  });
  REQUIRE(whole != all.end());
  const V4Weights weights = weights_of(*whole);
  const V4Config& config = weights.config;
  const auto positions = c.parameters().at("positions_stored").get<std::vector<int64_t>>();
  const std::vector<int> tokens = tokens_of(*whole);
  const Layer plain = run_layer(c, weights, tokens, bench, V4Arithmetic::kF32);
  c.expect("attn_out", rows_at(plain.attention, positions, config.hidden));
  c.expect("moe_out", rows_at(plain.experts, positions, config.hidden));
  c.expect("h_out", rows_at(plain.streams, positions, config.streams * config.hidden));
  expect_quantised(c, run_layer(c, weights, tokens, bench, V4Arithmetic::kNative), positions,
                   config);
}

}  // namespace

void add_forward_recipes(Recipes& recipes) {
  recipes.insert({{"v4_forward", v4_forward}, {"v4_block", v4_block}});
}

}  // namespace npu::golden
