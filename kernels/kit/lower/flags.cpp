#include "kernels/kit/lower/core_tree.h"

namespace npu::kit {
namespace {

class Giver {
 public:
  Giver(const Recorder& recorder, Flags& flags) : r_(recorder), flags_(flags) {}

  void local(size_t index, Core core) {
    const RingInfo& ring = r_.rings[index];
    int& next = core == Core::kCube ? next_cube_ : next_vector_;
    if (next + 2 > kFirstGroupFlag) {
      r_.fail(ring.where, "ring " + ring.name + " is one too many: a core has " +
                              std::to_string(kFirstGroupFlag) + " flags, two for each ring");
    }
    RingFlags& given = flags_.rings[index];
    given.used = true;
    given.filled = static_cast<uint8_t>(next++);
    given.free = static_cast<uint8_t>(next++);
    auto& declared = core == Core::kCube ? flags_.cube : flags_.vector;
    const auto depth = static_cast<uint32_t>(ring.depth);
    declared.push_back({given.filled, 0, depth, ring.name + " filled"});
    declared.push_back({given.free, depth, depth, ring.name + " free"});
  }

  // Every core counts for itself, so both directions share numbers.
  void link(size_t index) {
    const RingInfo& ring = r_.rings[index];
    const int vectors = r_.limits.vectors;
    if (next_group_ + vectors > kFlags) {
      r_.fail(ring.where, "link " + ring.name + " is one too many: a group has flags for " +
                              std::to_string((kFlags - kFirstGroupFlag) / vectors));
    }
    RingFlags& given = flags_.rings[index];
    given.used = true;
    given.filled = given.free = static_cast<uint8_t>(next_group_);
    const auto depth = static_cast<uint32_t>(ring.depth);
    const bool to_vector = ring.dir == Dir::kToVector;
    for (int v = 0; v < vectors; ++v) {
      flags_.cube.push_back(
          {static_cast<uint8_t>(next_group_++), to_vector ? depth : 0, depth,
           ring.name + (to_vector ? " free by " : " filled by ") + std::to_string(v)});
    }
    flags_.vector.push_back(
        {given.free, to_vector ? 0 : depth, depth, ring.name + (to_vector ? " filled" : " free")});
  }

 private:
  const Recorder& r_;
  Flags& flags_;
  int next_cube_ = 0, next_vector_ = 0, next_group_ = kFirstGroupFlag;
};

}  // namespace

Flags give_flags(const Recorder& r, const std::vector<RingRoles>& roles) {
  Flags flags;
  flags.rings.resize(r.rings.size());
  Giver giver(r, flags);
  for (size_t i = 0; i < r.rings.size(); ++i) {
    if (!roles[i].flags()) continue;
    if (r.rings[i].link) {
      giver.link(i);
    } else {
      giver.local(i, roles[i].producer->core);
    }
  }
  return flags;
}

}  // namespace npu::kit
