// Tensor: a row-major array in GM, an argument of the kernel or a workspace, and the views that
// load, drain and store move. The last two dimensions are rows and columns; a view of one dimension
// is one row.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "isa/types.h"
#include "kernels/kit/dim.h"
#include "kernels/kit/element_type.h"
#include "kernels/kit/scalar.h"

namespace npu {

namespace kit {
struct TensorInfo;
struct ViewInfo;
}  // namespace kit

class View;
class Element;

// A dimension of a tensor: any Int. A Dim stands for its capacity.
class TensorDim {
 public:
  TensorDim(const Int& value) : value_(value) {}         // NOLINT: implicit
  TensorDim(const Dim& dim) : value_(dim.capacity()) {}  // NOLINT: implicit
  TensorDim(const Var& var) : value_(var) {}             // NOLINT: implicit
  template <std::integral T>
  TensorDim(T value) : value_(value) {}  // NOLINT: implicit
  const Int& value() const { return value_; }

 private:
  Int value_;
};

class Tensor {
 public:
  explicit Tensor(std::shared_ptr<const kit::TensorInfo> info) : info_(std::move(info)) {}

  ElementType type() const;
  // The plane of e8m0 scales of a scaled tensor, ceil(rows / block rows) x ceil(cols / block cols).
  Tensor scales() const;
  // The values of a scaled tensor without them.
  Tensor values() const;
  size_t rank() const;
  const Int& dim(size_t index) const;

  // The i-th sub-tensor along the first dimension; rank - 1, at least rank 2 before.
  Tensor operator[](const Int& index) const;
  // The same tensor on another chip of the system: an argument or a workspace lies at the same
  // place on every chip.
  Tensor on(const Int& chip) const;
  // Rows [first, first + count) of a tensor of rank 2 (elements of a tensor of rank 1). Where the
  // tensor is scaled, `first` begins a block, here and in cols().
  Tensor rows(const Int& first, const Int& count) const;
  // Columns [first, first + count) of a tensor of rank 2; rows keep their distance.
  Tensor cols(const Int& first, const Int& count) const;
  // The same elements in another row-major shape. The tensor must be contiguous.
  Tensor reshape(std::initializer_list<TensorDim> dims) const;
  // The same bytes in the order of native tiles, as L1 holds them: tiles of fractal_rows rows of
  // fractal_row_bytes, one column of tiles after the other. Rows and columns are whole tiles. For
  // load into L1 alone, which reads long runs then.
  Tensor tiled() const;
  // Tile (r, c) of a tensor of rank 2 (rank 1: one row, r = 0). A tile is as large as the slot it
  // meets; its extent ends at the tensor's edge.
  View tile(const Int& r, const Int& c) const;
  // The slot's worth of rows and columns from (row, col) on, cut at the tensor's edge.
  View from(const Int& row, const Int& col) const;
  // Row i is row list[i] of this tensor (rank 2), for i < count; where list[i] < 0, load gives
  // zeros and store leaves it out. `list` is an i32 tensor of rank 1 that is made control data.
  View gather(const Tensor& list, const Int& count) const;
  // One element, for Kernel::read.
  Element at(const Int& i) const;
  Element at(const Int& i, const Int& j) const;
  Element at(const Int& i, const Int& j, const Int& l) const;

  const kit::TensorInfo& info() const { return *info_; }
  const std::shared_ptr<const kit::TensorInfo>& shared_info() const { return info_; }

 private:
  std::shared_ptr<const kit::TensorInfo> info_;
};

// A matrix in GM whose size is settled by the slot it meets.
class View {
 public:
  View(const Tensor& tensor);  // NOLINT: implicit, the whole tensor (rank 1 or 2)
  explicit View(std::shared_ptr<const kit::ViewInfo> info) : info_(std::move(info)) {}
  const kit::ViewInfo& info() const { return *info_; }

 private:
  std::shared_ptr<const kit::ViewInfo> info_;
};

// One element of a tensor in GM.
class Element {
 public:
  Element(std::shared_ptr<const kit::TensorInfo> tensor, Int index)
      : tensor_(std::move(tensor)), index_(std::move(index)) {}
  const kit::TensorInfo& tensor() const { return *tensor_; }
  // Elements from the tensor's first.
  const Int& index() const { return index_; }

 private:
  std::shared_ptr<const kit::TensorInfo> tensor_;
  Int index_;
};

}  // namespace npu
