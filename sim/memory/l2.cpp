#include "sim/memory/l2.h"

#include <algorithm>
#include <cstring>

namespace npu {

L2Tags::L2Tags(const L2Config& config)
    : slices_(static_cast<uint64_t>(config.slices)),
      sets_(static_cast<uint64_t>(config.bytes) / static_cast<uint64_t>(config.line) /
            static_cast<uint64_t>(config.ways) / slices_),
      assoc_(config.ways),
      ways_(slices_ * sets_ * static_cast<uint64_t>(config.ways)),
      filled_in_(slices_ * sets_) {}

L2Tags::Way* L2Tags::set_of(uint64_t line, uint64_t slice) {
  const uint64_t index = index_of(line, slice);
  Way* set = &ways_[index * static_cast<size_t>(assoc_)];
  if (filled_in_[index] != present_) {
    std::fill(set, set + assoc_, 0);
    filled_in_[index] = present_;
  }
  return set;
}

bool L2Tags::resident(uint64_t line) const {
  const Way* set = const_cast<L2Tags*>(this)->set_of(line, slice_of(line));
  return std::any_of(set, set + assoc_, [&](Way way) { return (way & ~Way{1}) == tag_of(line); });
}

L2Tags::Outcome L2Tags::touch(uint64_t line, bool write, Hint hint) {
  const uint64_t slice = slice_of(line);
  Way* set = set_of(line, slice);
  const Way tag = tag_of(line);
  int at = 0;
  while (at < assoc_ && (set[at] & ~Way{1}) != tag) ++at;
  Outcome outcome{at < assoc_, false, static_cast<int>(slice), 0};
  Way mine = tag | (write ? 1 : 0);
  if (outcome.hit) {
    mine |= set[at];
  } else {
    at = assoc_ - 1;
    outcome.evicted_dirty = (set[at] & 1) != 0;
    outcome.evicted = (set[at] >> 1) - 1;
  }
  // A streamed line takes the place of the next victim, all others the first.
  const bool stream = hint == Hint::kStream;
  if (stream && !outcome.hit) {
    set[at] = mine;
  } else {
    std::memmove(set + 1, set, sizeof(Way) * static_cast<size_t>(at));
    set[0] = mine;
  }
  return outcome;
}

}  // namespace npu
