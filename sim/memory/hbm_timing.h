// The timings of an HBM channel in ticks, as hbm_channel.h uses them.
#pragma once

#include "sim/config/memory.h"
#include "sim/memory/ticks.h"

namespace npu {

struct HbmTiming {
  HbmTiming(const HbmConfig& config, double clock_ghz);

  Ticks burst;  // data of one read or write
  Ticks rcd, rp, cl, cwl, ras, rc, ccd_s, ccd_l, rrd_s, rrd_l, faw, rtp, rtw;
  Ticks write_to_precharge;                      // cwl + burst + wr
  Ticks write_to_read_s, write_to_read_l;        // cwl + burst + wtr
  Ticks refresh_interval = 0, refresh_time = 0;  // refi; rp + rfc: all banks are closed first
};

}  // namespace npu
