#include "tests/unit/sim/check/script.h"

using namespace npu;
using namespace npu::test;

namespace {

constexpr int kCube = 0, kVector0 = 1, kVector1 = 2;

Sync sync(FlagCount wait, FlagCount set) {
  Sync s;
  s.waits[0] = wait;
  s.sets[0] = set;
  return s;
}
constexpr FlagCount kNoFlag{};

// `bytes` bytes of GM to UB.
Load<Value> load(uint64_t dst, uint64_t src, uint64_t bytes, Sync s = {}) {
  Load<Value> c;
  c.to = Mem::kUb;
  c.type = Type::kU8;
  c.dst = dst;
  c.src = src;
  c.rows = 1;
  c.cols = bytes;
  c.sync = s;
  return c;
}

Store<Value> store(uint64_t dst, uint64_t src, uint64_t bytes, Sync s = {}) {
  Store<Value> c;
  c.type = Type::kU8;
  c.dst = dst;
  c.src = src;
  c.rows = 1;
  c.cols = bytes;
  c.sync = s;
  return c;
}

// Reads `bytes` bytes of UB and writes as many.
Vnot<Value> invert(uint64_t d, uint64_t a, uint64_t bytes, Sync s = {}) {
  Vnot<Value> c;
  c.type = Type::kU8;
  c.d = d;
  c.a = a;
  c.rows = 1;
  c.cols = bytes;
  c.sync = s;
  return c;
}

Fill<Value> fill(uint64_t dst, uint64_t bytes, Sync s = {}) {
  Fill<Value> c;
  c.to = Mem::kUb;
  c.type = Type::kU8;
  c.dst = dst;
  c.rows = 1;
  c.cols = bytes;
  c.sync = s;
  return c;
}

}  // namespace

TEST_CASE("a unit that reads what another wrote without a flag between them is a race") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.run(0, kVector0, load(64, gm, 256), 3);
  s.run(0, kVector0, invert(1024, 128, 64), 7);
  const auto found = s.hazards();
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == HazardKind::kRace);
  CHECK(found[0].mem == Mem::kUb);
  CHECK(found[0].from == 128);
  CHECK(found[0].to == 192);
  CHECK(found[0].access.source == "k.npuasm:8: line 8");
  CHECK_FALSE(found[0].access.write);
  CHECK(found[0].other.source == "k.npuasm:4: line 4");
  CHECK(found[0].other.write);
  CHECK(found[0].other.unit == Unit::kLoad);
  CHECK(found[0].text() ==
        "race in ub of vector core 0 of group 0, bytes 0x80 to 0xbf: vector of vector core 0 of "
        "group 0 reads at cycle 6, instruction 7 (k.npuasm:8: line 8); not ordered with: load of "
        "vector core 0 of group 0 writes at cycle 3, instruction 3 (k.npuasm:4: line 4)");
}

TEST_CASE("a set and the wait that takes it order two units") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.run(0, kVector0, load(64, gm, 256, sync(kNoFlag, {1, 1})));
  s.run(0, kVector0, invert(1024, 64, 256, sync({1, 1}, kNoFlag)));
  CHECK(s.hazards().empty());
}

TEST_CASE("a slot that is written again while it may still be read is a race") {
  const bool with_release = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.run(0, kVector0, load(0, gm, 256, sync(kNoFlag, {1, 1})), 1);
  s.run(0, kVector0, invert(1024, 0, 256, sync({1, 1}, {2, 1})), 2);
  s.run(0, kVector0, load(0, gm, 256, sync(with_release ? FlagCount{2, 1} : kNoFlag, {1, 1})), 1);
  const auto found = s.hazards();
  if (with_release) {
    CHECK(found.empty());
  } else {
    REQUIRE(found.size() == 1);
    CHECK(found[0].access.write);
    CHECK_FALSE(found[0].other.write);
  }
}

TEST_CASE("neighbouring bytes do not race") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.run(0, kVector0, fill(0, 33));
  s.run(0, kVector0, invert(33, 100, 0));
  Viota<Value> iota;
  iota.d = 36;
  iota.rows = iota.cols = 1;
  s.run(0, kVector0, iota);
  s.run(0, kVector0, load(64, gm, 32));
  CHECK(s.hazards().empty());
}

TEST_CASE("a byte of a granule that two units write is a race even if the rest is not shared") {
  Script s;
  s.run(0, kVector0, fill(0, 33), 1);
  Vcopy<Value> copy;
  copy.type = Type::kU8;
  copy.a_is = Source::kScalar;
  copy.d = 32;
  copy.rows = 1;
  copy.cols = 8;
  s.run(0, kVector0, copy, 2);
  const auto found = s.hazards();
  REQUIRE(found.size() == 1);
  CHECK(found[0].from == 32);
  CHECK(found[0].to == 33);
}

TEST_CASE("bytes that nothing wrote are reported when read") {
  Script s;
  const uint64_t fresh = s.tensor(4096, false, "fresh"), filled = s.tensor(4096, true);
  SECTION("in a local memory") {
    s.run(0, kVector0, invert(1024, 96, 64), 5);
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == HazardKind::kUninitialisedRead);
    CHECK(found[0].from == 96);
    CHECK(found[0].to == 160);
  }
  SECTION("in part") {
    s.run(0, kVector0, fill(0, 70, sync(kNoFlag, {1, 1})));
    s.run(0, kVector0, invert(1024, 0, 100, sync({1, 1}, kNoFlag)));
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].from == 70);
    CHECK(found[0].to == 100);
  }
  SECTION("in GM that was allocated and not written") {
    s.run(0, kVector0, load(0, fresh + 512, 64));
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].text().find("gm 'fresh', bytes 512 to 575") != std::string::npos);
  }
  SECTION("but not in GM that the host has written") {
    s.run(0, kVector0, load(0, filled + 512, 64));
    CHECK(s.hazards().empty());
  }
  SECTION("nor in GM that an earlier launch has written") {
    s.run(0, kVector0, fill(0, 64, sync(kNoFlag, {1, 1})));
    s.run(0, kVector0, store(fresh + 100, 0, 64, sync({1, 1}, kNoFlag)));
    CHECK(s.hazards().empty());
    Checker next(s.rig.limits, s.rig.gm, s.program, {2, {}, 0},
                 [&](int) -> GroupState& { return s.groups[0]; });
    const EventPlace at{1, 0, kVector0, Unit::kLoad, 0, 1};
    for (uint64_t bytes : {64u, 65u}) {
      const Command c = load(0, fresh + 100, bytes);
      next.on_issue(at, c);
      next.on_start(at, c);
      next.on_retire(at, c);
    }
    const auto found = next.finish().hazards;
    REQUIRE(found.size() == 1);
    CHECK(found[0].from == fresh + 164);
  }
}

TEST_CASE("a wait knows only as many sets as it has taken") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.run(0, kVector0, load(0, gm, 64, sync(kNoFlag, {1, 1})), 1);
  s.run(0, kVector0, load(64, gm, 64, sync(kNoFlag, {1, 1})), 2);
  SECTION("the second slot after one wait is a race") {
    s.run(0, kVector0, invert(1024, 64, 64, sync({1, 1}, kNoFlag)));
    CHECK(s.hazards().size() == 1);
  }
  SECTION("the first slot after one wait is fine") {
    s.run(0, kVector0, invert(1024, 0, 64, sync({1, 1}, kNoFlag)));
    CHECK(s.hazards().empty());
  }
  SECTION("both slots after a wait for two are fine") {
    s.run(0, kVector0, invert(1024, 0, 128, sync({1, 2}, kNoFlag)));
    CHECK(s.hazards().empty());
  }
}

TEST_CASE("the initial value of a flag orders nothing") {
  Program program = sourced_program();
  program.vector.flags.push_back({1, 1, 4, "free"});
  Script s({2, {}, 0}, program);
  const uint64_t gm = s.tensor(4096, true);
  s.run(0, kVector0, load(0, gm, 64, sync(kNoFlag, {1, 1})));
  s.run(0, kVector0, invert(1024, 0, 64, sync({1, 1}, kNoFlag)));
  CHECK(s.hazards().size() == 1);
}

TEST_CASE("a wait for both vector cores orders the cube core after both") {
  const uint8_t count = GENERATE(uint8_t{1}, uint8_t{2});
  Script s;
  for (int core : {kVector0, kVector1}) {
    s.run(0, core, fill(0, 64, sync(kNoFlag, {1, 1})));
    Store<Value> to_l1 = store(64 * static_cast<uint64_t>(core - 1), 0, 64, sync({1, 1}, {48, 1}));
    to_l1.to = Mem::kL1;
    s.run(0, core, to_l1, static_cast<uint32_t>(core));
  }
  FeedTable<Value> feed;
  feed.src = 0;
  feed.cols = 32;
  feed.sync = sync({48, count}, kNoFlag);
  s.run(0, kCube, feed, 9);
  const auto found = s.hazards();
  if (count == 2) {
    CHECK(found.empty());
  } else {
    REQUIRE(found.size() == 1);
    CHECK(found[0].other.core == kVector1);
    CHECK(found[0].from == 64);
  }
}

TEST_CASE("a group flag set by the cube core reaches every vector core of its own group only") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  Drain<Value> drain;
  drain.from = drain.type = Type::kF32;
  drain.dst = gm;
  drain.rows = 1;
  drain.cols = 16;
  drain.sync = sync(kNoFlag, {50, 1});
  Mma<Value> mma;
  mma.type = Type::kF16;
  mma.m = mma.n = mma.k = 16;
  Feed<Value> feed;
  feed.type = Type::kF16;
  feed.rows = feed.cols = 16;
  (void)feed;
  s.run(0, kCube, drain, 1);
  for (int core : {kVector0, kVector1}) {
    s.run(0, core, load(0, gm, 64, sync({50, 1}, kNoFlag)), 2);
  }
  s.run(1, kVector0, load(0, gm, 64), 3);
  auto found = s.hazards();
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == HazardKind::kUninitialisedRead);  // nothing made the sums
  CHECK(found[1].kind == HazardKind::kRace);
  CHECK(found[1].access.group == 1);
}

TEST_CASE("handover orders tile by tile, and only instructions that hand over") {
  const bool drain_hands_over = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  const auto feed = [&](Mem to, FlagCount set) {
    Load<Value> c;
    c.type = Type::kF16;
    c.layout = Layout::kFractal;
    c.src = gm;
    c.rows = c.cols = 16;
    c.src_pitch = 32;
    c.sync = sync(kNoFlag, {1, 1});
    s.run(0, kCube, c);
    Feed<Value> f;
    f.to = to;
    f.type = Type::kF16;
    f.rows = f.cols = 16;
    f.sync = sync({1, 1}, set);
    s.run(0, kCube, f);
  };
  feed(Mem::kL0A, kNoFlag);
  // The second load would race with the first feed: it is made by the same pair of flags.
  Feed<Value> f;
  f.to = Mem::kL0B;
  f.type = Type::kF16;
  f.rows = f.cols = 16;
  f.sync = sync(kNoFlag, {2, 1});
  s.run(0, kCube, f);
  Mma<Value> mma;
  mma.type = Type::kF16;
  mma.m = mma.n = mma.k = 16;
  mma.handover = true;
  mma.sync = sync({2, 1}, {3, 1});
  Drain<Value> drain;
  drain.from = drain.type = Type::kF32;
  drain.dst = gm + 1024;
  drain.rows = drain.cols = 16;
  drain.dst_pitch = 64;
  drain.handover = drain_hands_over;
  drain.sync = sync({3, 1}, kNoFlag);
  s.issue(0, kCube, mma, 10);
  s.start(0, kCube, Unit::kCube);
  s.set_early(0, kCube, Unit::kCube);
  s.issue(0, kCube, drain, 11);
  s.start(0, kCube, Unit::kDrain);
  s.retire(0, kCube, Unit::kCube);
  s.retire(0, kCube, Unit::kDrain);
  const auto found = s.hazards();
  if (drain_hands_over) {
    CHECK(found.empty());
  } else {
    REQUIRE(found.size() == 1);
    CHECK(found[0].mem == Mem::kL0C);
  }
}

TEST_CASE("issue orders the sequencer's earlier stores before a command, not its later ones") {
  const bool before = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  if (before) s.store_scalar(0, kVector0, Mem::kGm, gm);
  s.issue(0, kVector0, load(0, gm, 64), 4);
  if (!before) s.store_scalar(0, kVector0, Mem::kGm, gm);
  s.start(0, kVector0, Unit::kLoad);
  s.retire(0, kVector0, Unit::kLoad);
  CHECK(s.hazards().size() == (before ? 0 : 1));
}

TEST_CASE("the sequencer reads what a unit wrote only after await or a wait of its own") {
  const int how = GENERATE(0, 1, 2, 3);
  Script s;
  s.run(0, kVector0, fill(0, 64, sync(kNoFlag, {1, 1})));
  if (how == 1) s.await(0, kVector0, Unit::kLoad);
  if (how == 2) s.await(0, kVector0, Unit::kSequencer);
  if (how == 3) s.checker->on_flag_take(s.place(0, kVector0, Unit::kSequencer, 0), 1, 1);
  s.load_scalar(0, kVector0, Mem::kUb, 8);
  CHECK(s.hazards().size() == (how == 0 ? 1 : 0));
}

TEST_CASE("the barrier orders all cores of all groups") {
  const bool with_barrier = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.store_scalar(0, kVector0, Mem::kGm, gm);
  s.run(1, kVector1, fill(0, 64, sync(kNoFlag, {1, 1})));
  s.run(1, kVector1, store(gm + 64, 0, 64, sync({1, 1}, kNoFlag)));
  if (with_barrier) {
    s.barrier();
    s.barrier();
  }
  s.run(1, kVector0, load(0, gm, 64), 1);
  s.run(0, kVector1, load(64, gm + 64, 64), 2);
  CHECK(s.hazards().size() == (with_barrier ? 0 : 2));
}

TEST_CASE("a word in GM orders across groups") {
  const bool with_word = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true), word = s.tensor(64, true, "word");
  s.run(0, kVector0, fill(0, 64, sync(kNoFlag, {1, 1})));
  s.run(0, kVector0, store(gm, 0, 64, sync({1, 1}, kNoFlag)));
  if (with_word) {
    const SetWord<Value> set{Unit::kStore, word, 1};
    const WaitWord<Value> wait{Unit::kLoad, word, 1};
    s.run(0, kVector0, set, 5);
    s.checker->on_word_set({++s.cycle, 0, kVector0, Unit::kStore, 5, 2}, word, 1);
    s.issue(1, kVector0, wait, 6);
    s.checker->on_word_take({++s.cycle, 1, kVector0, Unit::kLoad, 6, 1}, word, 1);
    s.start(1, kVector0, Unit::kLoad);
    s.retire(1, kVector0, Unit::kLoad);
  }
  s.run(1, kVector0, load(0, gm, 64), 7);
  CHECK(s.hazards().size() == (with_word ? 0 : 1));
}

TEST_CASE("the last of several atomic additions comes after everything before the others") {
  const bool with_await = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true), counter = s.tensor(64, true, "counter");
  s.run(0, kVector0, fill(0, 64, sync(kNoFlag, {1, 1})));
  s.run(0, kVector0, store(gm, 0, 64, sync({1, 1}, kNoFlag)));
  if (with_await) s.await(0, kVector0, Unit::kStore);
  s.atomic(0, kVector0, counter);
  s.atomic(1, kVector1, counter);
  s.run(1, kVector1, load(0, gm, 64));
  CHECK(s.hazards().size() == (with_await ? 0 : 1));
}

TEST_CASE("atomic stores of two cores to the same bytes are no race, a plain read of them is") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  for (int group : {0, 1}) {
    s.run(group, kVector0, fill(0, 64, sync(kNoFlag, {1, 1})), 1);
    Store<Value> add = store(gm, 0, 16, sync({1, 1}, kNoFlag));
    add.type = Type::kI32;
    add.atomic = Atomic::kAdd;
    s.run(group, kVector0, add, 2);
  }
  SECTION("added only") { CHECK(s.hazards().empty()); }
  SECTION("and read by one of them") {
    s.run(1, kVector1, load(0, gm, 64), 3);
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == HazardKind::kRace);
  }
}

TEST_CASE("a scalar from a cache line older than a write that came before the read is stale") {
  Script s;
  const uint64_t gm = s.tensor(4096, true, "counts");
  s.load_scalar(0, kVector0, Mem::kGm, gm + 8, 1);  // fetches the line
  const uint64_t fetched = s.cycle;
  s.barrier();
  s.store_scalar(1, kVector1, Mem::kGm, gm + 8, 2);
  s.barrier();
  SECTION("without invalidating") {
    s.scalar(0, kVector0, {ScalarAccess::Kind::kLoad, Mem::kGm, gm + 8, 8, true, fetched}, 3);
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == HazardKind::kStaleRead);
    CHECK(found[0].access.source == "k.npuasm:4: line 4");
    CHECK(found[0].other.source == "k.npuasm:3: line 3");
  }
  SECTION("of other bytes of the line") {
    s.scalar(0, kVector0, {ScalarAccess::Kind::kLoad, Mem::kGm, gm + 16, 8, true, fetched}, 3);
    CHECK(s.hazards().empty());
  }
  SECTION("after fetching it again") {
    s.scalar(0, kVector0, {ScalarAccess::Kind::kLoad, Mem::kGm, gm + 8, 8, true, s.cycle}, 3);
    CHECK(s.hazards().empty());
  }
}

TEST_CASE("the core's own stores do not make its cache line stale, its own atomics do") {
  const bool atomic = GENERATE(false, true);
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  s.load_scalar(0, kVector0, Mem::kGm, gm);
  const uint64_t fetched = s.cycle;
  if (atomic) {
    s.atomic(0, kVector0, gm);
  } else {
    s.store_scalar(0, kVector0, Mem::kGm, gm);
  }
  s.scalar(0, kVector0, {ScalarAccess::Kind::kLoad, Mem::kGm, gm, 8, true, fetched});
  CHECK(s.hazards().size() == (atomic ? 1 : 0));
}

TEST_CASE("writing an input tensor and touching memory that no argument names are wrong buffers") {
  Rig probe;  // addresses are the same in every Gm
  const uint64_t in = probe.tensor(4096), out = probe.tensor(4096), other = probe.tensor(4096);
  Program program = sourced_program();
  program.parameters = {{"in", Parameter::Kind::kTensor, Type::kU8, false, false, 1},
                        {"out", Parameter::Kind::kTensor, Type::kU8, true, false, 1}};
  Script s({2, {in, out}, 0}, program);
  // The checker looks arguments up when it is made, so make it again with the tensors there.
  REQUIRE(s.tensor(4096, true, "in") == in);
  REQUIRE(s.tensor(4096, true, "out") == out);
  REQUIRE(s.tensor(4096, true, "other") == other);
  s.checker.emplace(s.rig.limits, s.rig.gm, s.program, CheckedLaunch{2, {in, out}, 0},
                    [&](int) -> GroupState& { return s.groups[0]; });
  s.run(0, kVector0, load(0, in, 64, sync(kNoFlag, {1, 1})), 1);
  s.run(0, kVector0, store(out, 0, 64, sync({1, 1}, kNoFlag)), 2);
  SECTION("in and out as declared are fine") { CHECK(s.hazards().empty()); }
  SECTION("a write to the input") {
    s.run(0, kVector0, store(in + 64, 0, 64), 3);
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == HazardKind::kWrongBuffer);
    CHECK(found[0].allocation == "in");
  }
  SECTION("a read of somebody else's memory") {
    s.run(0, kVector0, load(64, other, 64), 3);
    const auto found = s.hazards();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == HazardKind::kWrongBuffer);
    CHECK(found[0].allocation == "other");
  }
}

TEST_CASE("a workspace that the program wants zeroed may be read before anything wrote it") {
  const bool zeroed = GENERATE(false, true);
  Rig probe;
  const uint64_t work = probe.tensor(4096);
  Program program = sourced_program();
  program.workspaces = {{"work", 4096, false, zeroed}};
  Script s({2, {}, 0}, program);
  REQUIRE(s.tensor(4096, false, "work") == work);
  s.checker.emplace(s.rig.limits, s.rig.gm, s.program, CheckedLaunch{2, {work}, 0},
                    [&](int) -> GroupState& { return s.groups[0]; });
  s.run(0, kVector0, load(0, work, 64));
  CHECK(s.hazards().size() == (zeroed ? 0 : 1));
}

TEST_CASE("the report knows which queue instructions, sets and waits were executed") {
  Script s;
  s.run(0, kVector0, fill(0, 64), 5);
  s.checker->on_flag_take(s.place(1, kCube, Unit::kSequencer, 9), 1, 1);
  const CheckReport report = s.checker->finish();
  CHECK(report.reached(false, 5));
  CHECK(report.reached(true, 9));
  CHECK_FALSE(report.reached(true, 5));
  CHECK_FALSE(report.reached(false, 9));
  CHECK_FALSE(report.reached(false, 1000));
}

TEST_CASE("the same two instructions are reported once, with how often they met") {
  Script s;
  const uint64_t gm = s.tensor(4096, true);
  for (int i = 0; i < 5; ++i) {
    s.run(0, kVector0, load(0, gm, 64), 1);
    s.run(0, kVector0, invert(1024, 0, 64), 2);
  }
  const auto found = s.hazards();
  REQUIRE(found.size() == 2);  // read after write, and the next write after that read
  CHECK(found[0].times == 5);
  CHECK(found[1].times == 4);
}

TEST_CASE("a pipeline with two slots and counted flags is clean over many turns") {
  Program program = sourced_program();
  program.vector.flags = {{2, 2, 2, "in free"}, {4, 2, 2, "out free"}};
  Script s({2, {}, 0}, program);
  const uint64_t gm = s.tensor(1 << 16, true);
  constexpr uint64_t kTurns = 40;
  for (uint64_t i = 0; i < kTurns + 2; ++i) {  // load runs two turns ahead
    const uint64_t slot = i % 2 * 512;
    if (i >= 2) {
      Vnot<Value> work = invert(2048 + slot, slot, 500);
      work.sync.waits = {FlagCount{1, 1}, FlagCount{4, 1}};
      work.sync.sets = {FlagCount{2, 1}, FlagCount{3, 1}};
      s.run(0, kVector0, work, 2);
      s.run(0, kVector0, store(gm + (i + 40) * 512, 2048 + slot, 500, sync({3, 1}, {4, 1})), 3);
    }
    if (i < kTurns) s.run(0, kVector0, load(slot, gm + i * 512, 500, sync({2, 1}, {1, 1})), 1);
  }
  const auto found = s.hazards();
  INFO((found.empty() ? std::string() : found[0].text()));
  CHECK(found.empty());
}
