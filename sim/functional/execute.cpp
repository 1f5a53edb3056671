#include "sim/functional/execute.h"

#include "sim/functional/footprint.h"
#include "sim/functional/operands.h"
#include "sim/functional/run.h"

namespace npu {

namespace {

void add_to_word(const Place& place, uint64_t address, uint64_t count) {
  uint64_t word = 0;
  place.gm.read(address, &word, sizeof word);
  word += count;
  place.gm.write(address, &word, sizeof word);
}

void carry_out(const Place&, const Set<Value>&) {}
void carry_out(const Place&, const Wait<Value>&) {}
void carry_out(const Place& place, const SetWord<Value>& c) {
  add_to_word(place, c.address, c.count);
}
void carry_out(const Place& place, const WaitWord<Value>& c) {
  add_to_word(place, c.address, 0 - c.count);
}

void mark_written(LocalMemory& memory, const Region& region) {
  const auto pitch = static_cast<uint64_t>(region.pitch);
  const bool dense = pitch < region.row_bytes + LocalMemory::kChunk;
  const uint64_t pieces = dense ? 1 : region.rows;
  const uint64_t bytes = dense ? (region.rows - 1) * pitch + region.row_bytes : region.row_bytes;
  for (uint64_t i = 0; i < pieces; ++i) {
    memory.mark_written(region.base + i * pitch, region.base + i * pitch + bytes);
  }
}

// Before a write: local memories note how far it goes, global memory what it takes of the host.
void announce(const Place& place, const Region& region) {
  if (!region.write || region.bytes() == 0) return;
  const auto pitch = static_cast<uint64_t>(region.pitch);
  if (region.mem != Mem::kGm) {
    mark_written(memory_of(place.group, region.mem, region.core), region);
    return;
  }
  for (uint64_t row = 0; row < region.rows; ++row) {
    if (!place.gm.touch(region.base + row * pitch, region.row_bytes)) return;
  }
}

template <class C>
void carry_out(const Place& place, const C& c) {
  if (place.has_data() && !detail::is_empty(c)) detail::run(place, c);
}

}  // namespace

void execute(const Place& place, const Command& command) {
  if (place.has_data()) {
    visit_footprint(place, command, [&](const Region& region) { announce(place, region); });
    if (place.gm.exhausted()) return;
  }
  std::visit([&](const auto& c) { carry_out(place, c); }, command);
}

}  // namespace npu
