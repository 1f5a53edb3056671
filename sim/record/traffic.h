// Bytes moved and how long they took, counted at every level of the memory where they move.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace npu {

// How many requests took how long: bucket i counts those of 2^(i-1) to 2^i - 1 cycles.
struct LatencyHistogram {
  static constexpr size_t kBuckets = 24;
  std::array<uint64_t, kBuckets> counts{};

  void add(uint64_t cycles) {
    const auto bucket = static_cast<size_t>(std::bit_width(cycles));
    ++counts[bucket < kBuckets ? bucket : kBuckets - 1];
  }
  void add(const LatencyHistogram& other) {
    for (size_t i = 0; i < kBuckets; ++i) counts[i] += other.counts[i];
  }
  uint64_t total() const;
  // "128..255: 93, 256..511: 12", without empty buckets.
  std::string text() const;
};

// Of one channel or of all.
struct HbmCounters {
  uint64_t reads = 0, writes = 0;  // bursts
  // What a burst met in its bank: its row open, no row open, another row open.
  uint64_t row_hits = 0, row_closed = 0, row_conflicts = 0;
  uint64_t turnarounds = 0;    // of the bus, to read and to write
  uint64_t refresh_waits = 0;  // bursts that a refresh held up
  void add(const HbmCounters& other);
};

struct TrafficRecord {
  uint64_t core_read = 0, core_written = 0;  // by instructions, between cores and L2
  uint64_t noc = 0;                          // bytes times links that they passed
  uint64_t l2_hit = 0, l2_miss = 0;          // of the lines that reads and writes touched
  uint64_t l2_same_line = 0;                 // requests that waited for another of their line
  uint64_t hbm_read = 0, hbm_written = 0;    // fetched lines, dirty lines evicted
  uint64_t links = 0;                        // between chips, counted on every link of the way
  HbmCounters hbm;
  // In cycles: a line from its request to its last byte at the core or visible in L2; a fetched
  // line from the miss to L2.
  LatencyHistogram core_latency, hbm_latency;

  TrafficRecord& operator+=(const TrafficRecord& other);

  // Text lines, one a level.
  std::string text(uint64_t cycles, double clock_ghz) const;
};

}  // namespace npu
