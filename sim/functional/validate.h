// Whether a command may run: everything a hostile program can get wrong about its operands, found
// before anything is touched. Works without data, so timing-only faults alike.
//
// The rules, in the order in which they are tested:
// - The unit exists on the core (kIllegalInstruction).
// - Types, layouts and modes are ones the instruction allows; floats of vector arithmetic are among
//   the machine's vector_types, mma's type among its cube_types (kBadOperand).
// - The path exists: load goes to L1 on the cube core and to UB on a vector core, drain to UB needs
//   l0c_to_ub, store to L1 needs ub_to_l1 (kMissingPath).
// - A command with an extent of 0 is then legal whatever its addresses; it does nothing. k = 0
//   makes mma do nothing too.
// - Extents are at most 2^24, 4-bit extents even (kBadOperand).
// - Alignment (kMisaligned): in UB and in row layouts of L1, addresses and pitches of load, fill,
//   drain and store are multiples of ub_align, those of vector operands of the element size, those
//   of masks of 1, of lists of 4. In fractal layouts of L1, addresses are multiples of
//   fractal_row_bytes for load, store and drain and of fractal_bytes for feed; in L0A and L0B
//   multiples of fractal_bytes; in L0C of fractal_rows^2 * 4 bytes, and for drain of
//   fractal_rows * 4; pitches are multiples of the whole tile. GM addresses and pitches are
//   multiples of gm_align and, with an atomic, of the element size.
// - A pitch matters only with more than one row (or column of tiles). The rows of a destination do
//   not overlap each other (kBadOperand); those of a source may, pitch 0 repeats one row. In
//   fractal layouts pitch 0 means packed.
// - Every access lies inside its memory, in GM inside one allocation (kOutOfBounds).
// - A destination of a vector instruction overlaps a source only where both are the same view;
//   those of transpose, zip, unzip, gather, gather_rows, scatter, compress, merge and load_rows not
//   even then (kBadOperand).
#pragma once

#include <optional>

#include "isa/fault.h"
#include "isa/instructions/instruction.h"
#include "sim/functional/state.h"

namespace npu {

// What is wrong with the command, judged by its operands alone; code and detail are filled in, the
// caller adds where and when. Nothing: the command may run, as far as that does not depend on data.
std::optional<Fault> validate(const Place& place, const Command& command);

// What is wrong with the indices that load_rows, store_rows, vgather, vgather_rows and vscatter
// read from memory, to be asked when the command starts, after validate. kUnknownValue if the list
// has no real contents in timing-only. Nothing for all other commands.
std::optional<Fault> validate_indices(const Place& place, const Command& command);

// True for the instructions whose commands validate_indices looks at.
bool reads_indices(const Instruction& instruction);

// As validate, for a scalar access of `bytes` bytes to GM or UB by the sequencer.
std::optional<Fault> validate_scalar(const Place& place, Mem mem, uint64_t address, int bytes);

}  // namespace npu
