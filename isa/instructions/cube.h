// Matrix instructions. Operands are in fractal layout: A as (m, k) in L0A, B as (n, k) in L0B, C as
// (m, n) in L0C with 4-byte elements. Every element of C is one fp32 fused multiply-add chain in
// ascending k (exact int32 for i8).
#pragma once

#include "isa/instructions/operands.h"

namespace npu {

template <class R>
struct Mma {
  static constexpr Info info{"mma", 0x40, Unit::kCube,
                             "C = A B^T + (accumulate ? C : use_bias ? bias row : 0)"};
  Type type{};  // of A and B: f32 tf32 f16 bf16 e4m3 e5m2 -> f32; i8 i4 -> i32
  bool use_bias = false;
  bool handover = false;  // sub-tiles become free for drain one by one, and wait for it one by one
  R c{}, a{}, b{}, m{}, n{}, k{}, accumulate{}, c_pitch{}, a_pitch{}, b_pitch{}, bias{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("type", &Mma::type, "element type of A and B"),
        field("use_bias", &Mma::use_bias, "an overwriting mma starts from the bias row"),
        field("handover", &Mma::handover, "hand sub-tiles over to drain"),
        field("c", &Mma::c, "L0C address"), field("a", &Mma::a, "L0A address"),
        field("b", &Mma::b, "L0B address"), field("m", &Mma::m, "rows of C"),
        field("n", &Mma::n, "columns of C"), field("k", &Mma::k, "depth"),
        optional_field("accumulate", &Mma::accumulate, "not 0: add to C; 0: overwrite it"),
        optional_field("c_pitch", &Mma::c_pitch, "bytes between columns of tiles; 0 means packed"),
        optional_field("a_pitch", &Mma::a_pitch, "bytes between columns of tiles; 0 means packed"),
        optional_field("b_pitch", &Mma::b_pitch, "bytes between columns of tiles; 0 means packed"),
        optional_field("bias", &Mma::bias, "bias buffer address"),
        field("sync", &Mma::sync, "waits and sets"));
  }
};

// An element of A or B is multiplied by its scale in f32 before it enters the chain, which is exact
// unless the product leaves the range of f32. Operands and scale planes are packed (see
// feed_scale); the types of A and B may differ.
template <class R>
struct MmaScaled {
  static constexpr Info info{"mma_scaled", 0x41, Unit::kCube,
                             "as mma, with an e8m0 scale for each 32 of K on both sides"};
  Type type_a{}, type_b{};
  bool handover = false;
  R c{}, a{}, b{}, m{}, n{}, k{}, accumulate{}, a_scale{}, b_scale{}, c_pitch{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("type_a", &MmaScaled::type_a, "element type of A: e4m3 e5m2 e2m1"),
        field("type_b", &MmaScaled::type_b, "element type of B: e4m3 e5m2 e2m1"),
        field("handover", &MmaScaled::handover, "hand sub-tiles over to drain"),
        field("c", &MmaScaled::c, "L0C address"), field("a", &MmaScaled::a, "L0A address"),
        field("b", &MmaScaled::b, "L0B address"), field("m", &MmaScaled::m, "rows of C"),
        field("n", &MmaScaled::n, "columns of C"), field("k", &MmaScaled::k, "depth"),
        optional_field("accumulate", &MmaScaled::accumulate, "not 0: add to C"),
        field("a_scale", &MmaScaled::a_scale, "L0A address of A's scales"),
        field("b_scale", &MmaScaled::b_scale, "L0B address of B's scales"),
        optional_field("c_pitch", &MmaScaled::c_pitch,
                       "bytes between columns of tiles; 0 means packed"),
        field("sync", &MmaScaled::sync, "waits and sets"));
  }
};

}  // namespace npu
