#include <algorithm>
#include <cmath>

#include "kernels/ops/sample_top_k.h"

namespace npu {

namespace {

// The machine's vhash.
uint32_t hash(uint32_t x) {
  x += 0x9e3779b9;
  x = (x ^ x >> 16) * 0x85ebca6b;
  x = (x ^ x >> 13) * 0xc2b2ae35;
  return x ^ x >> 16;
}

}  // namespace

Expected sample_top_k_reference(const SampleShape& s, std::span<const double> logits,
                                std::span<const double> tokens, int64_t seed) {
  Expected expected;
  const size_t n = static_cast<size_t>(s.candidates);
  for (size_t r = 0; r < static_cast<size_t>(s.rows); ++r) {
    const std::span<const double> row = logits.subspan(r * n, n);
    const double top = *std::max_element(row.begin(), row.end());
    std::vector<double> p;
    double sum = 0;
    for (const double x : row) {
      p.push_back(std::exp((x - top) / double{s.temperature}));
      sum += p.back();
    }
    const uint32_t bits = hash(hash(static_cast<uint32_t>(seed)) + static_cast<uint32_t>(r));
    const double u = static_cast<double>(bits >> 8) * 0x1p-24 * sum;
    size_t drawn = 0;
    for (double running = p[0]; drawn + 1 < n && running <= u;) running += p[++drawn];
    expected.want.push_back(tokens[r * n + drawn]);
    expected.bound.push_back(0);
  }
  return expected;
}

}  // namespace npu
