// Reductions of a row of floats, each with one fixed order, so that the bits do not depend on the
// host.
//
// NaN: a sum, maximum, minimum or absolute maximum over any NaN is the canonical NaN.
#pragma once

#include <cstddef>

namespace npu {

// The tree of row_sum: 64 lanes, each starting at +0; lane j adds x[j], x[j + 64], x[j + 128] ...
// in that order; then lane[j] += lane[j + w] for j < w, for w = 32, 16, 8, 4, 2, 1; the result is
// lane[0]. The sum of nothing is +0.
inline constexpr size_t kSumLanes = 64;
float row_sum(const float* x, size_t count);

// -0 is less than +0. Of nothing: -inf and +inf.
float row_max(const float* x, size_t count);
float row_min(const float* x, size_t count);

// The largest |x[i]|; +0 of nothing.
float row_absmax(const float* x, size_t count);

// The index of the largest element, the lowest index among equals (-0 equals +0). A NaN is above
// everything, as it is in a sort: the first one wins. 0 of nothing.
size_t row_argmax(const float* x, size_t count);

// The elementwise forms, with the rules of row_max and row_min.
float max_f32(float a, float b);
float min_f32(float a, float b);
void max_f32(const float* a, const float* b, float* y, size_t count);
void min_f32(const float* a, const float* b, float* y, size_t count);

}  // namespace npu
