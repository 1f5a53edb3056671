// HBM under streams, strides, random and mixed accesses against the closed forms of its timings,
// over one to all channels.
#include "sim/memory/hbm.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <tuple>

#include "sim/memory/probe.h"

namespace npu {
namespace {

constexpr double kClosedForm = 0.03;  // how far the model may be from a closed form

// The one-channel preset, made wider: consecutive bursts go round the channels.
MachineConfig with_channels(int channels) {
  MachineConfig machine = load_machine("hbm2-channel");
  HbmConfig& hbm = machine.memory.hbm;
  hbm.stacks = std::max(1, channels / 8);
  hbm.channels = channels / hbm.stacks;
  hbm.gigabytes_per_second = 32.0 * channels;
  hbm.mapping = "row bank column group channel";
  machine.memory.gm *= channels;
  return machine;
}

double beside_refresh(const HbmTimingConfig& ns) { return 1 - (ns.rfc + ns.rp) / ns.refi; }

// Bytes a nanosecond of a channel whose bursts come `ns` apart.
double rate(const HbmConfig& hbm, double ns) {
  return hbm.burst / ns * beside_refresh(hbm.ns) * hbm.all_channels();
}

StimulusOptions options_for(const MachineConfig& machine, uint64_t accesses_of_channel) {
  StimulusOptions options;
  options.accesses = accesses_of_channel * static_cast<uint64_t>(machine.memory.hbm.all_channels());
  options.memory = static_cast<uint64_t>(machine.memory.gm);
  return options;
}

// NOTE: what is under way must outlast a refresh of one channel, 137 bursts, or the others run dry.
double measured(const MachineConfig& machine, const std::vector<MemoryAccess>& accesses) {
  return probe_hbm(machine, accesses, 256 * machine.memory.hbm.all_channels()).gigabytes_per_second;
}

// The bursts of the fullest channel, which is done last, over those of the mean.
double fullest(const HbmConfig& hbm, const std::vector<MemoryAccess>& accesses) {
  const AddressMap map(hbm);
  std::vector<double> bursts(static_cast<size_t>(hbm.all_channels()));
  for (const MemoryAccess& access : accesses)
    ++bursts[map.place(access.address / static_cast<uint64_t>(hbm.burst)).channel];
  return *std::max_element(bursts.begin(), bursts.end()) * static_cast<double>(bursts.size()) /
         static_cast<double>(accesses.size());
}

TEST_CASE("a stream gets what refresh leaves of the peak") {
  for (const int channels : {1, 8, 64}) {
    const MachineConfig machine = with_channels(channels);
    INFO(channels);
    CHECK(measured(machine, stream_accesses(options_for(machine, 30000))) ==
          Approx(rate(machine.memory.hbm, 2)).epsilon(kClosedForm));
  }
}

TEST_CASE("a stride through the rows of one bank gets one burst every rc") {
  for (const int channels : {1, 8}) {
    const MachineConfig machine = with_channels(channels);
    const HbmConfig& hbm = machine.memory.hbm;
    StimulusOptions options = options_for(machine, 4000);
    options.stride = static_cast<uint64_t>(hbm.row) * 16 * static_cast<uint64_t>(channels);
    INFO(channels);
    CHECK(measured(machine, strided_accesses(options)) ==
          Approx(rate(hbm, hbm.ns.rc) / channels).epsilon(kClosedForm));
  }
}

TEST_CASE("a stride through one bank group gets one burst every ccd_l") {
  const MachineConfig machine = with_channels(1);
  StimulusOptions options = options_for(machine, 30000);
  options.stride = 4 * 64;
  CHECK(measured(machine, strided_accesses(options)) ==
        Approx(rate(machine.memory.hbm, machine.memory.hbm.ns.ccd_l)).epsilon(kClosedForm));
}

// A row that is activated must stay open for ras before the refresh, so that takes ras more.
TEST_CASE("random bursts get four activates every faw") {
  for (const int channels : {1, 8, 64}) {
    const MachineConfig machine = with_channels(channels);
    HbmConfig with_ras = machine.memory.hbm;
    with_ras.ns.rfc += with_ras.ns.ras;
    INFO(channels);
    const std::vector<MemoryAccess> accesses = random_accesses(options_for(machine, 20000));
    CHECK(measured(machine, accesses) ==
          Approx(rate(with_ras, with_ras.ns.faw / 4) / fullest(with_ras, accesses))
              .epsilon(kClosedForm));
  }
}

TEST_CASE("reads and writes in turn lose two turnarounds for every queue of writes") {
  for (const int channels : {1, 8}) {
    const MachineConfig machine = with_channels(channels);
    const HbmConfig& hbm = machine.memory.hbm;
    const double burst = 2, queue = hbm.write_queue;
    const double turns = (hbm.ns.rtw - burst) + (hbm.ns.cwl + hbm.ns.wtr_l);
    StimulusOptions options = options_for(machine, 30000);
    // Reads in two banks of every group and writes in two others, so that all rows stay open.
    options.memory = static_cast<uint64_t>(hbm.row) * 16 * static_cast<uint64_t>(channels);
    INFO(channels);
    CHECK(measured(machine, mixed_accesses(options)) ==
          Approx(rate(hbm, burst + turns / (2 * queue))).epsilon(kClosedForm));
  }
}

// Reads in one row of a bank of every group, writes in another row of the same banks. Each change
// of direction waits for the bank that was left first: its precharge, its activate and the way to
// its first column, where a command more would have come a burst later. Activates are rrd_s apart
// and leave room for a burst each; into the first the bank group that was begun can't go again.
// Room that the last activates leave to rows still open, two bursts a turn, lies within the bound.
TEST_CASE("reads and writes that meet in the banks of all groups open their rows at every turn") {
  const MachineConfig machine = with_channels(1);
  const HbmConfig& hbm = machine.memory.hbm;
  const HbmTimingConfig& ns = hbm.ns;
  const auto row = static_cast<uint64_t>(hbm.row);
  std::vector<MemoryAccess> accesses;
  for (uint64_t i = 0; i < 30000; ++i) {
    const bool write = i % 2 == 1;
    accesses.push_back({(write ? row * 16 : 0) + i / 2 * 64 % (row * 4), 64, write, 0});
  }
  const double burst = 2, queue = hbm.write_queue, others = hbm.bank_groups - 1;
  const double open = ns.rp + ns.rcd - others * burst;
  const double to_write = ns.rtp + open - burst, to_read = ns.cwl + burst + ns.wr + open - burst;
  const double room = ns.rrd_s - burst;
  CHECK(measured(machine, accesses) ==
        Approx(rate(hbm, burst + (to_write + to_read + 2 * room) / (2 * queue)))
            .epsilon(kClosedForm));
}

TEST_CASE("a read alone takes activate, read and its data; of an open row the activate is saved") {
  const MachineConfig machine = with_channels(1);
  const HbmTimingConfig& ns = machine.memory.hbm.ns;
  const double closed = ns.rcd + ns.cl + 2;
  CHECK(probe_hbm(machine, {{0, 64, false, 0}}, 1).mean_ns == Approx(closed));
  const ProbeResult two = probe_hbm(machine, {{0, 64, false, 0}, {256, 64, false, 100}}, 1);
  CHECK(two.least_ns == Approx(ns.cl + 2));
  const uint64_t next_row = static_cast<uint64_t>(machine.memory.hbm.row) * 16;
  const ProbeResult conflict =
      probe_hbm(machine, {{0, 64, false, 0}, {next_row, 64, false, 100}}, 1);
  CHECK(conflict.most_ns == Approx(ns.rp + closed));
}

TEST_CASE("every burst has a place of its own, with and without hash, whatever the mapping") {
  HbmConfig config;
  config.stacks = 3;
  config.channels = 2;
  for (const char* mapping :
       {"row bank group column channel", "row column bank group channel column:4 group:2",
        "row channel bank column group"}) {
    for (const bool hash : {false, true}) {
      config.mapping = mapping;
      config.hash = hash;
      REQUIRE(mapping_problem(config).empty());
      const AddressMap map(config);
      std::set<std::tuple<uint32_t, uint32_t, uint64_t, uint32_t>> places;
      constexpr uint64_t kBursts = 6 * 16 * 16 * 3;  // three rows of everything
      for (uint64_t i = 0; i < kBursts; ++i) {
        const HbmPlace p = map.place(i);
        CHECK(p.channel < 6);
        CHECK(p.bank / 4 == p.group);
        CHECK(p.row < 3);
        places.insert({p.channel, p.bank, p.row, p.column});
      }
      CHECK(places.size() == kBursts);
    }
  }
}

TEST_CASE("a mapping that is none says what is wrong with it") {
  HbmConfig config;
  const auto problem = [&](const char* mapping) {
    config.mapping = mapping;
    return mapping_problem(config);
  };
  CHECK(problem("row bank group column channel").empty());
  CHECK(problem("row bank group column") == "leaves out 64 of channel");
  CHECK(problem("row bank rank column channel group").find("no field") != std::string::npos);
  CHECK(problem("bank row group column channel").find("highest") != std::string::npos);
  CHECK(problem("row bank group column:3 channel").find("divides") != std::string::npos);
}

}  // namespace
}  // namespace npu
