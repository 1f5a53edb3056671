// HBM alone under accesses without a program: what bandwidth and what latency come out.
#pragma once

#include <vector>

#include "sim/config/machine.h"
#include "sim/memory/stimulus.h"
#include "sim/record/traffic.h"

namespace npu {

struct ProbeResult {
  uint64_t accesses = 0, bytes = 0;
  double nanoseconds = 0;  // until the last byte has passed
  double gigabytes_per_second = 0;
  // Of reads, from when one may go to its last byte on the bus; 0 without reads.
  double mean_ns = 0, least_ns = 0, most_ns = 0;
  HbmCounters counters;
};

// Makes the accesses in order; at most `outstanding` reads are under way. An access takes all
// bursts that it touches. Writes are collected as the channels do and wait for nothing.
ProbeResult probe_hbm(const MachineConfig& machine, const std::vector<MemoryAccess>& accesses,
                      int outstanding);

}  // namespace npu
