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

// Reads that keep every channel of a machine busy: 64 each.
int reads_under_way(const MachineConfig& machine);

// A pure stream of reads, 32 MB in ascending order with so many under way: the bandwidth that a
// kernel can achieve at best.
ProbeResult probe_stream(const MachineConfig& machine);

}  // namespace npu
