#include "sim/record/traffic.h"

#include <fmt/format.h>

namespace npu {

uint64_t LatencyHistogram::total() const {
  uint64_t sum = 0;
  for (const uint64_t count : counts) sum += count;
  return sum;
}

std::string LatencyHistogram::text() const {
  std::string text;
  for (size_t i = 0; i < kBuckets; ++i) {
    if (counts[i] == 0) continue;
    const uint64_t low = i == 0 ? 0 : uint64_t{1} << (i - 1);
    text += fmt::format("{}{}..{}: {}", text.empty() ? "" : ", ", low, (uint64_t{1} << i) - 1,
                        counts[i]);
  }
  return text.empty() ? "none" : text;
}

void HbmCounters::add(const HbmCounters& other) {
  reads += other.reads;
  writes += other.writes;
  row_hits += other.row_hits;
  row_closed += other.row_closed;
  row_conflicts += other.row_conflicts;
  turnarounds += other.turnarounds;
  refresh_waits += other.refresh_waits;
}

TrafficRecord& TrafficRecord::operator+=(const TrafficRecord& other) {
  core_read += other.core_read;
  core_written += other.core_written;
  noc += other.noc;
  l2_hit += other.l2_hit;
  l2_miss += other.l2_miss;
  l2_same_line += other.l2_same_line;
  hbm_read += other.hbm_read;
  hbm_written += other.hbm_written;
  links += other.links;
  hbm.add(other.hbm);
  core_latency.add(other.core_latency);
  hbm_latency.add(other.hbm_latency);
  return *this;
}

std::string TrafficRecord::text(uint64_t cycles, double clock_ghz) const {
  const auto rate = [&](uint64_t bytes) {
    return cycles == 0 ? 0.0 : static_cast<double>(bytes) / static_cast<double>(cycles) * clock_ghz;
  };
  std::string text =
      fmt::format("cores  {} bytes read, {} written, {:.1f} GB/s; cycles of a line {}\n", core_read,
                  core_written, rate(core_read + core_written), core_latency.text());
  text += fmt::format("noc    {} bytes over links, {:.1f} GB/s\n", noc, rate(noc));
  text += fmt::format(
      "L2     {} bytes hit, {} missed, {:.1f} GB/s; {} requests waited for their line\n", l2_hit,
      l2_miss, rate(l2_hit + l2_miss), l2_same_line);
  text += fmt::format("HBM    {} bytes read, {} written, {:.1f} GB/s; cycles of a line {}\n",
                      hbm_read, hbm_written, rate(hbm_read + hbm_written), hbm_latency.text());
  text += fmt::format(
      "       {} bursts read, {} written; rows {} open, {} closed, {} another; {} turnarounds, {} "
      "held up by refresh\n",
      hbm.reads, hbm.writes, hbm.row_hits, hbm.row_closed, hbm.row_conflicts, hbm.turnarounds,
      hbm.refresh_waits);
  return text;
}

}  // namespace npu
