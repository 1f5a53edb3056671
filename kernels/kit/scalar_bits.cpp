#include "kernels/kit/scalar_bits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "isa/numerics/convert.h"

namespace npu::kit {

int64_t number_bits(const Verb& verb, double number, Type type) {
  if (is_float(type)) {
    constexpr double kLargest = 3.4028234663852886e38;
    const bool finite = std::isfinite(number);
    const auto single =
        static_cast<float>(finite ? std::clamp(number, -kLargest, kLargest) : number);
    uint32_t bits = 0;
    convert(&single, Type::kF32, &bits, type, 1, Round::kNearestEven, finite);
    return bits;
  }
  const int width = bits_of(type);
  const bool is_unsigned = type == Type::kU32 || type == Type::kU8;
  const double low = is_unsigned ? 0 : -std::ldexp(1.0, width - 1);
  const double high = std::ldexp(1.0, is_unsigned ? width : width - 1) - 1;
  if (!(number >= low && number <= high) || number != std::floor(number)) {
    verb.fail("the scalar " + std::to_string(number) + " is no " + type_name(type));
  }
  return static_cast<int64_t>(number) & ((int64_t{1} << width) - 1);
}

Int scalar_bits(const Verb& verb, const Operand& operand, Type type) {
  if (const double* number = std::get_if<double>(&operand.value())) {
    return number_bits(verb, *number, type);
  }
  if (const Int* integer = std::get_if<Int>(&operand.value())) {
    if (const auto known = integer->known()) {
      return number_bits(verb, static_cast<double>(*known), type);
    }
    if (type == Type::kF32) return Int(to_f32(*integer).bits());
    if (is_integer(type)) return *integer;
  }
  if (const npu::F32* real = std::get_if<npu::F32>(&operand.value())) {
    if (type == Type::kF32) return Int(real->bits());
    if (const auto known = real->known()) return number_bits(verb, *known, type);
  }
  verb.fail(std::string("a scalar known only at run time cannot become ") + type_name(type) +
            "; allowed: f32 for an F32, f32 and integers for an Int");
}

void use_row_layout(const Verb& verb, const TileInfo& source) {
  if (source.lease < 0) verb.fail("the source is a slot of a ring in L1");
  Recorder& r = verb.recorder;
  RingInfo& ring = r.rings[static_cast<size_t>(r.leases[static_cast<size_t>(source.lease)].ring)];
  if (ring.shape[0]->capacity() != 1) {
    verb.fail("ring " + ring.name + " has " + std::to_string(ring.shape[0]->capacity()) +
              " rows; a bias or a column scale is one row");
  }
  ring.row_layout = true;
}

}  // namespace npu::kit
