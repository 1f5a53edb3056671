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

double activated(MatmulActivation activation, double x) {
  switch (activation) {
    case MatmulActivation::kNone:
      return x;
    case MatmulActivation::kRelu:
      return std::max(x, 0.0);
    case MatmulActivation::kGelu:
      return x / (1 + std::exp(kGeluSlope * (x + kGeluCubic * x * x * x)));
    case MatmulActivation::kSilu:
      return x / (1 + std::exp(-x));
  }
  return x;
}

// The finite range of a quantised result, at which it saturates.
double saturated(Type type, double x) {
  if (type == Type::kI8) return std::clamp(x, -128.0, 127.0);
  if (type == Type::kE4m3) return std::clamp(x, -448.0, 448.0);
  return x;
}

// Turns sum (i, j), which is off by at most `error`, into element (i, j) of c and its bound. No
// activation is steeper than 1.13. In f32 it takes at most three roundings of scales, eight more
// with an activation (exponent, exponential, sum, quotient) and one of the residual.
void finish(const MatmulShape& shape, const MatmulEpilogue& epilogue, size_t i, size_t j,
            double error, Expected& expected) {
  constexpr double kSteepest = 1.13, kRoundings = 12;
  const size_t at = i * static_cast<size_t>(shape.n) + j;
  double& want = expected.want[at];
  if (shape.has_epilogue()) {
    const double scale = static_cast<double>(shape.alpha) *
                         (shape.channel_scale ? epilogue.scale[j] : 1) *
                         (shape.token_scale ? epilogue.token_scale[i] : 1);
    const double x = scale * want, residual = shape.residual ? epilogue.residual[at] : 0;
    want = activated(shape.activation, x) + residual;
    error = kSteepest * std::fabs(scale) * error +
            gamma_f32(kRoundings) * (std::fabs(x) + std::fabs(residual));
  }
  want = saturated(shape.out, want);
  expected.bound[at] = with_rounding(shape.out, want, error);
}

}  // namespace

Expected matmul_reference(const MatmulShape& shape, std::span<const double> a,
                          std::span<const double> b, std::span<const double> bias,
                          const MatmulEpilogue& epilogue) {
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
  const double gamma = is_integer(shape.type) ? 0 : gamma_f32(static_cast<double>(k + 1));
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const double size = a_norm[i] * b_norm[j] + (shape.bias ? std::fabs(bias[j]) : 0);
      finish(shape, epilogue, i, j, gamma * size, expected);
    }
  }
  return expected;
}

}  // namespace npu
