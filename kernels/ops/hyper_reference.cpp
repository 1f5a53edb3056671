#include <algorithm>
#include <cmath>

#include "kernels/ops/hyper_connection.h"

namespace npu {

namespace {

using Values = std::vector<double>;

// A number and how far the kernel's may be from it.
struct Rough {
  double value = 0, error = 0;
};

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

// The mixes of one token. The product adds width + 1 roundings in one chain to sum |h fn|, the norm
// half of those of its sum and 4.
std::vector<Rough> mixes_of(const HyperShape& s, std::span<const double> h,
                            std::span<const double> fn) {
  double square = 0;
  for (const double value : h) square += value * value;
  const double width = static_cast<double>(s.width());
  const double norm = 1 / std::sqrt(square / width + double{s.norm_eps});
  // Streams are summed in pieces, whose sums are added in order: no more roundings than elements.
  const double norm_error = gamma_f32(row_sum_depth(s.width()) / 2 + width / 64 + 6);
  std::vector<Rough> mixes(fn.size() / h.size());
  for (size_t i = 0; i < mixes.size(); ++i) {
    double sum = 0, magnitude = 0;
    for (size_t c = 0; c < h.size(); ++c) {
      sum += h[c] * fn[i * h.size() + c];
      magnitude += std::fabs(h[c] * fn[i * h.size() + c]);
    }
    const double error = likely_gamma_f32(width + 1) * magnitude + norm_error * std::fabs(sum);
    mixes[i] = {sum * norm, error * norm};
  }
  return mixes;
}

// mix * scale + base, one rounding.
Rough scaled(const Rough& mix, double scale, double base) {
  const double z = mix.value * scale + base;
  return {z, mix.error * std::fabs(scale) + gamma_f32(2) * std::fabs(z)};
}

// A sigmoid's slope is at most a quarter; exp, sum and reciprocal add 4 roundings.
Rough rough_sigmoid(const Rough& z) {
  const double value = sigmoid(z.value);
  return {value, z.error / 4 + gamma_f32(4) * value};
}

void divide_by_sums(const HyperShape& s, std::vector<Rough>& comb, bool by_row, double eps) {
  const size_t n = static_cast<size_t>(s.streams);
  for (size_t i = 0; i < n; ++i) {
    const auto at = [&](size_t j) -> double& { return comb[by_row ? i * n + j : j * n + i].value; };
    double sum = eps;
    for (size_t j = 0; j < n; ++j) sum += at(j);
    for (size_t j = 0; j < n; ++j) at(j) /= sum;
  }
}

// In place: logits of comb to its entries. The softmax of logits that are off by e is off by the
// factor exp(2 e); scaling rows and columns to given sums adds no more than that once for rows and
// once for columns. Each division and sum of each round leaves its own roundings.
void sinkhorn(const HyperShape& s, std::vector<Rough>& comb) {
  const size_t n = static_cast<size_t>(s.streams);
  double logit_error = 0, largest = 0;
  for (const Rough& z : comb) {
    logit_error = std::max(logit_error, z.error);
    largest = std::max(largest, std::fabs(z.value));
  }
  for (size_t i = 0; i < n; ++i) {
    double top = comb[i * n].value;
    for (size_t j = 1; j < n; ++j) top = std::max(top, comb[i * n + j].value);
    for (size_t j = 0; j < n; ++j) comb[i * n + j].value = std::exp(comb[i * n + j].value - top);
  }
  divide_by_sums(s, comb, true, 0);
  for (Rough& entry : comb) entry.value += double{s.eps};
  divide_by_sums(s, comb, false, double{s.eps});
  for (int64_t round = 1; round < s.rounds; ++round) {
    divide_by_sums(s, comb, true, double{s.eps});
    divide_by_sums(s, comb, false, double{s.eps});
  }
  const double roundings = static_cast<double>(2 * s.rounds * (s.streams + 2)) + 2 * largest;
  for (Rough& entry : comb)
    entry.error = entry.value * (std::expm1(4 * logit_error) + gamma_f32(roundings));
}

void put(Expected& expected, const Rough& rough) {
  expected.want.push_back(rough.value);
  expected.bound.push_back(rough.error);
}

// x = sum over j of pre[j] h[j]
void mix(const HyperShape& s, std::span<const double> h, const std::vector<Rough>& pre,
         Expected& x) {
  const size_t dim = static_cast<size_t>(s.dim);
  for (size_t c = 0; c < dim; ++c) {
    double sum = 0, error = 0, magnitude = 0;
    for (size_t j = 0; j < pre.size(); ++j) {
      const double value = h[j * dim + c];
      sum += pre[j].value * value;
      error += pre[j].error * std::fabs(value);
      magnitude += std::fabs(pre[j].value * value);
    }
    error += gamma_f32(static_cast<double>(s.streams)) * magnitude;
    x.want.push_back(sum);
    x.bound.push_back(with_rounding(s.type, sum, error));
  }
}

std::vector<Rough> pre_of(const HyperShape& s, const std::vector<Rough>& mixes, double scale,
                          std::span<const double> base) {
  std::vector<Rough> pre;
  for (size_t j = 0; j < static_cast<size_t>(s.streams); ++j) {
    Rough value = rough_sigmoid(scaled(mixes[j], scale, base[j]));
    value.value += double{s.eps};
    value.error += gamma_f32(1) * value.value;
    pre.push_back(value);
  }
  return pre;
}

}  // namespace

std::vector<Expected> hc_pre_reference(const HyperShape& s, std::span<const double> h,
                                       std::span<const double> fn, std::span<const double> scale,
                                       std::span<const double> base) {
  const size_t n = static_cast<size_t>(s.streams), width = static_cast<size_t>(s.width());
  Expected x, post, comb;
  for (size_t t = 0; t < static_cast<size_t>(s.tokens); ++t) {
    const std::span<const double> token = h.subspan(t * width, width);
    const std::vector<Rough> mixes = mixes_of(s, token, fn);
    mix(s, token, pre_of(s, mixes, scale[0], base), x);
    for (size_t j = n; j < 2 * n; ++j) {
      const Rough value = rough_sigmoid(scaled(mixes[j], scale[1], base[j]));
      put(post, {2 * value.value, 2 * value.error});
    }
    std::vector<Rough> matrix;
    for (size_t j = 2 * n; j < mixes.size(); ++j)
      matrix.push_back(scaled(mixes[j], scale[2], base[j]));
    sinkhorn(s, matrix);
    for (const Rough& entry : matrix) put(comb, entry);
  }
  return {x, post, comb};
}

std::vector<Expected> hc_head_reference(const HyperShape& s, std::span<const double> h,
                                        std::span<const double> fn, std::span<const double> scale,
                                        std::span<const double> base) {
  const size_t width = static_cast<size_t>(s.width());
  Expected x;
  for (size_t t = 0; t < static_cast<size_t>(s.tokens); ++t) {
    const std::span<const double> token = h.subspan(t * width, width);
    mix(s, token, pre_of(s, mixes_of(s, token, fn), scale[0], base), x);
  }
  return {x};
}

Expected hc_post_reference(const HyperShape& s, std::span<const double> y,
                           std::span<const double> h, std::span<const double> post,
                           std::span<const double> comb) {
  const size_t n = static_cast<size_t>(s.streams), dim = static_cast<size_t>(s.dim);
  Expected out;
  for (size_t t = 0; t < static_cast<size_t>(s.tokens); ++t) {
    for (size_t k = 0; k < n; ++k) {
      for (size_t c = 0; c < dim; ++c) {
        double sum = post[t * n + k] * y[t * dim + c], magnitude = std::fabs(sum);
        for (size_t j = 0; j < n; ++j) {
          const double part = comb[(t * n + j) * n + k] * h[(t * n + j) * dim + c];
          sum += part;
          magnitude += std::fabs(part);
        }
        out.want.push_back(sum);
        out.bound.push_back(
            with_rounding(s.type, sum, gamma_f32(static_cast<double>(s.streams + 1)) * magnitude));
      }
    }
  }
  return out;
}

}  // namespace npu
