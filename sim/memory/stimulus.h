// Accesses to memory without a program: patterns made up, or a trace read from text.
//
// A trace has one access a line: `read ADDRESS BYTES` or `write ADDRESS BYTES`, addresses in
// decimal or as 0x..., optionally followed by the nanosecond before which it is not made. `#`
// begins a comment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace npu {

struct MemoryAccess {
  uint64_t address = 0;
  uint64_t bytes = 0;
  bool write = false;
  double from_ns = 0;
};

// What the made-up patterns look like.
struct StimulusOptions {
  uint64_t accesses = 65536;
  uint64_t bytes = 64;                  // of an access
  uint64_t stride = 4096;               // of strided
  uint64_t memory = uint64_t{1} << 30;  // addresses below it
  double write_share = 0.5;             // of mixed
};

// Ascending addresses.
std::vector<MemoryAccess> stream_accesses(const StimulusOptions& options);
// Ascending by the stride.
std::vector<MemoryAccess> strided_accesses(const StimulusOptions& options);
// Anywhere, the same on every host.
std::vector<MemoryAccess> random_accesses(const StimulusOptions& options);
// Ascending, reads and writes each in their own half of the memory, in turn.
std::vector<MemoryAccess> mixed_accesses(const StimulusOptions& options);

// Throws InputError with `name`, line and what is allowed, all problems together.
std::vector<MemoryAccess> parse_trace(const std::string& text, const std::string& name);

}  // namespace npu
