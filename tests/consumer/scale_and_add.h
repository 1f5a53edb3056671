// A kernel outside of npukit's own tree.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "isa/program/program.h"

// y = a * x + y over f32 matrices of `columns` columns, one rounding an element. Parameters: rows,
// a, x, y. Throws npu::InputError if two rows of each do not fit the machine's UB.
npu::Program scale_and_add(const npu::Limits& machine, std::int64_t columns);
