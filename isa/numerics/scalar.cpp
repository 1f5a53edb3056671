#include "isa/numerics/scalar.h"

#include "isa/errors.h"
#include "isa/numerics/integer.h"
#include "isa/numerics/minifloat.h"

namespace npu {
namespace {

using detail::RoundMask;

double round_whole(double x, Round round) {
  switch (round) {
    case Round::kNearestEven:
      return detail::round_whole<Round::kNearestEven>(x);
    case Round::kZero:
      return detail::round_whole<Round::kZero>(x);
    case Round::kFloor:
      return detail::round_whole<Round::kFloor>(x);
    case Round::kCeil:
      return detail::round_whole<Round::kCeil>(x);
  }
  NPU_ASSERT(!"a rounding mode");
  return 0;
}

uint32_t encode_integer(Type type, double whole) {
  switch (type) {
    case Type::kI32:
      return detail::saturate_whole<32, true>(whole);
    case Type::kI16:
      return detail::saturate_whole<16, true>(whole) & 0xffff;
    case Type::kI8:
      return detail::saturate_whole<8, true>(whole) & 0xff;
    case Type::kI4:
      return detail::saturate_whole<4, true>(whole) & 0xf;
    case Type::kU32:
      return detail::saturate_whole<32, false>(whole);
    default:
      NPU_ASSERT(type == Type::kU8);
      return detail::saturate_whole<8, false>(whole);
  }
}

int32_t sign_extend(uint32_t code, int bits) {
  return static_cast<int32_t>(code << (32 - bits)) >> (32 - bits);
}

}  // namespace

float f16_to_f32(uint16_t code) { return detail::decode_float<detail::F16>(code); }

float bf16_to_f32(uint16_t code) { return detail::decode_float<detail::Bf16>(code); }

uint16_t f32_to_f16(float x, Round round, bool saturate) {
  return static_cast<uint16_t>(detail::encode_float<detail::F16>(x, RoundMask(round), saturate));
}

uint16_t f32_to_bf16(float x, Round round, bool saturate) {
  return static_cast<uint16_t>(detail::encode_float<detail::Bf16>(x, RoundMask(round), saturate));
}

float round_to_tf32(float x, Round round) {
  return std::bit_cast<float>(detail::encode_float<detail::Tf32>(x, RoundMask(round), false) << 13);
}

float canonical(float x) { return x == x ? x : std::bit_cast<float>(detail::kCanonicalNan); }

double decode(Type type, uint32_t code) {
  switch (type) {
    case Type::kF32:
      return detail::decode_float<detail::F32>(code);
    case Type::kTf32:
      return round_to_tf32(std::bit_cast<float>(code));
    case Type::kF16:
      return detail::decode_float<detail::F16>(code);
    case Type::kBf16:
      return detail::decode_float<detail::Bf16>(code);
    case Type::kE4m3:
      return detail::decode_float<detail::E4m3>(code);
    case Type::kE5m2:
      return detail::decode_float<detail::E5m2>(code);
    case Type::kE2m1:
      return detail::decode_float<detail::E2m1>(code);
    case Type::kE8m0:
      return detail::decode_e8m0(code);
    case Type::kU32:
      return code;
    case Type::kU8:
      return code & 0xff;
    default:
      return sign_extend(code, bits_of(type));
  }
}

uint32_t encode(Type type, double x, Round round, bool saturate) {
  const RoundMask mask(round);
  switch (type) {
    case Type::kF32:
      return detail::encode_float<detail::F32>(x, mask, saturate);
    case Type::kTf32:
      return detail::encode_float<detail::Tf32>(x, mask, saturate) << 13;
    case Type::kF16:
      return detail::encode_float<detail::F16>(x, mask, saturate);
    case Type::kBf16:
      return detail::encode_float<detail::Bf16>(x, mask, saturate);
    case Type::kE4m3:
      return detail::encode_float<detail::E4m3>(x, mask, saturate);
    case Type::kE5m2:
      return detail::encode_float<detail::E5m2>(x, mask, saturate);
    case Type::kE2m1:
      return detail::encode_float<detail::E2m1>(x, mask, saturate);
    case Type::kE8m0:
      return detail::encode_e8m0(x, mask, saturate);
    default:
      return encode_integer(type, round_whole(x, round));
  }
}

}  // namespace npu
