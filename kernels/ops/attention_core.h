// The loop that both attention kernels share: one tile of query rows against a run of keys, in one
// pass over them. The cube core makes scores and partial outputs; the vector cores, rows shared
// out, keep each row's maximum, sum and output. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/kit/kit.h"
#include "kernels/ops/attention.h"

namespace npu::detail {

struct AttentionTiling {
  int64_t rows = 0;   // query rows of a tile
  int64_t keys = 0;   // keys of a tile
  int64_t step = 0;   // of the contracted dimension in a slot of L0
  int64_t piece = 0;  // rows that a vector core works on at a time
};

// The largest tile whose slots fit every buffer beside `reserved` bytes of UB; rows no more than
// `wanted` asks for. Throws InputError where not even one native tile fits.
AttentionTiling attention_tiling(const Limits& machine, const AttentionShape& shape, int64_t wanted,
                                 int64_t reserved);

// Where the keys of one task are.
struct Keys {
  Int count;                                               // how many, from the first on; may be 0
  std::function<View(Int j)> key, value;                   // the j-th tile of each
  std::function<void(Tile scores, Int j)> mask = nullptr;  // optional: sets scores to kLowest
};

class AttentionCore {
 public:
  AttentionCore(Kernel& kernel, const AttentionShape& shape, const AttentionTiling& tiling);

  // Afterwards output / sum is the attention of the query tile's rows; rows must be clipped before.
  void attend(const View& query, const Keys& keys);

  const Dim rows, mine;  // query rows, and this vector core's share of them
  const Tile max, sum;   // (mine, 1) f32
  const Tile output;     // (mine, head_dim) f32

 private:
  using Part = std::function<Tile(Int i, int64_t count)>;  // of an operand: its i-th step
  void multiply(const Int& depth, int64_t most, const Part& a, const Part& b);
  void score(const Tile& q, const View& key);
  void weigh(const View& value);
  void probabilities(const Keys& keys, const Int& j);
  void accumulate();

  static constexpr int kSkew = 1;  // turns between the scores of a tile of keys and its output

  Kernel& k_;
  Vec& v_;
  const AttentionShape shape_;
  const AttentionTiling tiling_;
  const Dim keys_;
  Ring &q_l1_, &k_l1_, &v_l1_, &a_l0_, &b_l0_, &sums_, &p_ub_, &decay_;
  Link &scores_, &probs_, &parts_;
  const Tile top_, part_;
};

}  // namespace npu::detail
