// One core's part of a kernel: its instructions with their waits and sets, and the control flow and
// scalars that they need.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <vector>

#include "isa/program/program.h"
#include "kernels/kit/lower/cells.h"
#include "kernels/kit/lower/roles.h"
#include "kernels/kit/recorder.h"

namespace npu::kit {

// The flags of a ring: `filled` counts slots with data, `free` empty ones. What vector cores tell
// the cube core by a link is counted apart for each of them, in the flags from that number on: one
// may be a slot ahead of another, and a sum would take two slots of the first for one of both.
struct RingFlags {
  bool used = false;
  uint8_t filled = 0, free = 0;
};

struct Flags {
  std::vector<RingFlags> rings;
  std::vector<FlagDecl> cube, vector;
};

// Gives flags to every ring that needs them; throws InputError where they run out.
Flags give_flags(const Recorder& recorder, const std::vector<RingRoles>& roles);

// A vector core's set of the flag that is its own: `flag` of vector core 0, and so on.
struct OwnSet {
  uint8_t flag = 0;
  ValueId id = -1;  // the value flag + vector number
};

// An mma that hands its sum over by sub-tiles: the first of the lease waits for the slot, the last
// sets it filled, both while the other unit is still at work on it.
struct ItemHandover {
  ValueId accumulate = -1;
  std::vector<std::pair<ValueId, ValueId>> turns;  // next, limit of each loop
  std::optional<uint8_t> free, filled;             // flags
};

struct Item;
using Items = std::vector<Item>;

struct Item {
  enum class Kind : uint8_t {
    kIssue,
    kSync,  // waits and sets of a unit without an instruction
    kAssign,
    kAdvance,
    kLoop,
    kWhen,
    kRead,
    kBarrier,
    kPrint,
  };
  Kind kind{};
  const Stmt* stmt = nullptr;
  int64_t stamp = 0;
  Unit unit{};
  std::vector<FlagCount> waits, sets;
  std::vector<OwnSet> own_sets;
  std::optional<ItemHandover> handover;  // of an mma
  bool drain_handover = false;           // of a drain; its first set is the slot's
  std::vector<ValueId> values;           // what it computes with, in the order of its operands
  Items body;
  int scope = 0;          // of the body
  std::set<int> touches;  // leases, in the body too
};

// The part of `core`; empty if the kernel has nothing for it to do. Without `handover` every slot
// is waited for and set as a whole.
Items slice(const Recorder& recorder, Resolver& resolver, const std::vector<RingRoles>& roles,
            const Flags& flags, Core core, bool handover);

}  // namespace npu::kit
