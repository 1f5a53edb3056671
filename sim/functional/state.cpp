#include "sim/functional/state.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "isa/errors.h"

namespace npu {

namespace {
constexpr std::array kCubeMemories = {Mem::kL1,  Mem::kL0A,  Mem::kL0B,
                                      Mem::kL0C, Mem::kBias, Mem::kTable};
}  // namespace

void LocalMemory::mark_written(size_t begin, size_t end) {
  if (written_.empty()) written_.resize((size() / kChunk + 64) / 64);
  for (size_t chunk = begin / kChunk; chunk <= (end - 1) / kChunk; ++chunk) {
    written_[chunk / 64] |= uint64_t{1} << chunk % 64;
  }
}

void LocalMemory::clear_written() {
  for (size_t word = 0; word < written_.size(); ++word) {
    for (uint64_t bits = written_[word]; bits != 0; bits &= bits - 1) {
      const size_t begin = (word * 64 + static_cast<size_t>(std::countr_zero(bits))) * kChunk;
      std::memset(data() + begin, 0, std::min(kChunk, size() - begin));
    }
    written_[word] = 0;
  }
}

GroupState make_group_state(const Limits& limits, bool with_data) {
  GroupState group;
  group.vectors.resize(static_cast<size_t>(limits.vectors));
  if (!with_data) return group;
  for (Mem mem : kCubeMemories) memory_of(group, mem, 0).resize(size_of(limits, mem, 0));
  for (VectorCoreState& vector : group.vectors) vector.ub.resize(limits.ub);
  return group;
}

void clear(GroupState& group) {
  for (Mem mem : kCubeMemories) memory_of(group, mem, 0).clear_written();
  for (VectorCoreState& vector : group.vectors) vector.ub.clear_written();
}

uint64_t size_of(const Limits& limits, Mem mem, int core) {
  if (core != 0) return mem == Mem::kUb ? limits.ub : 0;
  switch (mem) {
    case Mem::kL1:
      return limits.l1;
    case Mem::kL0A:
      return limits.l0a;
    case Mem::kL0B:
      return limits.l0b;
    case Mem::kL0C:
      return limits.l0c;
    case Mem::kBias:
      return limits.bias;
    case Mem::kTable:
      return limits.table;
    case Mem::kGm:
    case Mem::kUb:
      break;
  }
  return 0;
}

LocalMemory& memory_of(GroupState& group, Mem mem, int core) {
  switch (mem) {
    case Mem::kL1:
      return group.cube.l1;
    case Mem::kL0A:
      return group.cube.l0a;
    case Mem::kL0B:
      return group.cube.l0b;
    case Mem::kL0C:
      return group.cube.l0c;
    case Mem::kBias:
      return group.cube.bias;
    case Mem::kTable:
      return group.cube.table;
    case Mem::kGm:
    case Mem::kUb:
      break;
  }
  NPU_ASSERT(mem == Mem::kUb && core >= 1 && static_cast<size_t>(core) <= group.vectors.size());
  return group.vectors[static_cast<size_t>(core) - 1].ub;
}

const char* mem_name(Mem mem) {
  static constexpr std::array<const char*, kMems> kNames = {"gm",  "l1", "l0a",  "l0b",
                                                            "l0c", "ub", "bias", "table"};
  return kNames[static_cast<size_t>(mem)];
}

}  // namespace npu
