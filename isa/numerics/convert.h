// Bulk conversion between any two element types: the rows of a convert instruction, of a drain, of
// a reference. Same bits as decode() and encode() of scalar.h for every element, whatever the
// host's vector extension.
#pragma once

#include <cstddef>

#include "isa/numerics/round.h"
#include "isa/types.h"

namespace npu {

// `count` elements of type `from` at `source` become elements of type `to` at `target`, under the
// rules of scalar.h. No alignment is asked for. The arrays must not overlap, but may be the same
// array if the types have the same width. Equal types copy bits. 4-bit types are packed from the
// low nibble of the first byte; an odd count leaves 0 in the last high nibble.
void convert(const void* source, Type from, void* target, Type to, size_t count,
             Round round = Round::kNearestEven, bool saturate = false);

}  // namespace npu
