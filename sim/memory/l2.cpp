#include "sim/memory/l2.h"

#include <algorithm>
#include <cstring>

namespace npu {
namespace {

uint64_t sets_of_slice(const L2Config& config) {
  return static_cast<uint64_t>(config.bytes) / static_cast<uint64_t>(config.line) /
         static_cast<uint64_t>(config.ways) / static_cast<uint64_t>(config.slices);
}

}  // namespace

L2Tags::L2Tags(const L2Config& config)
    : slices_(static_cast<uint64_t>(config.slices)),
      sets_(sets_of_slice(config)),
      ways_(static_cast<uint32_t>(config.ways)),
      room_((ways_ + kLanes - 1) / kLanes * kLanes),
      lanes_(slices_.value() * sets_.value() * room_ / kLanes),
      filled_(slices_.value() * sets_.value() / 64 + 1) {}

uint64_t L2Tags::most_lines(const L2Config& config) {
  // Two bits of 31 to spare: code lies behind GM, and mix() fills a power of two.
  constexpr uint64_t kTags = uint64_t{1} << 29;
  return kTags * sets_of_slice(config);
}

uint64_t L2Tags::unmix(uint64_t mixed) {
  // Nine more high bits are right after each turn.
  uint64_t value = mixed;
  for (int right = 9; right < 64; right += 9) value = mixed ^ (value >> 9) ^ (value >> 21);
  return value;
}

// Slices divide the line's number, sets the quotient; the tag is what those leave.
L2Tags::Place L2Tags::locate(uint64_t line) const {
  const uint64_t above = slices_.quotient(line), mixed = mix(above);
  const uint64_t high = sets_.quotient(mixed);
  const uint64_t slice = slices_.remainder(slice_hash(line));
  const uint64_t set = slice * sets_.value() + (mixed - high * sets_.value());
  const uint64_t tag = high * slices_.value() + (line - above * slices_.value());
  __builtin_prefetch(&lanes_[set * room_ / kLanes], 1);
  return {static_cast<uint32_t>(slice), static_cast<uint32_t>(tag), set};
}

uint64_t L2Tags::line_at(uint64_t set, Way way) const {
  const uint64_t tag = (way >> 1) - 1, high = slices_.quotient(tag);
  const uint64_t above = unmix(high * sets_.value() + sets_.remainder(set));
  return above * slices_.value() + slices_.remainder(tag);
}

// The way with a tag, room_ if there is none. All are looked at: no branch to guess, and vectors.
uint32_t L2Tags::find(const Way* set, Way tag) const {
  uint32_t found = 0;  // 1 + the way; at most one adds to it
  for (uint32_t i = 0; i < room_; ++i) found |= (set[i] & ~Way{1}) == tag ? i + 1 : 0;
  return found == 0 ? room_ : found - 1;
}

bool L2Tags::resident(uint64_t line) const {
  const Place place = locate(line);
  return filled(place.set) && find(set_of(place), way_of(place.tag)) < room_;
}

L2Tags::Outcome L2Tags::touch(const Place& place, bool write, Hint hint) {
  Way* set = const_cast<Way*>(set_of(place));
  if (!filled(place.set)) {
    std::fill(set, set + room_, 0);
    filled_[place.set / 64] |= uint64_t{1} << (place.set % 64);
  }
  Way mine = way_of(place.tag) | (write ? 1 : 0);
  uint32_t at = find(set, way_of(place.tag));
  Outcome outcome{at < room_, false, 0};
  if (outcome.hit) {
    mine |= set[at];
  } else {
    at = ways_ - 1;
    outcome.evicted_dirty = (set[at] & 1) != 0;
    if (outcome.evicted_dirty) outcome.evicted = line_at(place.set, set[at]);
  }
  // A streamed line takes the place of the next victim, all others the first.
  const bool stream = hint == Hint::kStream;
  if (stream && !outcome.hit) {
    set[at] = mine;
  } else {
    std::memmove(set + 1, set, sizeof(Way) * at);
    set[0] = mine;
  }
  return outcome;
}

}  // namespace npu
