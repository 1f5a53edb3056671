// Generated routings of tokens to experts, for the arguments of MoE operators. Private to
// kernels/ops.
#pragma once

#include <string>

#include "kernels/ops/host_tensor.h"
#include "kernels/ops/options.h"

namespace npu::detail {

// How experts share the load: even chances; expert e in proportion to 1 / (e + 1), near what is
// measured on DeepSeek-R1; one expert in all tokens; the first top_k in all tokens, the others
// empty.
enum class LoadShape { kEven, kPower, kHot, kFew };

// "even power hot few"; throws InputError.
LoadShape load_shape(const Options& options);
OptionSpec load_option();

struct Routing {
  HostTensor chosen;  // (tokens, top_k) i32, different experts for a token
  HostTensor counts;  // (experts) i32: pairs of each
  HostTensor places;  // (top_k, tokens) i32: the row of each pair, by expert, then token
};
Routing make_routing(int64_t tokens, int64_t experts, int64_t top_k, LoadShape load, uint64_t seed);

}  // namespace npu::detail
