// Global memory as programs address it: 64-bit addresses that name their chip in bits 48..63, and
// named allocations with a guard of 4 KiB before and between them, so that running off the end of a
// tensor is seen. Host memory is taken page by page as it is touched and starts as zeros.
//
// An allocation is data or control. In timing-only data has no storage: what it holds is unknown,
// host writes to it are dropped and reads give zeros; control (counts, tables, lists) is real
// always.
//
// Host memory is counted as it is touched, and has a limit: beyond it nothing more is written and
// exhausted() is true, so that no guest gets this process killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace npu {

enum class Storage : uint8_t { kData, kControl };

struct Allocation {
  std::string name;
  uint64_t base = 0;
  uint64_t bytes = 0;
  Storage storage{};
  uint64_t end() const { return base + bytes; }
};

class Gm {
 public:
  static constexpr uint64_t kAlignment = 512;  // of every allocation's base
  static constexpr uint64_t kGuard = 4096;     // bytes never allocated before each allocation

  // host_bytes: of host memory that all contents may take; 0 means seven eighths of the host's.
  Gm(uint64_t bytes_per_chip, int chips, bool timing_only, uint64_t host_bytes = 0);
  ~Gm();
  Gm(const Gm&) = delete;
  Gm& operator=(const Gm&) = delete;

  // The base of `bytes` new zero bytes: the lowest free place, so that the same calls give the same
  // addresses. Throws InputError naming the allocation when the chip's memory is full.
  uint64_t allocate(uint64_t bytes, Storage storage, std::string name, int chip = 0);

  // Gives an allocation back; `address` must be its base.
  void release(uint64_t address);

  // The allocation that holds this byte, or null.
  const Allocation* find(uint64_t address) const;

  // The allocation that holds all of these bytes (at least one), or null.
  const Allocation* find(uint64_t address, uint64_t bytes) const;

  // Copies inside one allocation; the caller has checked the bounds. What is written so counts as
  // initialised for the sanitizer.
  void read(uint64_t address, void* to, uint64_t bytes) const;
  void write(uint64_t address, const void* from, uint64_t bytes);

  // Counts bytes that are about to be written; false where the host's memory does not reach. The
  // caller has checked the bounds.
  bool touch(uint64_t address, uint64_t bytes);
  // A touch has failed since, and nothing was released after it.
  bool exhausted() const { return exhausted_; }
  uint64_t host_bytes() const { return host_bytes_; }

  // The bytes themselves: contiguous to the end of the allocation. Null where the storage is not
  // real. The caller has checked that `bytes` bytes lie inside one allocation.
  const std::byte* row(uint64_t address, uint64_t bytes) const;
  std::byte* row_for_write(uint64_t address, uint64_t bytes);

  // True where the contents are real; false for data in timing-only and outside allocations.
  bool known(uint64_t address) const;

  // What the sanitizer takes as initialised when a launch starts: bytes written by write() or
  // marked here. visit_written visits the marked runs of [from, to), in all allocations.
  void mark_written(uint64_t address, uint64_t bytes);
  void visit_written(uint64_t from, uint64_t to,
                     const std::function<void(uint64_t, uint64_t)>& visit) const;

  bool timing_only() const { return timing_only_; }
  int chips() const { return chips_; }
  uint64_t bytes_per_chip() const { return bytes_per_chip_; }
  uint64_t used(int chip = 0) const;

 private:
  struct Block;
  const Block* block(uint64_t address) const;

  uint64_t bytes_per_chip_;
  int chips_;
  bool timing_only_;
  uint64_t host_bytes_;
  uint64_t touched_ = 0;  // of it, in whole chunks
  bool exhausted_ = false;
  std::map<uint64_t, std::unique_ptr<Block>> blocks_;  // by base
};

}  // namespace npu
