#include "runtime/schedule/v4_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "isa/errors.h"

namespace npu {

namespace {

const std::string kIndexWeights = ".attn.indexer.weights_proj.weight", kGateState = ".gate_state";

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Rows of the cache that the token at `position` sees: the window, oldest
// first, then of ratio 128 every closed block.
std::vector<int32_t> list_of(const V4Config& config, const V4StepShape& shape, int64_t ratio,
                             int64_t position) {
  std::vector<int32_t> list(static_cast<size_t>(v4_list_width(config, shape, ratio)), -1);
  const int64_t ring = shape.ring(config);
  for (int64_t i = 0; i < config.window; ++i) {
    const int64_t seen = position - config.window + 1 + i;
    if (seen >= 0) list[static_cast<size_t>(i)] = static_cast<int32_t>(seen % ring);
  }
  if (ratio == 128) {
    for (int64_t i = 0; i < (position + 1) / ratio; ++i)
      list[static_cast<size_t>(config.window + i)] = static_cast<int32_t>(ring + i);
  }
  return list;
}

// Where the elements of a (rows, columns) matrix are, in the order of its transpose.
std::vector<int32_t> transposed(int64_t rows, int64_t columns) {
  std::vector<int32_t> order;
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = 0; r < rows; ++r) order.push_back(static_cast<int32_t>(r * columns + c));
  }
  return order;
}

}  // namespace

V4Runner::V4Runner(Device& device, const V4Weights& weights, int64_t capacity)
    : runner_(device), config_(weights.config), capacity_(capacity) {
  upload_weights(weights);
}

V4StepShape V4Runner::shape(int64_t tokens) const {
  return {.tokens = tokens, .past = past_, .capacity = capacity_, .most = kMost};
}

void V4Runner::upload_weights(const V4Weights& weights) {
  const Step step = v4_step(config_, shape(1));
  for (const TensorSpec& spec : step.tensors) {
    if (spec.role == TensorRole::kCache && ends_with(spec.name, kGateState)) {
      const auto count = static_cast<size_t>(spec.dims[0] * spec.dims[1]);
      const std::vector<float> none(count, -std::numeric_limits<float>::infinity());
      runner_.upload(spec, std::span(none));
    }
    const auto found = weights.tensors.find(spec.name);
    if (spec.role != TensorRole::kWeight || found == weights.tensors.end()) continue;
    std::vector<float> values = found->second.values;
    if (ends_with(spec.name, kIndexWeights)) {
      const auto scale = 1 / std::sqrt(static_cast<double>(config_.index_dim) *
                                       static_cast<double>(config_.index_heads));
      for (float& value : values) value = static_cast<float>(value * scale);
    }
    runner_.upload(spec, std::span<const float>(values));
  }
  upload_tables(step);
}

void V4Runner::upload_tables(const Step& step) {
  for (const bool plain : {true, false}) {
    std::vector<float> cosines, sines;
    // Layers of one kind turn alike; a kind that no layer has keeps its zeros.
    int64_t layer = 0;
    while (layer < config_.layers && (config_.ratio(layer) == 0) != plain) ++layer;
    if (layer == config_.layers) continue;
    const std::vector<double> frequencies = config_.rope_frequencies(layer);
    for (int64_t position = 0; position < capacity_; ++position) {
      for (const double frequency : frequencies) {
        const double angle = static_cast<double>(position) * frequency;
        cosines.push_back(static_cast<float>(std::cos(angle)));
        sines.push_back(static_cast<float>(std::sin(angle)));
      }
    }
    const std::string kind = plain ? "plain" : "yarn";
    runner_.upload(step.tensors[step.tensor("rope_cos." + kind)], std::span<const float>(cosines));
    runner_.upload(step.tensors[step.tensor("rope_sin." + kind)], std::span<const float>(sines));
  }
}

void V4Runner::upload_tokens(const Step& step, const V4StepShape& shape,
                             std::span<const int> tokens) {
  std::vector<int32_t> ids, stream_ids, rows;
  for (size_t i = 0; i < tokens.size(); ++i) {
    ids.push_back(tokens[i]);
    stream_ids.insert(stream_ids.end(), static_cast<size_t>(config_.streams), tokens[i]);
    const int64_t position = past_ + static_cast<int64_t>(i);
    rows.push_back(static_cast<int32_t>(position % shape.ring(config_)));
  }
  const auto upload = [&](const std::string& name, const std::vector<int32_t>& values) {
    runner_.upload(step.tensors[step.tensor(name)], std::span<const int32_t>(values));
  };
  upload("ids", ids);
  upload("stream_ids", stream_ids);
  upload("ring_rows", rows);
  const auto count = static_cast<int64_t>(tokens.size()), groups = config_.o_groups;
  upload("group_counts",
         std::vector<int32_t>(static_cast<size_t>(groups), static_cast<int32_t>(count)));
  if (count > 1) {
    upload("to_groups", transposed(count, groups));
    upload("to_tokens", transposed(groups, count));
  }
  for (const int64_t ratio : {0, 4, 128}) {
    std::vector<int32_t> lists;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const auto list = list_of(config_, shape, ratio, past_ + static_cast<int64_t>(i));
      lists.insert(lists.end(), list.begin(), list.end());
    }
    upload(fmt::format("lists.{}", ratio), lists);
  }
}

ForwardResult V4Runner::forward_some(std::span<const int> tokens) {
  const V4StepShape now = shape(static_cast<int64_t>(tokens.size()));
  const Step step = v4_step(config_, now);
  upload_tokens(step, now, tokens);
  ForwardResult result = runner_.run(step);
  if (!result.fault && !result.interrupted) past_ += now.tokens;
  return result;
}

ForwardResult V4Runner::forward(std::span<const int> tokens) {
  const auto count = static_cast<int64_t>(tokens.size());
  if (past_ + count > capacity_) {
    throw InputError(fmt::format("{} tokens: the cache was made for {}", past_ + count, capacity_));
  }
  ForwardResult result;
  uint64_t cycles = 0, launches = 0;
  for (size_t begin = 0; begin < tokens.size(); begin += static_cast<size_t>(kMost)) {
    const size_t some = std::min(tokens.size() - begin, static_cast<size_t>(kMost));
    result = forward_some(tokens.subspan(begin, some));
    cycles += result.cycles;
    launches += result.launches;
    if (result.fault || result.interrupted) break;
  }
  result.cycles = cycles;
  result.launches = launches;
  return result;
}

}  // namespace npu
