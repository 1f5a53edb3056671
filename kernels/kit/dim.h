// Dim: an extent with a capacity, fixed at build time, and a current value. Rings, buffers and
// links are shaped by Dims; one `clip` sets the tail of every load, feed, mma, drain and vector
// verb on them.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/kit/scalar.h"

namespace npu {

class Dim {
 public:
  // Handles are made by Kernel::dim and Kernel::share.
  Dim(kit::Recorder* recorder, int index) : recorder_(recorder), index_(index) {}

  // The current value becomes min(left, capacity), at least 0, until the next clip.
  void clip(const Int& left) const;
  // The current value.
  Int value() const;
  operator Int() const { return value(); }  // NOLINT: implicit
  int64_t capacity() const;
  const std::string& name() const;

  kit::Recorder* recorder() const { return recorder_; }
  int index() const { return index_; }

 private:
  kit::Recorder* recorder_;
  int index_;
};

// One extent of a shape: a Dim, or a number known at build time.
class Extent {
 public:
  Extent(const Dim& dim) : capacity_(dim.capacity()), dim_(dim) {}  // NOLINT: implicit
  template <std::integral T>
  Extent(T value) : capacity_(static_cast<int64_t>(value)) {}  // NOLINT: implicit
  Extent(const Int& value);                                    // NOLINT: implicit

  int64_t capacity() const { return capacity_; }
  const std::optional<Dim>& dim() const { return dim_; }

 private:
  int64_t capacity_;
  std::optional<Dim> dim_;
};

}  // namespace npu
