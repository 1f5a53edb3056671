// Memory outside the chip that somebody else simulates: a range of GM addresses whose bytes live in
// a foreign model and whose times are the foreign model's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace npu {

class ForeignMemory {
 public:
  virtual ~ForeignMemory() = default;

  // True if any of these bytes belong to the foreign memory.
  virtual bool covers(uint64_t address, uint64_t bytes) const = 0;

  // Starts a transfer at the present cycle; `data` must live until `done` is called, at the cycle
  // after the foreign model has finished. Transfers that finish together report in the order of
  // (port, sequence).
  virtual void access(bool write, uint64_t address, std::span<std::byte> data,
                      std::function<void()> done) = 0;

  // True while transfers are under way.
  virtual bool busy() const = 0;

  // The wheel starts again at cycle 0.
  virtual void start_run() = 0;
};

}  // namespace npu
