// Every constraint between commands of a channel: not a nanosecond earlier, and exactly then.
#include "sim/memory/hbm_channel.h"

#include <catch2/catch.hpp>

namespace npu {
namespace {

constexpr uint32_t kBanksOfGroup = 4;

// A channel of 4 x 4 banks at 1 GHz whose bursts of 64 bytes take 2 ns; all timings are 0.
HbmConfig free_channel() {
  HbmConfig config;
  config.gigabytes_per_second = 32;
  config.stacks = config.channels = 1;
  config.bank_groups = config.banks = 4;
  config.mapping = "row bank column group";
  config.ns = {};
  for (double* ns :
       {&config.ns.rcd, &config.ns.rp, &config.ns.cl, &config.ns.cwl, &config.ns.ras, &config.ns.rc,
        &config.ns.ccd_s, &config.ns.ccd_l, &config.ns.rrd_s, &config.ns.rrd_l, &config.ns.faw,
        &config.ns.wr, &config.ns.wtr_s, &config.ns.wtr_l, &config.ns.rtp, &config.ns.rtw,
        &config.ns.refi, &config.ns.rfc})
    *ns = 0;
  return config;
}

struct Access {
  uint64_t from = 0;  // ns
  uint32_t group = 0, bank = 0;
  uint64_t row = 0;
  bool write = false;
};

struct Constraint {
  const char* name;
  double HbmTimingConfig::*field;
  double ns;
  std::vector<Access> before;
  Access then;         // `from` is the first ns at which its command may go
  uint64_t takes = 2;  // ns from there to its last byte
};

class Lab {
 public:
  explicit Lab(const HbmConfig& config) : timing_(config, 1), channel_(config, timing_, 0) {}
  uint64_t finish(const Access& a, uint64_t from) {
    const HbmPlace place{0, a.group, a.group * kBanksOfGroup + a.bank, a.row, 0};
    return cycle_after(channel_.access(0, ticks_of(from), place, a.write));
  }
  HbmCounters counters() const { return channel_.counters(); }

 private:
  HbmTiming timing_;
  HbmChannel channel_;
};

using T = HbmTimingConfig;
const std::vector<Constraint> kConstraints = {
    {"rp: precharge to activate", &T::rp, 10, {{0, 0, 0, 0}}, {20, 0, 0, 1}, 12},
    {"rcd: activate to read", &T::rcd, 10, {}, {0, 0, 0, 0}, 12},
    {"cl: read to data", &T::cl, 10, {}, {0, 0, 0, 0}, 12},
    {"cwl: write to data", &T::cwl, 10, {}, {0, 0, 0, 0, true}, 12},
    {"ras: activate to precharge", &T::ras, 10, {{0, 0, 0, 0}}, {10, 0, 0, 1}},
    {"rc: activate to activate of a bank", &T::rc, 10, {{0, 0, 0, 0}}, {10, 0, 0, 1}},
    {"rtp: read to precharge", &T::rtp, 10, {{0, 0, 0, 0}}, {10, 0, 0, 1}},
    {"wr: end of a write to precharge", &T::wr, 10, {{0, 0, 0, 0, true}}, {12, 0, 0, 1}},
    {"ccd_s: column to column", &T::ccd_s, 10, {{0, 0, 0, 0}}, {10, 1, 0, 0}, 2},
    {"ccd_l: column to column of a group", &T::ccd_l, 10, {{0, 0, 0, 0}}, {10, 0, 1, 0}},
    {"burst: another group need not wait ccd_l", &T::ccd_l, 10, {{0, 0, 0, 0}}, {2, 1, 0, 0}},
    {"rrd_s: activate to activate", &T::rrd_s, 10, {{0, 0, 0, 0}}, {10, 1, 0, 0}},
    {"rrd_l: activate to activate of a group", &T::rrd_l, 10, {{0, 0, 0, 0}}, {10, 0, 1, 0}},
    {"rrd_s: another group need not wait rrd_l", &T::rrd_l, 10, {{0, 0, 0, 0}}, {2, 1, 0, 0}},
    {"faw: four activates",
     &T::faw,
     20,
     {{0, 0, 0, 0}, {2, 1, 0, 0}, {4, 2, 0, 0}, {6, 3, 0, 0}},
     {20, 0, 1, 0}},
    {"faw: the fourth is free",
     &T::faw,
     20,
     {{0, 0, 0, 0}, {2, 1, 0, 0}, {4, 2, 0, 0}},
     {6, 3, 0, 0}},
    {"wtr_s: write to read", &T::wtr_s, 10, {{0, 0, 0, 0, true}}, {12, 1, 0, 0}},
    {"wtr_l: write to read of a group", &T::wtr_l, 10, {{0, 0, 0, 0, true}}, {12, 0, 1, 0}},
    {"rtw: read to write", &T::rtw, 10, {{0, 0, 0, 0}}, {10, 1, 0, 0, true}},
};

TEST_CASE("a command goes at the time its constraint allows and not a nanosecond earlier") {
  for (const Constraint& c : kConstraints) {
    INFO(c.name);
    HbmConfig config = free_channel();
    config.ns.*c.field = c.ns;
    const auto at = [&](uint64_t from) {
      Lab lab(config);
      for (const Access& access : c.before) lab.finish(access, access.from);
      return lab.finish(c.then, from);
    };
    CHECK(at(c.then.from) == c.then.from + c.takes);
    CHECK(at(c.then.from + 1) == c.then.from + 1 + c.takes);
    // Where something holds it, a nanosecond earlier gains nothing.
    const bool additive = c.takes != 2;
    if (!additive) CHECK(at(c.then.from - 1) == c.then.from + c.takes);
  }
}

TEST_CASE("a refresh holds commands for rfc, once in refi, and closes the rows") {
  HbmConfig config = free_channel();
  config.ns.refi = 1000;
  config.ns.rfc = 100;
  const Access access{0, 0, 0, 0};
  for (const auto& [from, finish] : {std::pair<uint64_t, uint64_t>{899, 901},
                                     {900, 1002},
                                     {999, 1002},
                                     {1000, 1002},
                                     {1899, 1901},
                                     {1900, 2002}}) {
    INFO(from);
    Lab lab(config);
    CHECK(lab.finish(access, from) == finish);
  }
  Lab lab(config);
  lab.finish(access, 0);
  lab.finish(access, 10);
  lab.finish(access, 1100);
  CHECK(lab.counters().row_hits == 1);
  CHECK(lab.counters().row_closed == 2);
}

TEST_CASE("a row must have time for its work before a refresh closes it") {
  HbmConfig config = free_channel();
  config.ns.refi = 1000;
  config.ns.rfc = 100;
  config.ns.ras = 30;
  Lab early(config), late(config);
  CHECK(early.finish({0, 0, 0, 0}, 870) == 872);
  CHECK(early.counters().refresh_waits == 0);
  CHECK(late.finish({0, 0, 0, 0}, 871) == 1002);
  CHECK(late.counters().refresh_waits == 1);
}

TEST_CASE("a later call uses the time on the bus that an earlier one left") {
  HbmConfig config = free_channel();
  config.ns.rc = 100;
  Lab lab(config);
  lab.finish({0, 0, 0, 0}, 0);
  CHECK(lab.finish({0, 0, 0, 1}, 0) == 102);  // the bank's second row
  CHECK(lab.finish({0, 1, 0, 0}, 50) == 52);
}

TEST_CASE("collected writes turn the bus round once") {
  HbmConfig config = free_channel();
  config.ns.rtw = config.ns.wtr_s = config.ns.wtr_l = 10;
  config.write_queue = 4;
  const HbmTiming timing(config, 1);
  HbmChannel channel(config, timing, 0);
  channel.access(0, 0, {}, false);
  for (uint32_t i = 0; i < 4; ++i) {
    CHECK(channel.counters().writes == 0);
    channel.write_later(0, 0, {0, i, i * kBanksOfGroup, 0, 0});
  }
  CHECK(channel.counters().writes == 4);
  channel.access(0, ticks_of(200), {}, false);
  CHECK(channel.counters().turnarounds == 2);
}

}  // namespace
}  // namespace npu
