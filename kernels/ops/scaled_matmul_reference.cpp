#include <vector>

#include "kernels/ops/matmul.h"
#include "kernels/ops/scaled_matmul.h"

namespace npu {

namespace {

std::vector<double> multiplied(std::span<const double> values, std::span<const double> scales,
                               const ScaleBlock& block, int64_t rows, int64_t cols) {
  const int64_t scale_cols = (cols + block.cols - 1) / block.cols;
  std::vector<double> result(values.begin(), values.end());
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      result[static_cast<size_t>(r * cols + c)] *=
          scales[static_cast<size_t>(r / block.rows * scale_cols + c / block.cols)];
    }
  }
  return result;
}

}  // namespace

Expected scaled_matmul_reference(const ScaledMatmulShape& s, std::span<const double> a,
                                 std::span<const double> a_scale, std::span<const double> b,
                                 std::span<const double> b_scale) {
  const std::vector<double> left = multiplied(a, a_scale, s.a_block, s.m, s.k),
                            right = multiplied(b, b_scale, s.b_block, s.n, s.k);
  MatmulShape shape{.m = s.m, .n = s.n, .k = s.k, .b_transposed = true, .out = s.out};
  Expected expected = matmul_reference(shape, left, right, {});
  // Scales of f32 add two roundings to each block's sum.
  for (double& bound : expected.bound) {
    bound *= gamma_f32(static_cast<double>(s.k + 3)) / gamma_f32(static_cast<double>(s.k + 1));
  }
  return expected;
}

}  // namespace npu
