#include "runtime/schedule/v4_upload.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "isa/errors.h"

namespace npu {

namespace {

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

// Codes of a quantised weight, or their scales, as the checkpoint stores them.
void upload_stored(StepRunner& runner, const TensorSpec& spec, const V4Weights& weights) {
  const std::string weight = spec.name.substr(0, spec.name.rfind('.')) + ".weight";
  const auto found = weights.stored.find(weight);
  const bool scales = spec.type == Type::kE8m0;
  if (found == weights.stored.end() || (!scales && found->second.type != spec.type)) {
    throw InputError(
        fmt::format("{}: native arithmetic takes it as {}, which this checkpoint does "
                    "not hold",
                    weight, scales ? "fp8 or fp4 with scales" : type_name(spec.type)));
  }
  const std::vector<std::byte>& bytes = scales ? found->second.scales : found->second.codes;
  runner.upload(spec, std::span<const std::byte>(bytes));
}

void upload_tables(StepRunner& runner, const Step& step, int64_t capacity, const V4Config& config) {
  for (const bool plain : {true, false}) {
    std::vector<float> cosines, sines;
    // Layers of one kind turn alike; a kind that no layer has keeps its zeros.
    int64_t layer = 0;
    while (layer < config.layers && (config.ratio(layer) == 0) != plain) ++layer;
    if (layer == config.layers) continue;
    const std::vector<double> frequencies = config.rope_frequencies(layer);
    for (int64_t position = 0; position < capacity; ++position) {
      for (const double frequency : frequencies) {
        const double angle = static_cast<double>(position) * frequency;
        cosines.push_back(static_cast<float>(std::cos(angle)));
        sines.push_back(static_cast<float>(std::sin(angle)));
      }
    }
    const std::string kind = plain ? "plain" : "yarn";
    runner.upload(step.tensors[step.tensor("rope_cos." + kind)], std::span<const float>(cosines));
    runner.upload(step.tensors[step.tensor("rope_sin." + kind)], std::span<const float>(sines));
  }
}

}  // namespace

void upload_v4_weights(StepRunner& runner, const Step& step, const V4StepShape& shape,
                       const V4Weights& weights) {
  for (const TensorSpec& spec : step.tensors) {
    if (spec.role == TensorRole::kCache && ends_with(spec.name, ".gate_state")) {
      const auto count = static_cast<size_t>(spec.dims[0] * spec.dims[1]);
      const std::vector<float> none(count, -std::numeric_limits<float>::infinity());
      runner.upload(spec, std::span(none));
    }
    if (spec.role != TensorRole::kWeight) continue;
    if (spec.type == Type::kE4m3 || spec.type == Type::kE2m1 || spec.type == Type::kE8m0) {
      upload_stored(runner, spec, weights);
    } else if (const auto found = weights.tensors.find(spec.name); found != weights.tensors.end()) {
      runner.upload(spec, std::span<const float>(found->second.values));
    }
  }
  upload_tables(runner, step, shape.capacity, weights.config);
}

void upload_v4_tokens(StepRunner& runner, const Step& step, const V4StepShape& shape,
                      const V4Config& config, std::span<const int> tokens) {
  std::vector<int32_t> ids, stream_ids, rows;
  for (size_t i = 0; i < tokens.size(); ++i) {
    ids.push_back(tokens[i]);
    stream_ids.insert(stream_ids.end(), static_cast<size_t>(config.streams), tokens[i]);
    const int64_t position = shape.past + static_cast<int64_t>(i);
    rows.push_back(static_cast<int32_t>(position % shape.ring(config)));
  }
  const auto upload = [&](const std::string& name, const std::vector<int32_t>& values) {
    runner.upload(step.tensors[step.tensor(name)], std::span<const int32_t>(values));
  };
  upload("ids", ids);
  upload("stream_ids", stream_ids);
  upload("ring_rows", rows);
  upload("past", {static_cast<int32_t>(shape.past)});
  const auto count = static_cast<int64_t>(tokens.size()), groups = config.o_groups;
  upload("group_counts",
         std::vector<int32_t>(static_cast<size_t>(groups), static_cast<int32_t>(count)));
  if (count > 1) {
    upload("to_groups", transposed(count, groups));
    upload("to_tokens", transposed(groups, count));
  }
  for (const int64_t ratio : {0, 4, 128}) {
    std::vector<int32_t> lists;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const auto list = list_of(config, shape, ratio, shape.past + static_cast<int64_t>(i));
      lists.insert(lists.end(), list.begin(), list.end());
    }
    upload(fmt::format("lists.{}", ratio), lists);
  }
}

}  // namespace npu
