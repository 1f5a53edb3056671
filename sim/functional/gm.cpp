#include "sim/functional/gm.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "isa/chip_address.h"
#include "isa/errors.h"

namespace npu {

// Storage is an anonymous mapping: the host's own sparse pages, contiguous and zero at first touch.
struct Gm::Block {
  Allocation allocation;
  std::byte* data = nullptr;
  uint64_t mapped = 0;
  std::vector<bool> touched;             // by chunk
  std::map<uint64_t, uint64_t> written;  // runs of initialised bytes: first to the one behind

  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    if (data != nullptr) munmap(data, mapped);
  }
};

namespace {
constexpr uint64_t kChunk = uint64_t{1} << 21;  // the most that the host may back at one touch

uint64_t usable_host_memory() {
  const auto pages = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 8 * 7;
}

uint64_t round_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

std::byte* map_pages(uint64_t bytes, const std::string& name) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) {
    throw InputError(name + ": the host cannot map " + std::to_string(bytes) +
                     " bytes of simulated memory");
  }
  return static_cast<std::byte*>(pages);
}
}  // namespace

Gm::Gm(uint64_t bytes_per_chip, int chips, bool timing_only, uint64_t host_bytes)
    : bytes_per_chip_(bytes_per_chip),
      chips_(chips),
      timing_only_(timing_only),
      host_bytes_(host_bytes == 0 ? usable_host_memory() : host_bytes) {
  NPU_ASSERT(chips > 0 && chips <= 0x10000);
}

Gm::~Gm() = default;

uint64_t Gm::used(int chip) const {
  uint64_t total = 0;
  for (const auto& [base, block] : blocks_) {
    if (static_cast<int>(base >> kChipShift) == chip) total += block->allocation.bytes;
  }
  return total;
}

uint64_t Gm::allocate(uint64_t bytes, Storage storage, std::string name, int chip) {
  NPU_ASSERT(chip >= 0 && chip < chips_);
  const uint64_t taken = used(chip);
  if (bytes > bytes_per_chip_ - taken) {
    throw InputError(
        name + ": " + std::to_string(bytes) +
        " bytes do not fit into global memory: " + std::to_string(bytes_per_chip_ - taken) +
        " of " + std::to_string(bytes_per_chip_) + " bytes are free");
  }
  const uint64_t origin = static_cast<uint64_t>(chip) << kChipShift;
  uint64_t base = origin + kGuard;
  for (auto at = blocks_.lower_bound(origin); at != blocks_.end(); ++at) {
    if (base + bytes + kGuard <= at->first || (at->first >> kChipShift) != (origin >> kChipShift)) {
      break;
    }
    base = round_up(at->second->allocation.end() + kGuard, kAlignment);
  }
  auto block = std::make_unique<Block>();
  block->allocation = {std::move(name), base, bytes, storage};
  if (bytes > 0 && (storage == Storage::kControl || !timing_only_)) {
    block->mapped = round_up(bytes, 4096);
    block->data = map_pages(block->mapped, block->allocation.name);
    block->touched.resize((block->mapped + kChunk - 1) / kChunk);
  }
  blocks_.emplace(base, std::move(block));
  return base;
}

void Gm::release(uint64_t address) {
  const auto at = blocks_.find(address);
  NPU_ASSERT(at != blocks_.end());
  const std::vector<bool>& touched = at->second->touched;
  touched_ -= kChunk * static_cast<uint64_t>(std::count(touched.begin(), touched.end(), true));
  exhausted_ = false;
  blocks_.erase(at);
}

const Gm::Block* Gm::block(uint64_t address) const {
  auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return nullptr;
  return std::prev(after)->second.get();
}

const Allocation* Gm::find(uint64_t address) const { return find(address, 1); }

const Allocation* Gm::find(uint64_t address, uint64_t bytes) const {
  const Block* found = block(address);
  if (found == nullptr) return nullptr;
  const Allocation& allocation = found->allocation;
  const uint64_t offset = address - allocation.base;
  if (offset >= allocation.bytes || bytes > allocation.bytes - offset) return nullptr;
  return &allocation;
}

bool Gm::touch(uint64_t address, uint64_t bytes) {
  const auto after = blocks_.upper_bound(address);
  NPU_ASSERT(after != blocks_.begin());
  Block& block = *std::prev(after)->second;
  if (block.data == nullptr || bytes == 0) return true;
  const uint64_t offset = address - block.allocation.base;
  for (uint64_t chunk = offset / kChunk; chunk <= (offset + bytes - 1) / kChunk; ++chunk) {
    if (block.touched[chunk]) continue;
    if (touched_ + kChunk > host_bytes_) {
      exhausted_ = true;
      return false;
    }
    block.touched[chunk] = true;
    touched_ += kChunk;
  }
  return true;
}

const std::byte* Gm::row(uint64_t address, uint64_t bytes) const {
  const Block* found = block(address);
  NPU_ASSERT(found != nullptr);
  const uint64_t offset = address - found->allocation.base;
  NPU_ASSERT(offset <= found->allocation.bytes && bytes <= found->allocation.bytes - offset);
  return found->data == nullptr ? nullptr : found->data + offset;
}

std::byte* Gm::row_for_write(uint64_t address, uint64_t bytes) {
  return const_cast<std::byte*>(row(address, bytes));
}

void Gm::read(uint64_t address, void* to, uint64_t bytes) const {
  if (bytes == 0) return;
  const std::byte* from = row(address, bytes);
  if (from == nullptr) {
    std::memset(to, 0, bytes);
  } else {
    std::memcpy(to, from, bytes);
  }
}

void Gm::write(uint64_t address, const void* from, uint64_t bytes) {
  if (bytes == 0 || !touch(address, bytes)) return;
  std::byte* to = row_for_write(address, bytes);
  if (to != nullptr) std::memcpy(to, from, bytes);
  mark_written(address, bytes);
}

void Gm::mark_written(uint64_t address, uint64_t bytes) {
  auto after = blocks_.upper_bound(address);
  NPU_ASSERT(after != blocks_.begin());
  std::map<uint64_t, uint64_t>& runs = std::prev(after)->second->written;
  uint64_t from = address, to = address + bytes;
  auto next = runs.upper_bound(from);
  if (next != runs.begin() && std::prev(next)->second >= from) --next;
  while (next != runs.end() && next->first <= to) {
    from = std::min(from, next->first);
    to = std::max(to, next->second);
    next = runs.erase(next);
  }
  runs.emplace(from, to);
}

void Gm::visit_written(uint64_t from, uint64_t to,
                       const std::function<void(uint64_t, uint64_t)>& visit) const {
  auto at = blocks_.upper_bound(from);
  if (at != blocks_.begin()) --at;
  for (; at != blocks_.end() && at->first < to; ++at) {
    const std::map<uint64_t, uint64_t>& runs = at->second->written;
    auto run = runs.upper_bound(from);
    if (run != runs.begin()) --run;
    for (; run != runs.end() && run->first < to; ++run) {
      const uint64_t first = std::max(run->first, from), last = std::min(run->second, to);
      if (first < last) visit(first, last);
    }
  }
}

bool Gm::known(uint64_t address) const {
  const Block* found = block(address);
  return found != nullptr && found->data != nullptr &&
         address - found->allocation.base < found->allocation.bytes;
}

}  // namespace npu
