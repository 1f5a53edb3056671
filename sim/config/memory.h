// The memory of a chip in numbers: L2, the network between cores and L2, and HBM.
#pragma once

#include <cstdint>
#include <string>

#include "sim/config/fields.h"

namespace npu {

struct L2Config {
  int64_t bytes = 134217728;
  int line = 512;
  int ways = 16;
  int slices = 32;
  double bytes_per_cycle = 4096;
  int latency = 170;        // from request to the first byte at the core, hit
  int write_latency = 100;  // from the last byte sent to visible in L2
  int same_line = 0;        // between two requests for one line
  int sector = 0;  // bytes; a load of what is on its way to L2 fetches it again; 0: it waits
  void visit(FieldVisitor& v);
};

// The network between the groups and the slices of L2.
struct NocConfig {
  std::string topology = "crossbar";
  double bytes_per_cycle = 512;
  int hop_latency = 0;
  int columns = 8;  // of a mesh
  void visit(FieldVisitor& v);
};

// What a channel's commands must keep between them, in nanoseconds; the names are JEDEC's without
// the t. All zero: banks cost nothing.
struct HbmTimingConfig {
  double rcd = 14, rp = 14, cl = 14, cwl = 4, ras = 33, rc = 47, ccd_s = 0, ccd_l = 4, rrd_s = 4,
         rrd_l = 6, faw = 16, wr = 16, wtr_s = 3, wtr_l = 8, rtp = 5, rtw = 14, refi = 3900,
         rfc = 260;
  void visit(FieldVisitor& v);
};

struct HbmConfig {
  double gigabytes_per_second = 2400;
  int latency = 300;  // on top of L2's and of what the banks take
  int stacks = 4;
  int channels = 16;    // of a stack
  int bank_groups = 4;  // of a channel
  int banks = 4;        // of a bank group
  int row = 1024;       // bytes
  int burst = 64;       // bytes
  std::string mapping = "row bank group column channel column:4 group:2";
  bool hash = true;
  int write_queue = 64;  // bursts of a channel
  HbmTimingConfig ns;
  void visit(FieldVisitor& v);
  int all_channels() const { return stacks * channels; }
};

struct MemoryConfig {
  int64_t gm = 68719476736;  // bytes of a chip
  int window_lines = 96;     // L2 lines that one unit has under way
  int lines_per_event = 16;
  L2Config l2;
  NocConfig noc;
  HbmConfig hbm;
  void visit(FieldVisitor& v);
};

}  // namespace npu
