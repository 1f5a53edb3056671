#include "isa/numerics/convert.h"

#include <algorithm>
#include <cstring>

#include "isa/errors.h"
#include "isa/numerics/integer.h"
#include "isa/numerics/minifloat.h"

namespace npu {
namespace {

using detail::map;
using detail::RoundMask;

// Elements a pass converts through the intermediate array; even, for the 4-bit types.
constexpr size_t kBlock = 512;

template <class F>
struct Decode {
  using Source = typename F::Code;
  using Target = float;
  NPU_INLINE float operator()(Source code) const { return detail::decode_float<F>(code); }
};

struct DecodeTf32 {
  using Source = float;
  using Target = float;
  NPU_INLINE float operator()(float x) const {
    constexpr RoundMask kNearest(Round::kNearestEven);
    return std::bit_cast<float>(detail::encode_float<detail::Tf32>(x, kNearest, false) << 13);
  }
};

struct DecodeI4 {
  using Source = uint8_t;
  using Target = float;
  NPU_INLINE float operator()(uint8_t code) const {
    return static_cast<float>((static_cast<int>(code) ^ 8) - 8);
  }
};

struct DecodeE8m0 {
  using Source = uint8_t;
  using Target = float;
  NPU_INLINE float operator()(uint8_t code) const { return detail::decode_e8m0(code); }
};

template <class S, class T>
struct Widen {
  using Source = S;
  using Target = T;
  NPU_INLINE T operator()(S x) const { return static_cast<T>(x); }
};

template <class F, class S>
struct Encode {
  using Source = S;
  using Target = typename F::Code;
  RoundMask round;
  bool saturate;
  NPU_INLINE Target operator()(S x) const {
    return static_cast<Target>(detail::encode_float<F>(x, round, saturate));
  }
};

template <class S>
struct EncodeTf32 {
  using Source = S;
  using Target = uint32_t;
  RoundMask round;
  bool saturate;
  NPU_INLINE uint32_t operator()(S x) const {
    return detail::encode_float<detail::Tf32>(x, round, saturate) << 13;
  }
};

template <class S>
struct EncodeE8m0 {
  using Source = S;
  using Target = uint8_t;
  RoundMask round;
  bool saturate;
  NPU_INLINE uint8_t operator()(S x) const {
    return static_cast<uint8_t>(detail::encode_e8m0(x, round, saturate));
  }
};

template <Round round, class S>
struct RoundWhole {
  using Source = S;
  using Target = S;
  NPU_INLINE S operator()(S x) const { return detail::round_whole<round>(x); }
};

template <int bits, bool is_signed, class T, class S>
struct SaturateWhole {
  using Source = S;
  using Target = T;
  NPU_INLINE T operator()(S x) const {
    return static_cast<T>(detail::saturate_whole<bits, is_signed>(x));
  }
};

void unpack_nibbles(const void* source, uint8_t* codes, size_t count) {
  const auto* bytes = static_cast<const uint8_t*>(source);
  for (size_t i = 0; i < count; ++i) codes[i] = (bytes[i / 2] >> (i % 2 * 4)) & 0xf;
}

void pack_nibbles(const uint8_t* codes, void* target, size_t count) {
  auto* bytes = static_cast<uint8_t*>(target);
  for (size_t i = 0; i < count; i += 2) {
    const int high = i + 1 < count ? codes[i + 1] & 0xf : 0;
    bytes[i / 2] = static_cast<uint8_t>((codes[i] & 0xf) | high << 4);
  }
}

// To an array of float, of any alignment.
void decode_floats(const void* source, Type from, void* values, size_t count) {
  uint8_t codes[kBlock];
  switch (from) {
    case Type::kF32:
      return map(Decode<detail::F32>{}, source, values, count);
    case Type::kTf32:
      return map(DecodeTf32{}, source, values, count);
    case Type::kF16:
      return map(Decode<detail::F16>{}, source, values, count);
    case Type::kBf16:
      return map(Decode<detail::Bf16>{}, source, values, count);
    case Type::kE4m3:
      return map(Decode<detail::E4m3>{}, source, values, count);
    case Type::kE5m2:
      return map(Decode<detail::E5m2>{}, source, values, count);
    case Type::kE2m1:
      unpack_nibbles(source, codes, count);
      return map(Decode<detail::E2m1>{}, codes, values, count);
    case Type::kE8m0:
      return map(DecodeE8m0{}, source, values, count);
    case Type::kI16:
      return map(Widen<int16_t, float>{}, source, values, count);
    case Type::kI8:
      return map(Widen<int8_t, float>{}, source, values, count);
    case Type::kI4:
      unpack_nibbles(source, codes, count);
      return map(DecodeI4{}, codes, values, count);
    default:
      NPU_ASSERT(from == Type::kU8);
      return map(Widen<uint8_t, float>{}, source, values, count);
  }
}

// To an array of double, which the 32-bit integers need to be exact.
void decode_doubles(const void* source, Type from, void* values, size_t count) {
  if (from == Type::kI32) return map(Widen<int32_t, double>{}, source, values, count);
  NPU_ASSERT(from == Type::kU32);
  map(Widen<uint32_t, double>{}, source, values, count);
}

template <class S>
void round_block(S* values, size_t count, Round round) {
  switch (round) {
    case Round::kNearestEven:
      return map(RoundWhole<Round::kNearestEven, S>{}, values, values, count);
    case Round::kZero:
      return map(RoundWhole<Round::kZero, S>{}, values, values, count);
    case Round::kFloor:
      return map(RoundWhole<Round::kFloor, S>{}, values, values, count);
    case Round::kCeil:
      return map(RoundWhole<Round::kCeil, S>{}, values, values, count);
  }
}

template <class S>
void encode_integers(const S* values, void* target, Type to, size_t count) {
  uint8_t codes[kBlock];
  switch (to) {
    case Type::kI32:
      return map(SaturateWhole<32, true, uint32_t, S>{}, values, target, count);
    case Type::kI16:
      return map(SaturateWhole<16, true, uint16_t, S>{}, values, target, count);
    case Type::kI8:
      return map(SaturateWhole<8, true, uint8_t, S>{}, values, target, count);
    case Type::kI4:
      map(SaturateWhole<4, true, uint8_t, S>{}, values, codes, count);
      return pack_nibbles(codes, target, count);
    case Type::kU32:
      return map(SaturateWhole<32, false, uint32_t, S>{}, values, target, count);
    default:
      NPU_ASSERT(to == Type::kU8);
      return map(SaturateWhole<8, false, uint8_t, S>{}, values, target, count);
  }
}

template <class S>
void encode_floats(const void* values, void* target, Type to, size_t count, Round mode,
                   bool saturate) {
  const RoundMask round(mode);
  uint8_t codes[kBlock];
  switch (to) {
    case Type::kF32:
      return map(Encode<detail::F32, S>{round, saturate}, values, target, count);
    case Type::kTf32:
      return map(EncodeTf32<S>{round, saturate}, values, target, count);
    case Type::kF16:
      return map(Encode<detail::F16, S>{round, saturate}, values, target, count);
    case Type::kBf16:
      return map(Encode<detail::Bf16, S>{round, saturate}, values, target, count);
    case Type::kE4m3:
      return map(Encode<detail::E4m3, S>{round, saturate}, values, target, count);
    case Type::kE5m2:
      return map(Encode<detail::E5m2, S>{round, saturate}, values, target, count);
    case Type::kE2m1:
      map(Encode<detail::E2m1, S>{round, saturate}, values, codes, count);
      return pack_nibbles(codes, target, count);
    default:
      NPU_ASSERT(to == Type::kE8m0);
      return map(EncodeE8m0<S>{round, saturate}, values, target, count);
  }
}

template <class S>
void convert_block(const void* source, Type from, void* target, Type to, size_t count, Round round,
                   bool saturate) {
  S values[kBlock];
  if constexpr (std::is_same_v<S, float>) {
    if (from == Type::kF32 && is_float(to)) {
      return encode_floats<float>(source, target, to, count, round, saturate);
    }
    if (to == Type::kF32 && !saturate) return decode_floats(source, from, target, count);
    decode_floats(source, from, values, count);
  } else {
    decode_doubles(source, from, values, count);
  }
  if (is_float(to)) return encode_floats<S>(values, target, to, count, round, saturate);
  round_block(values, count, round);
  encode_integers(values, target, to, count);
}

}  // namespace

void convert(const void* source, Type from, void* target, Type to, size_t count, Round round,
             bool saturate) {
  if (from == to) {
    if (count != 0) std::memmove(target, source, bytes_of(from, count));
    return;
  }
  // The host's own conversion rounds to nearest even too.
  if (to == Type::kF32 && round == Round::kNearestEven) {
    if (from == Type::kI32) return map(Widen<int32_t, float>{}, source, target, count);
    if (from == Type::kU32) return map(Widen<uint32_t, float>{}, source, target, count);
  }
  const bool wide = from == Type::kI32 || from == Type::kU32;
  const auto* in = static_cast<const std::byte*>(source);
  auto* out = static_cast<std::byte*>(target);
  for (size_t at = 0; at < count; at += kBlock) {
    const size_t block = std::min(kBlock, count - at);
    const std::byte* from_here = in + bytes_of(from, at);
    std::byte* to_here = out + bytes_of(to, at);
    if (wide) {
      convert_block<double>(from_here, from, to_here, to, block, round, saturate);
    } else {
      convert_block<float>(from_here, from, to_here, to, block, round, saturate);
    }
  }
}

}  // namespace npu
