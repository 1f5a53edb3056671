#include "kernels/ops/listed_rows.h"

#include <algorithm>

#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

constexpr int64_t kPiece = 8;  // rows that a vector core unpacks at a time

int64_t plain_rows(const SparseAttentionShape& s) { return std::min(s.rows, s.tokens * s.width); }

Tensor plain(Kernel& k, const SparseAttentionShape& s) {
  if (s.packed == 0) return k.tensor("kv", s.type, {s.rows, s.head_dim});
  return k.workspace("plain", s.type, {plain_rows(s), s.head_dim}, Per::kChip);
}

}  // namespace

ListedRows::ListedRows(Kernel& k, const SparseAttentionShape& s)
    : k_(k), shape_(s), rows_(plain(k, s)) {
  if (s.packed == 0) return;
  codes_ = k.tensor("codes", Type::kE4m3, {s.rows, s.packed});
  scales_ = k.tensor("scales", Type::kE8m0, {s.rows, s.groups()});
  if (s.packed < s.head_dim) rest_ = k.tensor("rest", s.type, {s.rows, s.head_dim - s.packed});
}

int64_t ListedRows::bytes(const Limits& machine, const SparseAttentionShape& s) {
  if (s.packed == 0) return 0;
  const auto row = [&](int64_t cols, Type type) { return padded_row(machine, cols, type); };
  return kPiece * (2 * row(s.packed, Type::kE4m3) + 2 * row(s.groups(), Type::kE8m0) +
                   2 * row(s.head_dim - s.packed, s.type) + 2 * row(s.head_dim, s.type) +
                   row(s.packed, Type::kF32) + row(row_columns(s.groups()), Type::kF32));
}

bool ListedRows::whole_cache() const { return shape_.rows <= shape_.tokens * shape_.width; }

void ListedRows::unpack(const Tensor& lists, const Int& listed) {
  if (!codes_) return;
  const SparseAttentionShape& s = shape_;
  const int64_t groups = s.groups(), keep = s.head_dim - s.packed;
  Vec& v = k_.vec;
  const Dim some = k_.dim("some", kPiece);
  const Extent scale_cols = row_extent(k_, "scale_cols", groups);
  Ring& codes_ub = k_.ring("codes_ub", Mem::kUb, Type::kE4m3, {some, s.packed}, 2);
  Ring& scales_ub = k_.ring("scales_ub", Mem::kUb, Type::kE8m0, {some, scale_cols}, 2);
  Ring* rest_ub = rest_ ? &k_.ring("rest_ub", Mem::kUb, s.type, {some, keep}, 2) : nullptr;
  Ring& plain_ub = k_.ring("plain_ub", Mem::kUb, s.type, {some, s.head_dim}, 2);
  const Tile wide = k_.buffer("wide", Type::kF32, {some, s.packed});
  const Tile scale = k_.buffer("scale", Type::kF32, {some, scale_cols});

  const auto make = [&](const auto& rows_of, const View& to) {
    k_.load(codes_ub.push(), rows_of(*codes_));
    k_.load(scales_ub.push(), rows_of(*scales_));
    if (rest_) k_.load(rest_ub->push(), rows_of(*rest_));
    v.convert(wide, codes_ub.pop());
    v.convert(scale, scales_ub.pop());
    for (int64_t g = 0; g < groups; ++g) {
      const Tile group = wide.cols(g, kPackedGroup);
      v.mul(group, group, scale.col(g));
    }
    k_.use(plain_ub.push(), [&](Tile row) {
      v.convert(row.cols(0, s.packed), wide);
      if (rest_) v.copy(row.cols_from(s.packed, keep), rest_ub->pop());
    });
    k_.store(to, plain_ub.pop());
  };

  if (whole_cache()) {
    k_.tasks(ceil_div(s.rows, kPiece),
             [&](Int task) {
               some.clip(s.rows - task * kPiece);
               make([&](const Tensor& plane) { return plane.tile(task, 0); }, rows_.tile(task, 0));
             },
             {.per = Per::kVector});
  } else {
    const Int pieces = ceil_div(listed, kPiece);
    k_.tasks(s.tokens * pieces,
             [&](Int task) {
               const auto [piece, token] = k_.split(task, pieces);
               const Int at = piece * kPiece, left = listed - at;
               const Tensor list = lists[token].rows(at, left);
               some.clip(left);
               make([&](const Tensor& plane) { return plane.gather(list, left); },
                    rows_.from(token * s.width + at, 0));
             },
             {.per = Per::kVector});
  }
  k_.barrier();
}

View ListedRows::tile(const Tensor& lists, const Int& token, const Int& at) const {
  const Int left = shape_.width - at;
  if (codes_ && !whole_cache()) return rows_.from(token * shape_.width + at, 0);
  return rows_.gather(lists[token].rows(at, left), left);
}

}  // namespace npu::detail
