// One value at a time: what each code of each type is worth and which code a value rounds to. The
// definition the bulk conversions, the vector unit and the tests share; exact and the same bits on
// any host.
//
// Rules: a NaN result is the one canonical quiet NaN of its type (positive; f32 0x7fc00000). Beyond
// the largest finite value floats give infinity, e4m3 and e8m0 NaN, e2m1 its largest; or the
// largest finite value if `saturate` (infinity too), and always where the mode rounds towards zero.
// Integers saturate, and NaN gives 0.
#pragma once

#include <cstdint>

#include "isa/numerics/round.h"
#include "isa/types.h"

namespace npu {

float f16_to_f32(uint16_t code);
float bf16_to_f32(uint16_t code);
uint16_t f32_to_f16(float x, Round round = Round::kNearestEven, bool saturate = false);
uint16_t f32_to_bf16(float x, Round round = Round::kNearestEven, bool saturate = false);

// The nearest value with 10 mantissa bits, as a float whose low 13 bits are zero.
float round_to_tf32(float x, Round round = Round::kNearestEven);

// `x`, or the canonical NaN in place of any NaN: what arithmetic must end with, for hosts differ in
// the NaN they make.
float canonical(float x);

// The value of the code in the low bits_of(type) bits of `code`; exact for every type.
double decode(Type type, uint32_t code);

// The code of `x`, in the low bits_of(type) bits. tf32 is returned as it is stored, in 32 bits.
// e8m0 rounds to a power of two no less than 2^-127; a negative value gives NaN.
uint32_t encode(Type type, double x, Round round = Round::kNearestEven, bool saturate = false);

}  // namespace npu
