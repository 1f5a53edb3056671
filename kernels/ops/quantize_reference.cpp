#include <algorithm>
#include <cmath>

#include "isa/numerics/scalar.h"
#include "kernels/ops/quantize.h"

namespace npu {

namespace {

// The smallest power of two that is not below x.
double next_power_of_two(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);  // x = fraction 2^exponent, 0.5 <= fraction < 1
  return std::ldexp(1.0, fraction == 0.5 ? exponent - 1 : exponent);
}

}  // namespace

std::vector<Expected> quantize_reference(const QuantizeShape& s, std::span<const double> x) {
  Expected codes, scales, values;
  const size_t cols = static_cast<size_t>(s.cols), used = static_cast<size_t>(s.quantised());
  const size_t width = static_cast<size_t>(s.width()), groups = static_cast<size_t>(s.groups());
  const size_t rows = x.size() / cols, height = static_cast<size_t>(s.block_rows);
  for (size_t block = 0; block < rows; block += height) {
    for (size_t first = 0; first < used; first += width) {
      double top = s.floor();
      for (size_t r = block; r < std::min(rows, block + height); ++r) {
        for (size_t c = first; c < std::min(used, first + width); ++c)
          top = std::max(top, std::fabs(x[r * cols + c]));
      }
      // A scale of f32 and the quotients by it are rounded to f32, as on the machine.
      scales.want.push_back(s.scale == Type::kE8m0 ? next_power_of_two(top / s.largest())
                                                   : double{static_cast<float>(top / s.largest())});
    }
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t row = i / cols, col = i % cols;
    if (col >= used) {
      values.want.push_back(x[i]);
      continue;
    }
    const double scale = scales.want[row / height * groups + col / width];
    const double scaled = double{static_cast<float>(x[i] / scale)};
    const double code =
        decode(s.code, encode(s.code, scaled, Round::kNearestEven, /*saturate=*/true));
    codes.want.push_back(code);
    const double value = double{static_cast<float>(code * scale)};
    values.want.push_back(decode(s.type, encode(s.type, value)));
  }
  for (Expected* exact : {&codes, &scales, &values}) exact->bound.resize(exact->want.size());
  if (s.values) return {values};
  return {codes, scales};
}

}  // namespace npu
