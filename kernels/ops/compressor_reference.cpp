#include <algorithm>
#include <cmath>

#include "kernels/ops/compressor.h"

namespace npu {

namespace {

// A number and how far the kernel's may be off.
struct Near {
  double value = 0, error = 0;
};

void round_to(Type type, Near& x) { x.error = with_rounding(type, x.value, x.error); }

// The softmax over the rows, of one channel.
Near pool(const std::vector<Near>& kv, const std::vector<Near>& gate) {
  double top = -HUGE_VAL, spread = 0, off = 0, sum = 0, value = 0, size = 0;
  for (const Near& g : gate) top = std::max(top, g.value);
  for (size_t j = 0; j < kv.size(); ++j) {
    if (gate[j].value == -HUGE_VAL) continue;
    const double p = std::exp(gate[j].value - top);
    spread = std::max(spread, top - gate[j].value);
    off = std::max(off, gate[j].error);
    sum += p;
    value += p * kv[j].value;
    size += p * std::fabs(kv[j].value);
  }
  const double relative = 4 * off + gamma_f32(2 * (static_cast<double>(kv.size()) + 8 + spread));
  return {value / sum, relative * size / sum};
}

void normalise(std::vector<Near>& row, std::span<const double> weight, double eps) {
  double squares = 0, errors = 0;
  for (const Near& x : row) {
    squares += x.value * x.value;
    errors += x.error * x.error;
  }
  const auto count = static_cast<double>(row.size());
  const double scale = 1 / std::sqrt(squares / count + eps);
  const double off = gamma_f32((row_sum_depth(static_cast<int64_t>(row.size())) + 3) / 2 + 4) +
                     std::sqrt(errors / count) * scale;
  for (size_t c = 0; c < row.size(); ++c) {
    Near& x = row[c];
    const double factor = scale * weight[c];
    x.error = std::fabs(factor) * (x.error + std::fabs(x.value) * off) * (1 + off);
    x.value *= factor;
  }
}

void turn(Near& a, Near& b, double cos, double sin) {
  const auto sum = [](const Near& x, double f, const Near& y, double g) {
    const double size = std::fabs(x.value * f) + std::fabs(y.value * g);
    return Near{x.value * f + y.value * g,
                x.error * std::fabs(f) + y.error * std::fabs(g) + gamma_f32(3) * size};
  };
  const Near first = sum(a, cos, b, -sin);
  b = sum(b, cos, a, sin);
  a = first;
}

CompressorExpected one_sequence(const CompressorShape& s, std::span<const double> kv,
                                std::span<const double> gate, std::span<const double> ape,
                                std::span<const double> norm, std::span<const double> cos,
                                std::span<const double> sin, std::span<const double> kv_state,
                                std::span<const double> gate_state, std::span<const double> cache,
                                int64_t position) {
  const auto width = static_cast<size_t>(s.width()), dim = static_cast<size_t>(s.dim),
             half = static_cast<size_t>(s.rope_dim / 2);
  const int64_t base = (position / s.ratio - (s.overlap() - 1)) * s.ratio;
  const auto kv_at = [&](int64_t at, size_t c) {
    const bool old = at < position;
    const auto row = static_cast<size_t>(old ? at - base : at - position);
    return Near{(old ? kv_state : kv)[row * width + c], 0};
  };
  const auto gate_at = [&](int64_t at, size_t c) {
    if (at < position) return Near{gate_state[static_cast<size_t>(at - base) * width + c], 0};
    const double sum = gate[static_cast<size_t>(at - position) * width + c] +
                       ape[static_cast<size_t>(at % s.ratio) * width + c];
    return Near{sum, unit_roundoff(Type::kF32) * std::fabs(sum)};
  };

  CompressorExpected expected;
  expected.cache.want.assign(cache.begin(), cache.end());
  expected.cache.bound.resize(cache.size());
  const int64_t end = position + s.tokens, open = end / s.ratio;
  for (int64_t i = position / s.ratio; i < open; ++i) {
    std::vector<Near> row(dim);
    for (size_t c = 0; c < dim; ++c) {
      std::vector<Near> values, gates;
      for (int64_t h = 0; h < s.overlap(); ++h) {
        for (int64_t j = 0; j < s.ratio; ++j) {
          const int64_t at = (i - (s.overlap() - 1) + h) * s.ratio + j;
          values.push_back(kv_at(at, static_cast<size_t>(h) * dim + c));
          gates.push_back(gate_at(at, static_cast<size_t>(h) * dim + c));
        }
      }
      row[c] = pool(values, gates);
      if (s.type == Type::kBf16) round_to(Type::kBf16, row[c]);
    }
    normalise(row, norm, double{s.eps});
    for (Near& x : row) {
      if (s.type == Type::kBf16) round_to(Type::kBf16, x);
    }
    for (size_t pair = 0; pair < half; ++pair) {
      const size_t at = static_cast<size_t>(i * s.ratio) * half + pair;
      turn(row[dim - 2 * half + 2 * pair], row[dim - 2 * half + 2 * pair + 1], cos[at], sin[at]);
    }
    for (size_t c = 0; c < dim; ++c) {
      round_to(s.type, row[c]);
      expected.cache.want[static_cast<size_t>(i) * dim + c] = row[c].value;
      expected.cache.bound[static_cast<size_t>(i) * dim + c] = row[c].error;
    }
  }

  expected.kv_state.want.assign(kv_state.begin(), kv_state.end());
  expected.gate_state.want.assign(gate_state.begin(), gate_state.end());
  expected.kv_state.bound.resize(kv_state.size());
  expected.gate_state.bound.resize(gate_state.size());
  for (int64_t r = 0; r < s.state_rows(); ++r) {
    const int64_t at = (open - (s.overlap() - 1)) * s.ratio + r;
    if (at >= end) continue;
    for (size_t c = 0; c < width; ++c) {
      const size_t to = static_cast<size_t>(r) * width + c;
      expected.kv_state.want[to] = kv_at(at, c).value;
      expected.gate_state.want[to] = gate_at(at, c).value;
      expected.gate_state.bound[to] = gate_at(at, c).error;
    }
  }
  return expected;
}

void append(Expected& all, const Expected& one) {
  all.want.insert(all.want.end(), one.want.begin(), one.want.end());
  all.bound.insert(all.bound.end(), one.bound.begin(), one.bound.end());
}

}  // namespace

CompressorExpected compressor_reference(const CompressorShape& s, const CompressorInputs& in) {
  CompressorExpected all;
  for (int64_t i = 0; i < s.sequences; ++i) {
    const auto own = [&](std::span<const double> x, int64_t rows, int64_t cols) {
      return x.subspan(static_cast<size_t>(i * rows * cols), static_cast<size_t>(rows * cols));
    };
    const CompressorExpected one =
        one_sequence(s, own(in.kv, s.tokens, s.width()), own(in.gate, s.tokens, s.width()), in.ape,
                     in.norm, in.cos, in.sin, own(in.kv_state, s.state_rows(), s.width()),
                     own(in.gate_state, s.state_rows(), s.width()), own(in.cache, s.entries, s.dim),
                     static_cast<int64_t>(in.position[static_cast<size_t>(i)]));
    append(all.kv_state, one.kv_state);
    append(all.gate_state, one.gate_state);
    append(all.cache, one.cache);
  }
  return all;
}

}  // namespace npu
