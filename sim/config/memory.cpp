#include "sim/config/memory.h"

namespace npu {
namespace {
constexpr FieldRange kCycles{0, 100000};
constexpr FieldRange kNanoseconds{0, 1e6};
}  // namespace

void L2Config::visit(FieldVisitor& v) {
  v.field("bytes", bytes, {1024, 1e11}, "capacity");
  v.field("line", line, {64, 4096}, "bytes of a line, a power of two");
  v.field("ways", ways, {1, 64}, "lines of a set");
  v.field("slices", slices, {1, 1024}, "parts with a port each; a hash of the address says which");
  v.field("bytes_per_cycle", bytes_per_cycle, {1, 1e6}, "all slices together");
  v.field("latency", latency, kCycles, "cycles from a request to its first byte at the core, hit");
  v.field("write_latency", write_latency, kCycles,
          "cycles from the last byte sent to visible in L2");
  v.field("same_line", same_line, kCycles,
          "cycles between two requests for one line: many readers are served one by one");
  v.field(
      "sector", sector, {0, 4096},
      "bytes of a part of a line; a load of a whole line that is on its way from HBM, or of a part "
      "that is no whole sectors, fetches the line again, one of less than a sector a sector; 0: "
      "every load waits for the line");
}

void NocConfig::visit(FieldVisitor& v) {
  v.field("topology", topology,
          "crossbar, ring or mesh: which links a line passes between a group and a slice of L2");
  v.field("bytes_per_cycle", bytes_per_cycle, {0.5, 1e6}, "width of a link, each way");
  v.field("hop_latency", hop_latency, kCycles,
          "cycles of a link, there and back, on top of L2's latency");
  v.field("columns", columns, {1, 1024}, "nodes of a row of a mesh; others have no use for it");
}

void HbmTimingConfig::visit(FieldVisitor& v) {
  v.field("rcd", rcd, kNanoseconds, "ns from activate to read or write of the bank");
  v.field("rp", rp, kNanoseconds, "ns from precharge to activate of the bank");
  v.field("cl", cl, kNanoseconds, "ns from read to its first data");
  v.field("cwl", cwl, kNanoseconds, "ns from write to its first data");
  v.field("ras", ras, kNanoseconds, "ns from activate to precharge of the bank");
  v.field("rc", rc, kNanoseconds, "ns from activate to activate of the bank");
  v.field("ccd_s", ccd_s, kNanoseconds,
          "ns between reads or writes of different bank groups; a burst takes at least its data");
  v.field("ccd_l", ccd_l, kNanoseconds, "ns between reads or writes of one bank group");
  v.field("rrd_s", rrd_s, kNanoseconds, "ns between activates of different bank groups");
  v.field("rrd_l", rrd_l, kNanoseconds, "ns between activates of one bank group");
  v.field("faw", faw, kNanoseconds, "ns that hold at most four activates");
  v.field("wr", wr, kNanoseconds, "ns from the end of a write's data to precharge of the bank");
  v.field("wtr_s", wtr_s, kNanoseconds,
          "ns from the end of a write's data to a read of another bank group");
  v.field("wtr_l", wtr_l, kNanoseconds,
          "ns from the end of a write's data to a read of its bank group");
  v.field("rtp", rtp, kNanoseconds, "ns from read to precharge of the bank");
  v.field("rtw", rtw, kNanoseconds, "ns from read to write");
  v.field("refi", refi, kNanoseconds, "ns from refresh to refresh of a channel; 0: no refresh");
  v.field("rfc", rfc, kNanoseconds, "ns that a refresh takes all banks of a channel");
}

void HbmConfig::visit(FieldVisitor& v) {
  v.field("gigabytes_per_second", gigabytes_per_second, {0.1, 1e6}, "peak of all channels");
  v.field("latency", latency, kCycles,
          "cycles of a miss on top of L2's latency, beside what the banks take");
  v.field("stacks", stacks, {1, 64}, "stacks of a chip");
  v.field("channels", channels, {1, 256}, "channels of a stack; pseudo-channels count each");
  v.field("bank_groups", bank_groups, {1, 16}, "bank groups of a channel");
  v.field("banks", banks, {1, 64}, "banks of a bank group");
  v.field("row", row, {64, 65536}, "bytes of a row, a multiple of burst");
  v.field("burst", burst, {16, 4096}, "bytes of a read or write, at most a line");
  v.field("mapping", mapping,
          "fields of an address from the highest to the lowest, above the burst: row, bank, group, "
          "column, channel; name:n takes n values of it, the name alone all that are left");
  v.field("hash", hash, "bank and channel rotate with the row, so that strides spread");
  v.field("write_queue", write_queue, {1, 4096},
          "bursts that a channel collects before it turns round to write them");
  v.group("ns", ns, "what commands of a channel keep between them");
}

void MemoryConfig::visit(FieldVisitor& v) {
  v.field("gm", gm, {65536, 1e14}, "bytes of global memory of a chip");
  v.field("window_lines", window_lines, {1, 65536}, "L2 lines that one unit has under way");
  v.field("lines_per_event", lines_per_event, {1, 64},
          "lines booked in one event: a matter of host time, hardly of cycles");
  v.group("l2", l2, "second-level cache, shared by all cores of a chip");
  v.group("noc", noc, "network between groups and L2");
  v.group("hbm", hbm, "memory of a chip");
}

}  // namespace npu
