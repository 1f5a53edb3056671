// What mma reads and writes, as the numerics see it. Private to sim/functional.
#pragma once

#include "isa/numerics/mma.h"
#include "sim/functional/operands.h"

namespace npu::detail {

// A matrix of `rows` rows in fractals of `tile` at `address`.
FractalView fractals_at(const Place& place, Mem mem, const TileShape& tile, uint64_t address,
                        uint64_t rows, uint64_t pitch);

MutableFractalView sums_of(const Place& place, const Mma<Value>& c);
MutableFractalView sums_of(const Place& place, const MmaScaled<Value>& c);

// Lays the bias row into C where the mma starts from one. True if the mma adds to what C holds
// then.
bool start_sums(const Place& place, const Mma<Value>& c);

}  // namespace npu::detail
