// Where the cycles of a run went: every cycle of every unit has exactly one cause, and the causes
// of a unit sum to the length of the run. Every report is computed from this.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/instructions/operands.h"
#include "isa/types.h"
#include "sim/record/traffic.h"

namespace npu {

enum class Cause : uint8_t {
  kBusy,       // working
  kFlag,       // head of the queue waits for a flag or a word in GM
  kMemory,     // waits for L2 or HBM: the window of requests is full, or a scalar load
  kResult,     // vector: waits for the result of its own earlier instruction
  kBank,       // vector: operands meet in a bank of UB
  kPort,       // another unit holds the port of L1 or L0C
  kHandover,   // cube and drain wait for each other by sub-tiles
  kSequencer,  // the queue is empty
  kFetch,      // the sequencer waits for instructions: its cache missed
  kQueueFull,  // the sequencer waits for a place in a unit's queue
  kAwait,      // the sequencer waits for its units: await, halt
  kBarrier,    // the sequencer waits for other cores at the grid barrier
  kDone,       // the core's program has ended, or it has none
};
inline constexpr int kCauses = 13;
const char* cause_name(Cause cause);

struct UnitRecord {
  std::array<uint64_t, kCauses> cycles{};  // by cause; they sum to RunRecord::cycles
  uint64_t instructions = 0;               // retired; of the sequencer: executed and issued
  uint64_t busy() const { return cycles[0]; }
};

struct CoreRecord {
  int32_t group = 0;
  int32_t core = 0;                               // 0 cube, 1.. vector
  std::array<UnitRecord, kUnits> units;           // by Unit; units that the core lacks stay at zero
  uint64_t ideal_mma_cycles = 0;                  // native tiles times their cycles, of all mma
  std::array<uint64_t, kTypeCount> mma_cycles{};  // the same by type of A
  uint64_t halted_at = 0;
};

struct RunRecord {
  std::string machine;
  double clock_ghz = 0;
  uint64_t cycles = 0;
  int chips = 1;
  std::vector<CoreRecord> cores;  // of the launched groups, by chip, group, then core
  TrafficRecord traffic;
  uint64_t ideal_mma_cycles = 0;  // the largest of any core: what the cubes alone would need

  // Totals over all cores.
  UnitRecord total(Unit unit) const;
  // Share of the cubes' peak over the launched groups: ideal mma cycles / (cycles * cube cores).
  double cube_share() const;
  // A table of units and causes and the traffic, as text lines.
  std::string text() const;
};

}  // namespace npu
