// cache[places[i]] = x[i]: new rows of keys or values into a cache whose sequences lie apart.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct CacheWriteShape {
  int64_t rows = 0, capacity = 0, cols = 0;  // of x, of the cache, of both
  Type type = Type::kF32;                    // f32 f16 bf16 e4m3 i8 u8

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols), places (rows) i32, control, cache (capacity, cols). Places are
// distinct.
Program cache_write(const Limits& machine, const CacheWriteShape& shape);

// Exact, for the whole cache; `cache` is what it held before.
Expected cache_write_reference(const CacheWriteShape& shape, std::span<const double> x,
                               std::span<const double> places, std::span<const double> cache);

}  // namespace npu
