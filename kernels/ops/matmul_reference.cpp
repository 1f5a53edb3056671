#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/ops/matmul.h"

namespace npu {

namespace {

// (rows, cols) to (cols, rows), in blocks that stay in a cache.
std::vector<double> transposed(std::span<const double> x, size_t rows, size_t cols) {
  constexpr size_t kBlock = 32;
  std::vector<double> y(x.size());
  for (size_t r0 = 0; r0 < rows; r0 += kBlock) {
    for (size_t c0 = 0; c0 < cols; c0 += kBlock) {
      for (size_t r = r0; r < std::min(rows, r0 + kBlock); ++r) {
        for (size_t c = c0; c < std::min(cols, c0 + kBlock); ++c) y[c * rows + r] = x[r * cols + c];
      }
    }
  }
  return y;
}

// Euclidean norm of each row, or of each column.
std::vector<double> norms(std::span<const double> x, size_t rows, size_t cols, bool of_rows) {
  std::vector<double> sums(of_rows ? rows : cols);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < cols; ++c) sums[of_rows ? r : c] += x[r * cols + c] * x[r * cols + c];
  }
  for (double& sum : sums) sum = std::sqrt(sum);
  return sums;
}

// c[4 rows][cols] += a[4 rows][k] b[k][cols] for one block of columns; c's rows are n apart.
void add_four_rows(const double* const a[4], const double* b, double* const c[4], size_t k,
                   size_t n, size_t cols) {
  for (size_t kk = 0; kk < k; ++kk) {
    const double a0 = a[0][kk], a1 = a[1][kk], a2 = a[2][kk], a3 = a[3][kk];
    const double* row = b + kk * n;
    for (size_t j = 0; j < cols; ++j) {
      c[0][j] += a0 * row[j];
      c[1][j] += a1 * row[j];
      c[2][j] += a2 * row[j];
      c[3][j] += a3 * row[j];
    }
  }
}

// c += a b with a (m, k) and b (k, n) row-major: four rows of c at a time, b in blocks of columns
// and of k that stay in a cache.
void multiply(std::span<const double> a, std::span<const double> b, std::span<double> c, size_t m,
              size_t n, size_t k) {
  constexpr size_t kCols = 256, kDepth = 128;
  std::vector<double> spare(n);  // where the rows past the last of four go
  for (size_t j0 = 0; j0 < n; j0 += kCols) {
    for (size_t k0 = 0; k0 < k; k0 += kDepth) {
      for (size_t i0 = 0; i0 < m; i0 += 4) {
        const double* rows[4];
        double* sums[4];
        for (size_t i = 0; i < 4; ++i) {
          const size_t row = std::min(i0 + i, m - 1);
          rows[i] = a.data() + row * k + k0;
          sums[i] = i0 + i < m ? c.data() + row * n + j0 : spare.data() + j0;
        }
        add_four_rows(rows, b.data() + k0 * n + j0, sums, std::min(kDepth, k - k0), n,
                      std::min(kCols, n - j0));
      }
    }
  }
}

}  // namespace

Expected matmul_reference(const MatmulShape& shape, std::span<const double> a,
                          std::span<const double> b, std::span<const double> bias) {
  const size_t m = static_cast<size_t>(shape.m), n = static_cast<size_t>(shape.n),
               k = static_cast<size_t>(shape.k);
  std::vector<double> turned_a, turned_b;
  if (shape.a_transposed) a = turned_a = transposed(a, k, m);
  if (shape.b_transposed) b = turned_b = transposed(b, n, k);

  Expected expected;
  expected.want.resize(m * n);
  expected.bound.resize(m * n);
  for (size_t i = 0; i < m && shape.bias; ++i) {
    std::copy(bias.begin(), bias.end(), expected.want.begin() + static_cast<ptrdiff_t>(i * n));
  }
  multiply(a, b, expected.want, m, n, k);

  const std::vector<double> a_norm = norms(a, m, k, true), b_norm = norms(b, k, n, false);
  const double gamma = shape.type == Type::kI8 ? 0 : gamma_f32(static_cast<double>(k + 1));
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const double size = a_norm[i] * b_norm[j] + (shape.bias ? std::fabs(bias[j]) : 0);
      expected.bound[i * n + j] = with_rounding(shape.out, expected.want[i * n + j], gamma * size);
    }
  }
  return expected;
}

}  // namespace npu
