// Scalars as operands of instructions: the register holds the bits of a value of the
// instruction's type.
#pragma once

#include "kernels/kit/verb.h"

namespace npu::kit {

// The bits of a scalar operand in `type`: constants are rounded (and saturate), an Int becomes f32
// where that is the type.
Int scalar_bits(const Verb& verb, const Operand& operand, Type type);

// The bits of a number in `type`, rounded to nearest; floats saturate, integers must be whole and
// in range.
int64_t number_bits(const Verb& verb, double number, Type type);

// Makes a slot of L1 one row for feed_bias and feed_table.
void use_row_layout(const Verb& verb, const TileInfo& source);

}  // namespace npu::kit
