// Manifold-constrained hyper-connections (mHC), as in DeepSeek-V4: the residual is several streams
// of which each layer reads one mixture (hc_pre) and to all of which it writes back (hc_post).
// hc_head is the last mixture, before the final norm.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct HyperShape {
  int64_t tokens = 0, dim = 0;
  int64_t streams = 4;     // 2..8
  int64_t rounds = 20;     // of Sinkhorn: row and column sums of comb become 1
  int64_t tile = 0;        // most tokens of a vector core at a time, at most 32; 0: as many as fit
  float eps = 1e-6f;       // added to what a sum is divided by, and to pre and comb
  float norm_eps = 1e-6f;  // added to the mean square of a token
  Type type = Type::kF32;  // of h, x, y: f32 f16 bf16

  int64_t width() const { return streams * dim; }            // of h
  int64_t mixes() const { return (2 + streams) * streams; }  // pre, post, comb
  void check(const Limits& machine) const;                   // throws InputError
};

// m = (h fn^T) / sqrt(mean of h^2 + norm_eps), pre = sigmoid(m[j] scale[0] + base[j]) + eps,
// post = 2 sigmoid(m[streams + j] scale[1] + base[..]), comb = Sinkhorn(softmax of the rows of the
// rest scale[2] + base), x = sum over j of pre[j] h[j].
// Parameters: h (tokens, streams * dim), fn (mixes, streams * dim) f32, scale (3) f32, base (mixes)
// f32, x (tokens, dim), post (tokens, streams) f32, comb (tokens, streams * streams) f32.
Program hc_pre(const Limits& machine, const HyperShape& shape);

// x as hc_pre. Parameters: h, fn (streams, streams * dim) f32, scale (1) f32, base (streams) f32,
// x.
Program hc_head(const Limits& machine, const HyperShape& shape);

// out[k] = post[k] y + sum over j of comb[j, k] h[j].
// Parameters: y (tokens, dim), h (tokens, streams * dim), post (tokens, streams) f32, comb (tokens,
// streams * streams) f32, out like h. out may be h.
Program hc_post(const Limits& machine, const HyperShape& shape);

// In double. Mixes are off by the likely gamma of the product on sum |h fn|; a sigmoid passes on a
// quarter of that. Sinkhorn scales rows and columns: the logarithm of an entry is off by at most 4
// times that of the softmax and by its own roundings. One entry an output: x, post, comb, or x
// alone.
std::vector<Expected> hc_pre_reference(const HyperShape& shape, std::span<const double> h,
                                       std::span<const double> fn, std::span<const double> scale,
                                       std::span<const double> base);
std::vector<Expected> hc_head_reference(const HyperShape& shape, std::span<const double> h,
                                        std::span<const double> fn, std::span<const double> scale,
                                        std::span<const double> base);
// In double: streams + 1 roundings on sum |comb h| + |post y|, then that of out.
Expected hc_post_reference(const HyperShape& shape, std::span<const double> y,
                           std::span<const double> h, std::span<const double> post,
                           std::span<const double> comb);

}  // namespace npu
