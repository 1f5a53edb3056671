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
  const size_t width = static_cast<size_t>(s.width());
  for (size_t row = 0; row < x.size(); row += cols) {
    for (size_t first = 0; first < used; first += width) {
      const size_t end = std::min(used, first + width);
      double top = s.floor();
      for (size_t c = first; c < end; ++c) top = std::max(top, std::fabs(x[row + c]));
      // A scale of f32 and the quotients by it are rounded to f32, as on the machine.
      const double scale = s.scale == Type::kE8m0 ? next_power_of_two(top / s.largest())
                                                  : double{static_cast<float>(top / s.largest())};
      scales.want.push_back(scale);
      for (size_t c = first; c < end; ++c) {
        const double scaled = double{static_cast<float>(x[row + c] / scale)};
        const double code =
            decode(s.code, encode(s.code, scaled, Round::kNearestEven, /*saturate=*/true));
        codes.want.push_back(code);
        const double value = double{static_cast<float>(code * scale)};
        values.want.push_back(decode(s.type, encode(s.type, value)));
      }
    }
    for (size_t c = used; c < cols; ++c) values.want.push_back(x[row + c]);
  }
  for (Expected* exact : {&codes, &scales, &values}) exact->bound.resize(exact->want.size());
  if (s.values) return {values};
  return {codes, scales};
}

}  // namespace npu
