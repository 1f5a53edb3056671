#include "sim/functional/atomic_rows.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "isa/numerics/convert.h"
#include "isa/numerics/reduce.h"
#include "isa/numerics/scalar.h"

namespace npu::detail {

namespace {

constexpr uint64_t kChunk = 256;

void float_chunk(Atomic atomic, Type type, std::byte* target, const std::byte* source,
                 uint64_t count) {
  std::array<float, kChunk> old{}, added{};
  convert(target, type, old.data(), Type::kF32, count);
  convert(source, type, added.data(), Type::kF32, count);
  for (uint64_t i = 0; i < count; ++i) {
    old[i] = atomic == Atomic::kAdd ? canonical(old[i] + added[i]) : max_f32(old[i], added[i]);
  }
  convert(old.data(), Type::kF32, target, type, count);
}

void integer_row(Atomic atomic, std::byte* target, const std::byte* source, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    uint32_t old = 0, added = 0;
    std::memcpy(&old, target + 4 * i, 4);
    std::memcpy(&added, source + 4 * i, 4);
    const bool larger = static_cast<int32_t>(added) > static_cast<int32_t>(old);
    const uint32_t result = atomic == Atomic::kAdd ? old + added : larger ? added : old;
    std::memcpy(target + 4 * i, &result, 4);
  }
}

}  // namespace

void atomic_row(Atomic atomic, Type type, std::byte* target, const std::byte* source,
                uint64_t count) {
  if (type == Type::kI32) return integer_row(atomic, target, source, count);
  const auto size = static_cast<uint64_t>(bytes_of(type));
  for (uint64_t first = 0; first < count; first += kChunk) {
    float_chunk(atomic, type, target + first * size, source + first * size,
                std::min(kChunk, count - first));
  }
}

}  // namespace npu::detail
