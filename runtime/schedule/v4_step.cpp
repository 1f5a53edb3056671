#include "runtime/schedule/v4_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "runtime/schedule/v4_builder.h"

namespace npu {

namespace {

constexpr double kEps = 1e-6;  // of hyper-connections, compressors and norms of heads

void check(const V4Config& config, const V4StepShape& shape) {
  if (shape.past + shape.tokens > config.max_positions) {
    throw InputError(
        fmt::format("a context of {} tokens: the model has {} positions (max_position_embeddings)",
                    shape.past + shape.tokens, config.max_positions));
  }
  if (config.rms_eps != kEps || config.hc_eps != kEps) {
    throw InputError(fmt::format("rms_norm_eps {} and hc_eps {}: the kernels have 1e-6",
                                 config.rms_eps, config.hc_eps));
  }
  NPU_ASSERT(shape.tokens >= 1 && shape.tokens <= shape.most);
  NPU_ASSERT(shape.past + shape.tokens <= shape.capacity);
}

}  // namespace

int64_t V4StepShape::entries(int64_t ratio) const { return std::max<int64_t>(1, capacity / ratio); }

int64_t v4_list_width(const V4Config& config, const V4StepShape& shape, int64_t ratio) {
  if (ratio == 0) return config.window;
  const int64_t entries = shape.entries(ratio);
  return config.window + (ratio == 4 ? std::min(config.index_top_k, entries) : entries);
}

Step v4_step(const V4Config& config, const V4StepShape& shape) {
  check(config, shape);
  return V4Builder(config, shape).model();
}

Step v4_layer_step(const V4Config& config, const V4StepShape& shape, int64_t layer) {
  check(config, shape);
  return V4Builder(config, shape).layer(layer);
}

}  // namespace npu
