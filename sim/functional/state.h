// What a group of cores holds: the local memories of its cube core and of its vector cores. They
// are zero when a launch starts, and empty in timing-only, where bulk data is not computed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "isa/instructions/operands.h"
#include "isa/limits/limits.h"
#include "sim/functional/gm.h"

namespace npu {

namespace detail {
// Local memories start at a cache line of the host: vector loads from them do not straddle lines.
template <class T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kLine)); }
  void deallocate(T* at, size_t) { ::operator delete(at, kLine); }
  template <class U>
  bool operator==(const LineAllocator<U>&) const {
    return true;
  }
};
}  // namespace detail

// Knows which of its bytes may differ from zero, by chunks, so that a launch which uses little
// leaves little to clear.
struct LocalMemory : std::vector<std::byte, detail::LineAllocator<std::byte>> {
  static constexpr size_t kChunk = 1024;
  // Bytes [begin, end), not none, are about to be written.
  void mark_written(size_t begin, size_t end);
  // All bytes to zero.
  void clear_written();

 private:
  std::vector<uint64_t> written_;  // a bit a chunk
};

struct CubeCoreState {
  LocalMemory l1, l0a, l0b, l0c, bias, table;
};

struct VectorCoreState {
  LocalMemory ub;
};

struct GroupState {
  CubeCoreState cube;
  std::vector<VectorCoreState> vectors;
};

// A group's state with the sizes of `limits`; with `with_data` false (timing-only) the memories
// stay empty.
GroupState make_group_state(const Limits& limits, bool with_data = true);

// All memories to zero, as at the start of a launch.
void clear(GroupState& group);

// Where a command acts. core: 0 is the cube core, 1.. is vector core number core - 1.
struct Place {
  Gm& gm;
  GroupState& group;
  const Limits& limits;
  int core = 0;

  bool on_cube() const { return core == 0; }
  bool has_data() const { return !gm.timing_only(); }
};

// Bytes of a local memory of one core; 0 where the core has none of it. Not for GM.
uint64_t size_of(const Limits& limits, Mem mem, int core);

// The bytes of a local memory of one core of the group. The core must have it.
LocalMemory& memory_of(GroupState& group, Mem mem, int core);

// "l1", "ub", ...: the word of the assembly text.
const char* mem_name(Mem mem);

}  // namespace npu
