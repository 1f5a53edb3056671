// Commands through a backlog give the same bits as the same commands one at a time.
#include "sim/functional/backlog.h"

#include <catch2/catch.hpp>

#include "tests/instructions/rig.h"

namespace npu {
namespace {

using test::Numbers;
using test::Rig;

constexpr uint64_t kTensor = 1 << 17;

// Two groups with the same contents, one of them behind a backlog.
struct Pair {
  Rig plain, late;
  Backlog backlog;
  uint64_t in = 0, out = 0;

  explicit Pair(uint64_t seed) {
    for (Rig* rig : {&plain, &late}) {
      in = rig->tensor(kTensor, "in");
      out = rig->tensor(kTensor, "out");
      Numbers numbers(seed);
      const auto fill = [&](std::byte* to, uint64_t bytes) {
        // Small numbers in f16, bf16, f32 and i8 alike.
        for (uint64_t at = 0; at < bytes; at += 2) {
          const auto code = static_cast<uint16_t>((numbers.bits() & 0x83ff) | 0x3c00);
          std::memcpy(to + at, &code, 2);
        }
      };
      fill(rig->at(Mem::kGm, 0, in), kTensor);
      fill(rig->at(Mem::kUb, 1, 0), 8192);
      for (const Mem mem : {Mem::kL1, Mem::kL0A, Mem::kL0B, Mem::kL0C, Mem::kBias}) {
        fill(rig->at(mem, 0, 0), size_of(rig->limits, mem, 0));
      }
    }
  }

  static Place place(Rig& rig, const Command& command) {
    return std::holds_alternative<Store<Value>>(command) ? rig.vector() : rig.cube();
  }
  // False if the command may not run.
  bool execute(const Command& command) {
    if (validate(place(plain, command), command)) return false;
    npu::execute(place(plain, command), command);
    backlog.execute(place(late, command), command);
    return true;
  }

  bool same(Mem mem, uint64_t address, uint64_t bytes) {
    return std::memcmp(plain.at(mem, 0, address), late.at(mem, 0, address), bytes) == 0;
  }
  void check_everything() {
    backlog.settle_all(late.cube());
    CHECK(same(Mem::kGm, out, kTensor));
    for (const Mem mem : {Mem::kL1, Mem::kL0A, Mem::kL0B, Mem::kL0C, Mem::kBias}) {
      CAPTURE(mem_name(mem));
      CHECK(same(mem, 0, size_of(plain.limits, mem, 0)));
    }
  }
};

// Commands whose operands often meet: few addresses, few sizes.
class Generator {
 public:
  Generator(uint64_t seed, Type type, const Pair& pair)
      : numbers_(seed), type_(type), pair_(pair) {}

  Command next() {
    switch (numbers_.bits() % 20) {
      case 0:
        return load();
      case 1:
        return drain();
      case 2:
        return FeedBias<Value>{.type = Type::kF32, .dst = 0, .src = pick({0, 4096}), .cols = 32};
      case 3:
        return feed_scale();
      case 4:
        return Fill<Value>{.to = Mem::kL1,
                           .type = Type::kF16,
                           .dst = pick({0, 512, 4096, 8960}),
                           .rows = pick({1, 3}),
                           .cols = pick({16, 50, 512}),
                           .dst_pitch = 2048,
                           .value = 0x3c00};
      case 5:
        return drain_to_l1();
      case 6:
        return store();
      case 7:
        return Feed<Value>{.to = pick({0, 1}) == 0 ? Mem::kL0A : Mem::kL0B,
                           .type = pick({0, 1}) == 0 ? Type::kE2m1 : Type::kI4,
                           .widen = true,
                           .dst = pick({0, 2048, 4096}),
                           .src = pick({0, 4096}),
                           .rows = extent(),
                           .cols = pick({32, 64})};
      default:
        return numbers_.bits() % 5 < 3 ? feed() : mma();
    }
  }

 private:
  uint64_t pick(std::initializer_list<uint64_t> values) {
    return values.begin()[numbers_.bits() % values.size()];
  }
  uint64_t extent() { return pick({16, 32, 32, 32, 64, 20, 7}); }

  Command load() {
    return Load<Value>{.to = Mem::kL1,
                       .type = type_,
                       .layout = Layout::kFractal,
                       .dst = pick({0, 4096, 8192}),
                       .src = pair_.in + pick({0, 1024, 4096}),
                       .rows = extent(),
                       .cols = extent(),
                       .src_pitch = 256};
  }
  Command drain() {
    return Drain<Value>{.to = Mem::kGm,
                        .from = is_integer(type_) ? Type::kI32 : Type::kF32,
                        .type = is_integer(type_) ? Type::kI32 : Type::kF32,
                        .dst = pair_.out + pick({0, 1024}),
                        .src = pick({0, 8192}),
                        .rows = extent(),
                        .cols = extent(),
                        .dst_pitch = 512};
  }
  Command drain_to_l1() {
    return Drain<Value>{.to = Mem::kL1,
                        .from = is_integer(type_) ? Type::kI32 : Type::kF32,
                        .type = is_integer(type_) ? Type::kI8 : Type::kF16,
                        .layout = Layout::kFractal,
                        .dst = pick({0, 4096, 8192}),
                        .src = pick({0, 8192}),
                        .rows = extent(),
                        .cols = extent()};
  }
  Command store() {
    return Store<Value>{.to = Mem::kL1,
                        .type = Type::kF16,
                        .layout = pick({0, 1}) == 0 ? Layout::kFractal : Layout::kRow,
                        .dst = pick({0, 1024, 4096, 8192}),
                        .src = pick({0, 1024}),
                        .rows = pick({1, 7, 16}),
                        .cols = pick({16, 32}),
                        .dst_pitch = 512,
                        .src_pitch = 64};
  }
  Command feed() {
    return Feed<Value>{.to = numbers_.bits() % 2 == 0 ? Mem::kL0A : Mem::kL0B,
                       .type = type_,
                       .transpose = numbers_.bits() % 2 == 0,
                       .dst = pick({0, 0, 2048, 4096}),
                       .src = pick({0, 0, 4096, 8192}),
                       .rows = extent(),
                       .cols = extent(),
                       .dst_pitch = pick({0, 0, 0, 4096}),
                       .src_pitch = pick({0, 0, 4096})};
  }
  Command feed_scale() {
    return FeedScale<Value>{
        .to = Mem::kL0A, .dst = pick({0, 4096}), .src = 0, .rows = 32, .cols = 1};
  }
  Command mma() {
    return Mma<Value>{.type = type_,
                      .use_bias = numbers_.bits() % 4 == 0 && !is_integer(type_),
                      .c = pick({0, 0, 0, 8192}),
                      .a = pick({0, 0, 2048, 4096}),
                      .b = pick({0, 0, 2048, 4096}),
                      .m = pick({32, 32, 16, 20}),
                      .n = pick({32, 32, 16, 20}),
                      .k = pick({32, 32, 64, 20}),
                      .accumulate = numbers_.bits() % 4,
                      .a_pitch = pick({0, 0, 0, 4096})};
  }

  Numbers numbers_;
  Type type_;
  const Pair& pair_;
};

TEST_CASE("a backlog gives the bits that its commands give one at a time") {
  const Type type = GENERATE(Type::kF16, Type::kF32, Type::kBf16, Type::kI8);
  const auto seed = static_cast<uint64_t>(GENERATE(range(1, 65)));
  CAPTURE(type_name(type), seed);
  Pair pair(seed);
  Generator generator(seed, type, pair);
  int done = 0;
  for (int i = 0; i < 400; ++i) {
    const Command command = generator.next();
    if (!pair.execute(command)) continue;
    ++done;
    if (std::holds_alternative<Drain<Value>>(command)) {
      REQUIRE(pair.same(Mem::kGm, pair.out, kTensor));
    }
    if (i % 100 == 99) pair.check_everything();
  }
  CHECK(done > 150);
}

// A tile of C from packets in two slots of L1, as the matrix products of the library make it.
void product(Pair& pair, bool turned) {
  constexpr uint64_t kSteps = 4, kStep = 32, kPacket = kSteps * kStep, kSlot = 128 * kPacket * 2;
  for (uint64_t packet = 0; packet < 3; ++packet) {
    for (const uint64_t operand : {0, 1}) {
      CHECK(pair.execute(Load<Value>{.to = Mem::kL1,
                                     .type = Type::kF16,
                                     .layout = Layout::kFractal,
                                     .dst = (packet % 2 * 2 + operand) * kSlot,
                                     .src = pair.in + packet * 256,
                                     .rows = operand == 1 && turned ? kPacket : 64,
                                     .cols = operand == 1 && turned ? 64 : kPacket,
                                     .src_pitch = 512}));
    }
    for (uint64_t step = 0; step < kSteps; ++step) {
      const uint64_t l0 = step % 2 * 8192;
      const uint64_t slot = packet % 2 * 2 * kSlot, column = kStep / 16 * 64 * 32;
      CHECK(pair.execute(Feed<Value>{.to = Mem::kL0A,
                                     .type = Type::kF16,
                                     .dst = l0,
                                     .src = slot + step * column,
                                     .rows = 64,
                                     .cols = kStep}));
      Feed<Value> b{.to = Mem::kL0B,
                    .type = Type::kF16,
                    .transpose = turned,
                    .dst = l0,
                    .src = slot + kSlot + step * column,
                    .rows = 64,
                    .cols = kStep};
      if (turned) {
        b.src = slot + kSlot + step * kStep * 32;
        b.rows = kStep;
        b.cols = 64;
        b.src_pitch = kPacket * 32;
      }
      CHECK(pair.execute(b));
      CHECK(pair.execute(Mma<Value>{.type = Type::kF16,
                                    .c = 0,
                                    .a = l0,
                                    .b = l0,
                                    .m = 64,
                                    .n = 64,
                                    .k = kStep,
                                    .accumulate = packet + step}));
    }
  }
  CHECK(pair.execute(Drain<Value>{.to = Mem::kGm,
                                  .from = Type::kF32,
                                  .type = Type::kF32,
                                  .dst = pair.out,
                                  .src = 0,
                                  .rows = 64,
                                  .cols = 64,
                                  .dst_pitch = 256}));
}

TEST_CASE("a product of packets through a backlog is the same product") {
  Pair pair(1);
  product(pair, GENERATE(false, true));
  pair.check_everything();
}

// b stays in L0B as a whole, steps of a are fed one ahead.
TEST_CASE("a product whose one operand is used by parts is the same through a backlog") {
  constexpr uint64_t kFractal = 16 * 16 * 2, kB = 4096;
  const auto feed = [](Mem to, uint64_t dst, uint64_t src, uint64_t cols) {
    return Feed<Value>{
        .to = to, .type = Type::kF16, .dst = dst, .src = src, .rows = 16, .cols = cols};
  };
  Pair pair(3);
  const auto feed_a = [&](uint64_t step) {
    CHECK(pair.execute(feed(Mem::kL0A, step % 2 * kFractal, step * kFractal, 16)));
  };
  CHECK(pair.execute(feed(Mem::kL0B, 0, kB, 48)));
  feed_a(0);
  for (uint64_t step = 0; step < 3; ++step) {
    if (step == 0) feed_a(1);
    CHECK(pair.execute(Mma<Value>{.type = Type::kF16,
                                  .a = step % 2 * kFractal,
                                  .b = step * kFractal,
                                  .m = 16,
                                  .n = 16,
                                  .k = 16,
                                  .accumulate = step}));
    if (step == 0) feed_a(2);
  }
  pair.check_everything();
}

TEST_CASE("a backlog that was cleared does nothing more") {
  Pair pair(2);
  const std::vector<std::byte> before(pair.late.group.cube.l0a.begin(),
                                      pair.late.group.cube.l0a.end());
  pair.execute(Feed<Value>{
      .to = Mem::kL0A, .type = Type::kF16, .dst = 0, .src = 4096, .rows = 32, .cols = 32});
  pair.backlog.clear();
  pair.backlog.settle_all(pair.late.cube());
  CHECK(std::equal(before.begin(), before.end(), pair.late.group.cube.l0a.begin()));
}

}  // namespace
}  // namespace npu
