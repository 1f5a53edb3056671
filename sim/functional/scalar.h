// The sequencer's arithmetic as pure functions on 64-bit register values.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "isa/instructions/scalar.h"

namespace npu {

// a OP b as the instruction of that tag computes it; nothing for a division by zero.
std::optional<uint64_t> alu(AddOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(SubOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(MulOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(MulhOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(DivOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(RemOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(MinOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(MaxOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(AndOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(OrOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(XorOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(ShlOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(ShrOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(SarOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(FaddOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(FsubOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(FmulOp, uint64_t a, uint64_t b);
std::optional<uint64_t> alu(FdivOp, uint64_t a, uint64_t b);

// a COND b on 64-bit integers: signed, but for ltu and geu.
bool compare(Compare cond, uint64_t a, uint64_t b);

// a COND b on the f32 in the low halves; false with NaN, ne included; ltu and geu are false.
bool compare_f32(Compare cond, uint64_t a, uint64_t b);

// f32 bits to a signed integer (saturating, NaN gives 0), or a signed integer to f32 bits, one
// rounding.
uint64_t convert_scalar(bool to_int, RoundMode round, uint64_t a);

// d + step, or base if that reaches end (unsigned).
uint64_t add_wrap(uint64_t d, uint64_t step, uint64_t base, uint64_t end);

// Bytes of a scalar in memory.
int bytes_of(Width width);

// The register value of `raw`, the bytes of a scalar in memory with zeros above: signed types
// extend.
uint64_t extend(Width width, uint64_t raw);

// What an atomic leaves in the word: max is signed, cas stores a where the old value was b.
uint64_t atomic_result(AtomicOp op, uint64_t old, uint64_t a, uint64_t b);

}  // namespace npu
