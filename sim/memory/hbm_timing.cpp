#include "sim/memory/hbm_timing.h"

#include <algorithm>
#include <cmath>

namespace npu {

HbmTiming::HbmTiming(const HbmConfig& config, double clock_ghz) {
  const HbmTimingConfig& ns = config.ns;
  const auto ticks = [&](double nanoseconds) {
    return static_cast<Ticks>(
        std::llround(nanoseconds * clock_ghz * static_cast<double>(kTicksPerCycle)));
  };
  burst = ticks(config.burst * config.all_channels() / config.gigabytes_per_second);
  rcd = ticks(ns.rcd);
  rp = ticks(ns.rp);
  cl = ticks(ns.cl);
  cwl = ticks(ns.cwl);
  ras = ticks(ns.ras);
  rc = ticks(ns.rc);
  ccd_s = std::max(burst, ticks(ns.ccd_s));
  ccd_l = std::max(ccd_s, ticks(ns.ccd_l));
  rrd_s = ticks(ns.rrd_s);
  rrd_l = std::max(rrd_s, ticks(ns.rrd_l));
  faw = ticks(ns.faw);
  rtp = ticks(ns.rtp);
  rtw = std::max(ccd_s, ticks(ns.rtw));
  write_to_precharge = cwl + burst + ticks(ns.wr);
  // With no turnaround at all a read follows a write like a read.
  const bool turns = ns.wtr_s + ns.wtr_l + ns.cwl > 0;
  write_to_read_s = turns ? cwl + burst + ticks(ns.wtr_s) : ccd_s;
  write_to_read_l = turns ? cwl + burst + ticks(ns.wtr_l) : ccd_l;
  refresh_interval = ticks(ns.refi);
  refresh_time = refresh_interval == 0 ? 0 : rp + ticks(ns.rfc);
}

}  // namespace npu
