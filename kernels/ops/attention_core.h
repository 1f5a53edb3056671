// The loop that all attention kernels share: one tile of query rows against a run of keys, in one
// pass over them. The cube core makes scores and partial outputs; the vector cores, rows shared
// out, keep each row's maximum, sum and output. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/kit/kit.h"
#include "kernels/ops/attention_tiling.h"
#include "kernels/ops/row_folds.h"

namespace npu::detail {

// What the sum of no probability becomes: 0 / 0 is not meant.
inline constexpr double kSmallestSum = 0x1p-126;

// Where the keys of one task are, and which of them its rows see.
struct Keys {
  Int count;  // how many, from the first on; may be 0
  // Load keys, values, from the n-th on. Without the second, a value is the first channels of its
  // key: one slot serves both.
  std::function<void(const Tile&slot, const Int&n)> load_key, load_value = nullptr;
  // Optional, on the vector cores: once a tile j of keys, and for each piece of its scores.
  std::function<void(const Int& j)> prepare = nullptr;
  std::function<void(const Tile& scores, const Int& j)> mask = nullptr;
};

class AttentionCore {
 public:
  AttentionCore(Kernel& kernel, const AttentionShape& shape, const AttentionTiling& tiling);

  // Afterwards output / sum is the attention of the query tile's rows; rows must be clipped before.
  // Rows that see no key have sum 0, or an output of what the masked tiles hold and max kLowest.
  void attend(const View& query, const Keys& wanted);
  // After attend: a score per row that takes its share of the denominator and has no value.
  void add_sink(const Operand& sink);
  // After attend: output = output / sum, 0 where no key was seen.
  void divide();

  const Dim rows, mine;  // query rows, and this vector core's share of them
  const Dim keys;        // of the present tile
  const Tile max, sum;   // (mine, 1) f32
  const Tile output;     // (mine, value_dim) f32

 private:
  using Part = std::function<Tile(Int i, int64_t count)>;  // of an operand: its i-th step
  void multiply(const Tile& c, const Int& depth, int64_t most, const Part& a, const Part& b);
  void multiply_value(const Tile& c, const Tile& p, const Tile& value);
  void score(const Tile& q, const Keys& wanted, const Int& j);
  void weigh(const Keys& wanted, const Int& j);
  void probabilities(const Keys& wanted, const Int& j);
  void reduce(const Tile& result, const Tile& x, const Rows& at, bool maximum);
  void accumulate();
  void blocks(const std::function<void(Int)>& body);
  void strips(const std::function<void(int64_t)>& body);

  static constexpr int kSkew = 1;  // turns between the scores of a tile of keys and its output

  Kernel& k_;
  Vec& v_;
  const AttentionShape shape_;
  const AttentionTiling tiling_;
  const Dim block_;  // keys of the present block of the tile
  Ring &q_l1_, &k_l1_;
  Ring* v_l1_;  // null where keys and values share a slot
  Ring &a_l0_, &b_l0_, &sums_, &p_ub_, &decay_;
  Link &scores_, &probs_, &parts_;
  const RowFolds folds_;
  const Tile top_, part_, weight_;
};

}  // namespace npu::detail
