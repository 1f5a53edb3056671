#include "kernels/ops/epilogue.h"

namespace npu::detail {

namespace {

using namespace types;

// Rows of a vector core's part that it works on at a time: what fits the half of UB that its part
// of a tile leaves, at 32 bytes for each element in the buffers below.
int64_t piece_of(const Limits& machine, const ProductTiling& t) {
  constexpr int64_t kBytesEach = 32;
  const int64_t part = t.m / machine.vectors;
  int64_t piece = part;
  while (part % piece != 0 || piece * t.n * kBytesEach > static_cast<int64_t>(machine.ub) / 2) {
    --piece;
  }
  return piece;
}

}  // namespace

bool Epilogue::takes_vector(const MatmulShape& s) {
  const bool smooth =
      s.activation == MatmulActivation::kGelu || s.activation == MatmulActivation::kSilu;
  return s.token_scale || s.residual || smooth || (s.channel_scale && s.alpha != 1) ||
         (is_integer(s.type) && s.out == e4m3);
}

Epilogue::Epilogue(Kernel& k, const MatmulShape& s, const ProductTiling& t, const Dim& rows,
                   const Dim& cols)
    : k_(k), shape_(s), tiling_(t) {
  if (s.channel_scale) scale_ = k.tensor("scale", f32, {s.n});
  if (s.token_scale) token_scale_ = k.tensor("token_scale", f32, {s.m});
  if (s.residual) residual_ = k.tensor("residual", s.residual_type(), {s.m, s.n});
  c_ = k.tensor("c", s.out, {s.m, s.n});
  if (s.channel_scale) {
    scale_l1_ = &k.ring("scale_l1", Mem::kL1, f32, {1, cols}, 1);
    table_ = &k.ring("table", Mem::kTable, f32, {1, cols}, 1);
  }
  if (!takes_vector(s)) return;
  const int64_t piece = piece_of(k.machine(), t);
  const bool direct = k.machine().l0c_to_ub;
  parts_ = &k.link("parts", Dir::kToVector, f32, {rows, cols},
                   {.depth = direct ? 1 : 2, .piece = piece});
  if (s.token_scale) token_ub_ = &k.ring("token_ub", Mem::kUb, f32, {piece, 1}, 2);
  if (s.residual) {
    residual_ub_ = &k.ring("residual_ub", Mem::kUb, s.residual_type(), {piece, cols}, 2);
  }
  c_ub_ = &k.ring("c_ub", Mem::kUb, s.out, {piece, cols}, 2);
  spare_ = k.buffer("spare", f32, {piece, cols});
}

DrainOptions Epilogue::drain_options(const Int& n) {
  DrainOptions options;
  if (!parts_ && shape_.activation == MatmulActivation::kRelu) {
    options.activation = Activation::kRelu;
  }
  if (!shape_.channel_scale) {
    options.scale = F32(shape_.alpha);
    return options;
  }
  k_.load(scale_l1_->push(), scale_->tile(0, n));
  k_.feed_table(table_->push(), scale_l1_->pop());
  options.column_scale = Src(table_->pop());
  return options;
}

void Epilogue::finish(const Lease& sums, const Int& m, const Int& n) {
  if (!parts_) return k_.drain(c_->tile(m, n), sums, drain_options(n));
  k_.drain(parts_->push(), sums, drain_options(n));
  const Int first = m * tiling_.m + k_.vector() * (tiling_.m / k_.vectors());
  k_.pieces(parts_->pop(), [&](Tile x, Rows at) { by_vector(x, first + at.first, n); });
}

void Epilogue::by_vector(const Tile& x, const Int& row, const Int& n) {
  Vec& v = k_.vec;
  if (shape_.channel_scale && shape_.alpha != 1) v.mul(x, x, shape_.alpha);
  if (token_scale_) {
    k_.load(token_ub_->push(), token_scale_->from(0, row));
    v.mul(x, x, token_ub_->pop());
  }
  activate(x);
  if (residual_) {
    k_.load(residual_ub_->push(), residual_->from(row, n * tiling_.n));
    v.convert(*spare_, residual_ub_->pop());
    v.add(x, x, *spare_);
  }
  v.convert(c_ub_->push(), x);
  k_.store(c_->from(row, n * tiling_.n), c_ub_->pop());
}

// silu: x / (1 + exp(-x)); gelu: the same with -2 sqrt(2 / pi) (x + 0.044715 x^3) in the exponent.
void Epilogue::activate(const Tile& x) {
  Vec& v = k_.vec;
  const Tile e = spare_->clipped(x.row_count(), x.col_count());
  switch (shape_.activation) {
    case MatmulActivation::kNone:
      return;
    case MatmulActivation::kRelu:
      return v.relu(x, x);
    case MatmulActivation::kGelu:
      v.mul(e, x, x);
      v.fma(e, e, kGeluCubic * kGeluSlope, kGeluSlope);
      v.mul(e, e, x);
      break;
    case MatmulActivation::kSilu:
      v.neg(e, x);
      break;
  }
  v.exp(e, e);
  v.add(e, e, 1);
  v.div(x, x, e);
}

}  // namespace npu::detail
