// Which bytes a command reads and writes. Traffic in time, races and uninitialised reads are all
// derived from this one description.
//
// Reads are exact: padding that an instruction does not look at is not in it. Writes include the
// padding that is written.
#pragma once

#include <cstdint>
#include <functional>

#include "isa/instructions/instruction.h"
#include "sim/functional/inline_vector.h"
#include "sim/functional/state.h"

namespace npu {

// `rows` runs of `row_bytes` bytes, `pitch` apart, in one memory. core is the core that owns the
// memory (0 the cube core, 1.. vector cores); for GM the core that acts.
struct Region {
  Mem mem{};
  int core = 0;
  uint64_t base = 0;
  uint64_t rows = 0;
  uint64_t row_bytes = 0;
  int64_t pitch = 0;
  bool write = false;

  uint64_t bytes() const { return rows * row_bytes; }
  friend bool operator==(const Region&, const Region&) = default;
};

// The regions of one command.
using Footprint = InlineVector<Region, 12>;

// All bytes that a valid command reads and writes, reads before writes of the same memory. Commands
// that follow an index list must have passed validate_indices; one region a listed row. An
// accumulating mma and an atomic store read their target as well as write it.
Footprint footprint(const Place& place, const Command& command);

// The same, one region at a time.
void visit_footprint(const Place& place, const Command& command,
                     const std::function<void(const Region&)>& visit);

}  // namespace npu
