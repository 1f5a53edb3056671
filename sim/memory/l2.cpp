#include "sim/memory/l2.h"

#include <algorithm>
#include <cstring>

namespace npu {

L2Tags::L2Tags(int64_t bytes, int line, int ways)
    : sets_(std::max<uint64_t>(1, static_cast<uint64_t>(bytes) / static_cast<uint64_t>(line) /
                                      static_cast<uint64_t>(ways))),
      assoc_(ways),
      ways_(sets_ * static_cast<uint64_t>(ways)),
      filled_in_(sets_) {}

L2Tags::Way* L2Tags::set_of(uint64_t line) {
  const uint64_t index = index_of(line);
  Way* set = &ways_[index * static_cast<size_t>(assoc_)];
  if (filled_in_[index] != present_) {
    std::fill(set, set + assoc_, 0);
    filled_in_[index] = present_;
  }
  return set;
}

bool L2Tags::resident(uint64_t line) const {
  const Way* set = const_cast<L2Tags*>(this)->set_of(line);
  return std::any_of(set, set + assoc_, [&](Way way) { return (way & ~Way{1}) == tag_of(line); });
}

L2Tags::Outcome L2Tags::touch(uint64_t line, bool write, Hint hint) {
  Way* set = set_of(line);
  const Way tag = tag_of(line);
  int at = 0;
  while (at < assoc_ && (set[at] & ~Way{1}) != tag) ++at;
  Outcome outcome{at < assoc_, false};
  Way mine = tag | (write ? 1 : 0);
  if (outcome.hit) {
    mine |= set[at];
  } else {
    at = assoc_ - 1;
    outcome.evicted_dirty = (set[at] & 1) != 0;
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
