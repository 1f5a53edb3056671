// What an atomic store or drain does to a row of its target. Private to sim/functional.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/instructions/operands.h"

namespace npu::detail {

// target[i] = target[i] OP source[i] for `count` elements of f32, f16, bf16 or i32. Floats are
// added and compared in f32 and rounded once; i32 wraps.
void atomic_row(Atomic atomic, Type type, std::byte* target, const std::byte* source,
                uint64_t count);

}  // namespace npu::detail
