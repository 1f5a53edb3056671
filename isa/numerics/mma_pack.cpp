#include <algorithm>
#include <cstring>
#include <vector>

#include "isa/numerics/convert.h"
#include "isa/numerics/minifloat.h"
#include "isa/numerics/mma_kernels.h"

#if NPU_X86
#include <immintrin.h>
#endif

namespace npu::detail {
namespace {

struct WidenI8 {
  using Source = int8_t;
  using Target = int16_t;
  NPU_INLINE int16_t operator()(int8_t x) const { return x; }
};

struct WidenI4 {
  using Source = uint8_t;
  using Target = uint32_t;
  NPU_INLINE uint32_t operator()(uint8_t pair) const {
    const int low = ((pair & 0xf) ^ 8) - 8, high = ((pair >> 4) ^ 8) - 8;
    return (static_cast<uint32_t>(low) & 0xffff) | static_cast<uint32_t>(high) << 16;
  }
};

#if NPU_X86
// A NaN keeps its payload here: the kernels make the result canonical.
NPU_AVX512 void widen_f16_avx512(const std::byte* source, uint32_t* units, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source + i * 2));
    _mm512_storeu_ps(units + i, _mm512_cvtph_ps(codes));
  }
}
#endif

#if NPU_X86
NPU_AVX2 void widen_f16_avx2(const std::byte* source, uint32_t* units, size_t count) {
  for (size_t i = 0; i < count; i += 8) {
    const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i * 2));
    _mm256_storeu_ps(reinterpret_cast<float*>(units + i), _mm256_cvtph_ps(codes));
  }
}

// A round of a transposition, which takes three.
NPU_AVX2 NPU_INLINE void interleave(const __m128i* in, __m128i* out) {
  NPU_UNROLL
  for (int i = 0; i < 4; ++i) {
    out[2 * i] = _mm_unpacklo_epi16(in[i], in[i + 4]);
    out[2 * i + 1] = _mm_unpackhi_epi16(in[i], in[i + 4]);
  }
}

// 8 rows of 8 f16, `pitch` bytes apart, become 8 rows of 8 floats, transposed, kPanel apart.
NPU_AVX2 NPU_INLINE void turn_f16_8x8(const std::byte* from, size_t pitch, uint32_t* to) {
  __m128i row[8];
  __m128i mixed[8];
  NPU_UNROLL
  for (size_t i = 0; i < 8; ++i) {
    row[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * pitch));
  }
  interleave(row, mixed);
  interleave(mixed, row);
  interleave(row, mixed);
  NPU_UNROLL
  for (int i = 0; i < 8; ++i) {
    _mm256_storeu_ps(reinterpret_cast<float*>(to + i * kPanel), _mm256_cvtph_ps(mixed[i]));
  }
}

// Whole blocks of 16 x 16 f16 of an operand whose fractal rows are 32 bytes, into the packed form
// of B.
NPU_AVX2 void turn_f16_avx2(const FractalView& view, int rows, int k, uint32_t* out,
                            size_t stride) {
  constexpr size_t kRow = 32;  // bytes
  for (int n = 0; n < rows; n += kPanel) {
    uint32_t* panel = out + static_cast<size_t>(n / kPanel) * stride;
    for (int unit = 0; unit < k; unit += kPanel) {
      const std::byte* block = view.base +
                               static_cast<size_t>(unit / kPanel) * view.column_stride_bytes +
                               static_cast<size_t>(n) * kRow;
      uint32_t* to = panel + static_cast<size_t>(unit) * kPanel;
      for (size_t half = 0; half < 2; ++half) {
        turn_f16_8x8(block + half * 8 * kRow, kRow, to + half * 8);
        turn_f16_8x8(block + half * 8 * kRow + 16, kRow, to + 8 * kPanel + half * 8);
      }
    }
  }
}
#endif

// `count` contiguous values of the operand become units, 1 or 1/2 a value.
void to_units(Type type, const std::byte* source, uint32_t* units, size_t count) {
#if NPU_X86
  if (type == Type::kF16 && simd() == Simd::kAvx512 && count % 16 == 0) {
    return widen_f16_avx512(source, units, count);
  }
  if (type == Type::kF16 && simd() == Simd::kAvx2 && count % 8 == 0) {
    return widen_f16_avx2(source, units, count);
  }
#endif
  if (type == Type::kI8) return map(WidenI8(), source, units, count);
  if (type == Type::kI4) return map(WidenI4(), source, units, count / 2);
  convert(source, type, units, Type::kF32, count);
}

// Transposes 16 x 16 units.
using Transpose = void (*)(const uint32_t* in, uint32_t* out);

void transpose_scalar(const uint32_t* in, uint32_t* out) {
  for (int r = 0; r < kPanel; ++r) {
    for (int c = 0; c < kPanel; ++c) out[c * kPanel + r] = in[r * kPanel + c];
  }
}

#if NPU_X86
NPU_AVX2 void transpose_8x8(const uint32_t* in, uint32_t* out) {
  __m256 row[8];
  __m256 pair[8];
  NPU_UNROLL
  for (int i = 0; i < 8; ++i) {
    row[i] =
        _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i * kPanel)));
  }
  NPU_UNROLL
  for (int i = 0; i < 8; i += 2) {
    pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
    pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
  }
  NPU_UNROLL
  for (int i = 0; i < 8; i += 4) {
    row[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
    row[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
    row[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    row[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  NPU_UNROLL
  for (int i = 0; i < 4; ++i) {
    const __m256i low = _mm256_castps_si256(_mm256_permute2f128_ps(row[i], row[i + 4], 0x20));
    const __m256i high = _mm256_castps_si256(_mm256_permute2f128_ps(row[i], row[i + 4], 0x31));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * kPanel), low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + (i + 4) * kPanel), high);
  }
}

NPU_AVX2 void transpose_avx2(const uint32_t* in, uint32_t* out) {
  for (int r = 0; r < kPanel; r += 8) {
    for (int c = 0; c < kPanel; c += 8) {
      transpose_8x8(in + r * kPanel + c, out + c * kPanel + r);
    }
  }
}

NPU_AVX512 void transpose_avx512(const uint32_t* in, uint32_t* out) {
  __m512i x[16];
  __m512i y[16];
  NPU_UNROLL
  for (int i = 0; i < 16; ++i) x[i] = _mm512_loadu_si512(in + i * kPanel);
  NPU_UNROLL
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
  }
  // x[4 i + j]: in 128-bit lane l, column 4 l + j of rows 4 i .. 4 i + 3.
  NPU_UNROLL
  for (int i = 0; i < 16; i += 4) {
    x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
    x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
    x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
    x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
  }
  NPU_UNROLL
  for (int j = 0; j < 4; ++j) {
    y[j] = _mm512_shuffle_i32x4(x[j], x[4 + j], 0x88);           // lanes 0, 2 of rows 0..7
    y[4 + j] = _mm512_shuffle_i32x4(x[j], x[4 + j], 0xdd);       // lanes 1, 3 of rows 0..7
    y[8 + j] = _mm512_shuffle_i32x4(x[8 + j], x[12 + j], 0x88);  // lanes 0, 2 of rows 8..15
    y[12 + j] = _mm512_shuffle_i32x4(x[8 + j], x[12 + j], 0xdd);
  }
  NPU_UNROLL
  for (int j = 0; j < 4; ++j) {
    _mm512_storeu_si512(out + j * kPanel, _mm512_shuffle_i32x4(y[j], y[8 + j], 0x88));
    _mm512_storeu_si512(out + (4 + j) * kPanel, _mm512_shuffle_i32x4(y[4 + j], y[12 + j], 0x88));
    _mm512_storeu_si512(out + (8 + j) * kPanel, _mm512_shuffle_i32x4(y[j], y[8 + j], 0xdd));
    _mm512_storeu_si512(out + (12 + j) * kPanel, _mm512_shuffle_i32x4(y[4 + j], y[12 + j], 0xdd));
  }
}
#endif

Transpose transpose_in_use() {
#if NPU_X86
  if (simd() == Simd::kAvx512) return transpose_avx512;
  if (simd() == Simd::kAvx2) return transpose_avx2;
#endif
  return transpose_scalar;
}

// Multiplies a column of fractals, (rows, c0) floats whose first column is `first`, by its scales.
// Of the blocks of 32 that k reaches.
void apply_scales(const ScaleView& scales, int rows, int c0, int first, int k, uint32_t* units) {
  for (int at = 0; at < c0 && first + at < k;) {
    const int block = (first + at) / kScaleBlock;
    const int count = std::min(c0 - at, (block + 1) * kScaleBlock - first - at);
    const std::byte* column = scales.base + static_cast<size_t>(block) * scales.column_stride_bytes;
    for (int r = 0; r < rows; ++r) {
      const float scale = decode_e8m0(static_cast<uint32_t>(column[r]));
      uint32_t* row = units + static_cast<size_t>(r) * static_cast<size_t>(c0) + at;
      for (int i = 0; i < count; ++i) {
        row[i] = std::bit_cast<uint32_t>(std::bit_cast<float>(row[i]) * scale);
      }
    }
    at += count;
  }
}

// `rows` pieces of `piece` units each, `pitch` units apart, to every kPanel units.
void copy_pieces(const uint32_t* from, int pitch, uint32_t* to, int rows, int piece) {
  for (int r = 0; r < rows; ++r, from += pitch, to += kPanel) {
    if (piece == 8) {
      std::memcpy(to, from,
                  32);  // a constant size: the fp32 operands of a machine with 32-byte rows
    } else {
      std::memcpy(to, from, static_cast<size_t>(piece) * 4);
    }
  }
}

// (rows, k) of the stored matrix to panels of 16 units of k that begin `stride` units apart, each
// (rows, 16): rows as they are.
void pack_straight(const Operand& operand, int rows, int k, uint32_t* out, size_t stride) {
  static thread_local std::vector<uint32_t> column;
  const Type type = operand.type;
  const FractalView& view = operand.values;
  const int per_unit = values_per_unit(type);
  const int units = (k + per_unit - 1) / per_unit;
  const int c0 = view.row_bytes * 8 / bits_of(type);
  const int row_units = c0 / per_unit;
  const size_t values = static_cast<size_t>(rows) * static_cast<size_t>(c0);
  uint32_t* raw = row_units == kPanel ? nullptr : at_least(column, values);
  for (int first = 0; first < units; first += row_units) {
    const std::byte* source =
        view.base + static_cast<size_t>(first / row_units) * view.column_stride_bytes;
    uint32_t* units_here =
        row_units == kPanel ? out + static_cast<size_t>(first / kPanel) * stride : raw;
    to_units(type, source, units_here, values);
    if (operand.scales != nullptr) {
      apply_scales(*operand.scales, rows, c0, first, k, units_here);
    }
    if (row_units == kPanel) continue;
    // Pieces of a row that stay together in a panel.
    const int piece = std::min(row_units, kPanel);
    for (int at = 0; at < row_units && first + at < units; at += piece) {
      uint32_t* panel = out + static_cast<size_t>((first + at) / kPanel) * stride;
      copy_pieces(raw + at, row_units, panel + (first + at) % kPanel, rows, piece);
    }
  }
  if (k % per_unit == 0) return;
  // The value beside the last one is beyond k; a little-endian host keeps it in the upper half.
  uint32_t* last = out + static_cast<size_t>((units - 1) / kPanel) * stride + (units - 1) % kPanel;
  for (int r = 0; r < rows; ++r) last[r * kPanel] &= 0xffff;
}

// (rows, k) of the stored matrix to panels of 16 rows that begin `stride` units apart, each
// (k, 16): transposed.
void pack_turned(const Operand& operand, int rows, int k, uint32_t* out, size_t stride) {
#if NPU_X86
  if (operand.type == Type::kF16 && simd() >= Simd::kAvx2 && operand.scales == nullptr &&
      operand.values.row_bytes == kPanel * 2 && rows % kPanel == 0 && k % kPanel == 0) {
    return turn_f16_avx2(operand.values, rows, k, out, stride);
  }
#endif
  static thread_local std::vector<uint32_t> straight;
  const int per_unit = values_per_unit(operand.type);
  const int units = (k + per_unit - 1) / per_unit;
  const int k_panels = (units + kPanel - 1) / kPanel;
  const auto panel_size = static_cast<size_t>(rows) * kPanel;
  uint32_t* packed = at_least(straight, static_cast<size_t>(k_panels) * panel_size);
  pack_straight(operand, rows, k, packed, panel_size);

  const Transpose transpose = transpose_in_use();
  uint32_t block[kPanel * kPanel];
  for (int n = 0; n < rows; n += kPanel) {
    const int valid = std::min(kPanel, rows - n);
    for (int unit = 0; unit < units; unit += kPanel) {
      const uint32_t* in = packed + static_cast<size_t>(unit / kPanel) * panel_size + n * kPanel;
      uint32_t* to =
          out + static_cast<size_t>(n / kPanel) * stride + static_cast<size_t>(unit) * kPanel;
      const int steps = std::min(kPanel, units - unit);
      if (valid == kPanel && steps == kPanel) {
        transpose(in, to);
        continue;
      }
      uint32_t turned[kPanel * kPanel];
      std::fill(std::copy(in, in + valid * kPanel, block), block + kPanel * kPanel, 0u);
      transpose(block, turned);
      std::copy(turned, turned + steps * kPanel, to);
    }
  }
}

}  // namespace

void pack_a(const Operand& operand, int rows, int k, uint32_t* out) {
  const size_t stride = static_cast<size_t>(rows) * kPanel;
  if (operand.turned) return pack_turned(operand, k, rows, out, stride);
  pack_straight(operand, rows, k, out, stride);
}

void pack_b(const Operand& operand, int rows, int k, uint32_t* out, size_t stride) {
  if (operand.turned) return pack_straight(operand, k, rows, out, stride);
  pack_turned(operand, rows, k, out, stride);
}

}  // namespace npu::detail
