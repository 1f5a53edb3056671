// ElementType: what a tensor or a ring is made of: a type, perhaps with block scales. A scaled
// tensor carries a plane of e8m0, one scale for each block of its values; a scaled slot holds both.
// They are loaded and fed together and multiplied by the cube's mma_scaled.
#pragma once

#include <cstdint>

#include "isa/types.h"

namespace npu {

// Rows and columns of values that share a scale.
struct ScaleBlock {
  int64_t rows = 1, cols = 32;
  friend bool operator==(const ScaleBlock&, const ScaleBlock&) = default;
};

class ElementType {
 public:
  ElementType(Type type) : type_(type) {}  // NOLINT: implicit, without scales
  ElementType(Type type, ScaleBlock block) : type_(type), block_(block), scaled_(true) {}
  Type type() const { return type_; }
  bool scaled() const { return scaled_; }
  const ScaleBlock& block() const { return block_; }

 private:
  Type type_;
  ScaleBlock block_;
  bool scaled_ = false;
};

// scaled(e4m3, {1, 128}): values with an e8m0 scale for each 1 x 128 of them. A block has whole 32s
// of columns.
inline ElementType scaled(Type type, ScaleBlock block) { return {type, block}; }

}  // namespace npu
