#include "sim/memory/pod_memory.h"

#include <algorithm>

namespace npu {

PodMemory::PodMemory(const MachineConfig& machine) : links_(machine) {
  for (int chip = 0; chip < machine.chips; ++chip) {
    chips_.push_back(std::make_unique<MemorySystem>(machine));
  }
}

Ticks PodMemory::read(int chip, MemoryPort& port, uint64_t now, std::span<const LineRequest> lines,
                      Hint hint) {
  MemorySystem& own = *chips_[static_cast<size_t>(chip)];
  if (chips_.size() == 1) return own.read(port, now, lines, hint);
  const Ticks start = ticks_of(now);
  for (size_t i = 0; i < lines.size(); ++i) {
    const int home = chip_of(lines[i]);
    if (home == chip) {
      own.read(port, now, lines.subspan(i, 1), hint);
      continue;
    }
    MemorySystem& there = *chips_[static_cast<size_t>(home)];
    const Ticks transfer = port.rate.of(lines[i].bytes);
    const Ticks from = MemorySystem::leave(port, start);
    const Ticks ready = there.serve(start, from + links_.way(chip, home), lines[i], false, hint);
    const Ticks back = links_.carry(home, chip, start, ready, lines[i].bytes);
    port.request = from + transfer;
    MemorySystem::arrive(port, std::max(port.data, back) + transfer);
  }
  return port.data;
}

Ticks PodMemory::write(int chip, MemoryPort& port, uint64_t now,
                       std::span<const LineRequest> lines) {
  MemorySystem& own = *chips_[static_cast<size_t>(chip)];
  if (chips_.size() == 1) return own.write(port, now, lines);
  const Ticks start = ticks_of(now);
  for (size_t i = 0; i < lines.size(); ++i) {
    const int home = chip_of(lines[i]);
    if (home == chip) {
      own.write(port, now, lines.subspan(i, 1));
      continue;
    }
    port.request = MemorySystem::leave(port, start) + port.rate.of(lines[i].bytes);
    const Ticks there = links_.carry(chip, home, start, port.request, lines[i].bytes);
    const Ticks visible =
        chips_[static_cast<size_t>(home)]->serve(start, there, lines[i], true, Hint::kKeep);
    MemorySystem::arrive(port, std::max(port.data, visible));
  }
  return port.data;
}

Ticks PodMemory::access(int chip, uint64_t now, int group, uint64_t address, uint32_t bytes,
                        bool write) {
  const int home = chip_of(address);
  MemorySystem& there = *chips_[static_cast<size_t>(home)];
  if (home == chip) return there.access(now, group, address, bytes, write);
  const Ticks start = ticks_of(now);
  const LineRequest request{there.line_of(address), bytes};
  const Ticks ready =
      there.serve(start, start + links_.way(chip, home), request, write, Hint::kKeep);
  return links_.carry(home, chip, start, ready, bytes);
}

void PodMemory::start_run(bool cold) {
  for (const auto& chip : chips_) chip->start_run(cold);
  links_.start_run();
}

TrafficRecord PodMemory::traffic() const {
  TrafficRecord sum = chips_.front()->traffic();
  for (size_t chip = 1; chip < chips_.size(); ++chip) sum += chips_[chip]->traffic();
  sum.links = links_.carried();
  return sum;
}

}  // namespace npu
