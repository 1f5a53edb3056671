#include <catch2/catch.hpp>

#include "isa/errors.h"
#include "tests/unit/kernels/kit/kernels.h"
#include "tests/unit/kernels/kit/machines.h"

// Every kernel here is wrong; finish() or a verb says how, with the line.
namespace npu::test {
namespace {

using namespace types;

// A kernel with one of each thing that the cases misuse.
struct Parts {
  explicit Parts(const Limits& limits = machine()) : k("wrong", limits) {}
  Kernel k;
  const Int n = k.arg("n");
  const Dim rows = k.dim("rows", 64);
  const Tensor in = k.tensor("in", f16, {n, 64}), out = k.tensor("out", f16, {n, 64});
  Ring& x = k.ring("x", Mem::kUb, f16, {rows, 64}, 2);
  Ring& y = k.ring("y", Mem::kUb, f16, {rows, 64}, 2);
  Ring& l1 = k.ring("l1", Mem::kL1, f16, {rows, 64}, 2);
  Ring& a = k.ring("a", Mem::kL0A, f16, {rows, 64}, 1);
  Ring& b = k.ring("b", Mem::kL0B, f16, {64, 64}, 1);
  Ring& c = k.ring("c", Mem::kL0C, f32, {rows, 64}, 1);
  const Tile buffer = k.buffer("buffer", f16, {rows, 64});
};

// One tile times itself.
void product(Parts& p, const Int& i) {
  p.k.load(p.l1.push(), p.in.tile(i, 0));
  p.k.use(p.l1.pop(), [&](Tile x) {
    p.k.feed(p.a.push(), x);
    p.k.feed(p.b.push(), x.t());
  });
  p.k.mma(p.c.push(), p.a.pop(), p.b.pop());
  p.k.drain(p.out.tile(i, 0), p.c.pop());
}

// The message without the place in front: "<file>:<line>: ".
template <class Body>
std::string refusal(Body body) {
  try {
    Parts parts;
    body(parts);
    parts.k.finish();
  } catch (const InputError& error) {
    const std::string text = error.what();
    const std::string place = "tests/unit/kernels/kit/refusals_test.cpp:";
    if (text.rfind(place, 0) != 0) return text;
    return text.substr(text.find(": ", place.size()) + 2);
  }
  return "accepted";
}

TEST_CASE("a ring must be popped as often as it is pushed, in every body") {
  CHECK(refusal([](Parts& p) {
          p.k.load(p.x.push(), p.in.tile(0, 0));
          p.k.store(p.out.tile(0, 0), p.x.pop());
          p.k.load(p.x.push(), p.in.tile(1, 0));
        }) == "kernel wrong: ring x is pushed 2 times but popped 1 times in the kernel");
  CHECK(refusal([](Parts& p) {
          p.k.loop("i", p.n, [&](Int i) { p.k.load(p.x.push(), p.in.tile(i, 0)); });
          p.k.loop("j", p.n, [&](Int j) { p.k.store(p.out.tile(j, 0), p.x.pop()); });
        }) == "kernel wrong: ring x is pushed 1 times but popped 0 times in loop i");
  CHECK(refusal([](Parts& p) {
          p.k.load(p.x.push(), p.in.tile(0, 0));
          p.k.when(p.n > 3, [&] { p.k.store(p.out.tile(0, 0), p.x.pop()); });
        }) == "kernel wrong: ring x is pushed 0 times but popped 1 times in a when");
  CHECK(refusal([](Parts& p) {
          p.k.stages("s", p.n, p.rows,
                     {{0, [&](Int i) { p.k.load(p.x.push(), p.in.tile(i, 0)); }},
                      {1, [&](Int i) {
                         p.k.store(p.out.tile(i, 0), p.x.pop());
                         p.k.store(p.out.tile(i, 0), p.x.pop());
                       }}});
        }) == "kernel wrong: ring x is pushed 1 times but popped 2 times in loop s");
  CHECK(refusal([](Parts& p) {
          p.k.load(p.x.push(), p.in.tile(0, 0));
          p.k.vec.copy(p.buffer, p.x.peek());
          p.k.vec.copy(p.buffer, p.x.peek());
          p.k.vec.copy(p.buffer, p.x.pop());
        }) == "kernel wrong: ring x is peeked 2 times but popped 1 times in the kernel");
}

TEST_CASE("a prefetch only loads, and what it loads is popped where its next stands") {
  const auto pop = [](Parts& p, const Int& i) { p.k.store(p.out.tile(i, 0), p.x.pop()); };
  CHECK(refusal([&](Parts& p) {
          Prefetch ahead =
              p.k.prefetch("ahead", p.n, 2, [&](Int i) { p.k.load(p.x.push(), p.in.tile(i, 0)); });
          p.k.loop("i", p.n, [&](Int i) {
            ahead.next();
            pop(p, i);
          });
        }) == "accepted");
  CHECK(refusal([&](Parts& p) {
          Prefetch ahead =
              p.k.prefetch("ahead", p.n, 1, [&](Int i) { p.k.load(p.x.push(), p.in.tile(i, 0)); });
          p.k.loop("i", p.n, [&](Int) { ahead.next(); });
          p.k.loop("j", p.n, [&](Int j) { pop(p, j); });
        }) == "kernel wrong: ring x is pushed 1 times but popped 0 times in loop i");
  CHECK(refusal([&](Parts& p) {
          Prefetch ahead = p.k.prefetch("ahead", p.n, 1, [&](Int i) {
            p.k.load(p.x.push(), p.in.tile(i, 0));
            pop(p, i);
          });
          ahead.next();
        }) == "kernel wrong: prefetch ahead pops ring x; its items only load");
  CHECK(refusal([&](Parts& p) {
          Prefetch ahead = p.k.prefetch("ahead", p.n, 0, [](Int) {});
          ahead.next();
        }) == "kernel wrong: prefetch ahead: the distance is 1 or more");
  CHECK(refusal([&](Parts& p) {
          Prefetch ahead =
              p.k.prefetch("ahead", p.n, 40, [&](Int i) { p.k.load(p.x.push(), p.in.tile(i, 0)); });
          p.k.loop("i", p.n, [&](Int i) {
            ahead.next();
            pop(p, i);
          });
        }) ==
        "kernel wrong: prefetch ahead is 40 items ahead, but ring x has 2 slots for 1 an item");
  CHECK(refusal([&](Parts& p) {
          Prefetch ahead = p.k.prefetch("ahead", p.n, 1, [&](Int) { p.k.vec.fill(p.x.push(), 1); });
          p.k.loop("i", p.n, [&](Int i) {
            ahead.next();
            pop(p, i);
          });
        }) == "kernel wrong: prefetch ahead uses the vector unit; its items only load");
}

TEST_CASE("a slot has one user on each side") {
  CHECK(refusal([](Parts& p) {
          p.k.load(p.x.push(), p.in.tile(0, 0));
          p.k.use(p.x.pop(), [&](Tile x) {
            p.k.vec.relu(x, x);
            p.k.store(p.out.tile(0, 0), x);
          });
        }) ==
        "kernel wrong: x is read by the vector core's vector unit and by the vector core's "
        "store unit; a slot has one user on each side, give the other its own ring");
  CHECK(refusal([](Parts& p) { p.k.load(p.buffer, p.in.tile(0, 0)); }) ==
        "kernel wrong: buffer buffer is used by the vector core's load unit; a buffer is for the "
        "vector unit alone, use a ring");
  CHECK(refusal([](Parts& p) {
          p.k.use(p.x.push(), [](Tile) {});
          p.k.store(p.out.tile(0, 0), p.x.pop());
        }) == "kernel wrong: x has slots that no verb writes");
}

TEST_CASE("a verb takes the memories of its unit") {
  CHECK(refusal([](Parts& p) { p.k.load(p.a.push(), p.in.tile(0, 0)); }) ==
        "kernel wrong: load: the target a lies in L0A; allowed: L1 or UB");
  CHECK(refusal([](Parts& p) { p.k.vec.relu(p.y.push(), p.l1.pop()); }) ==
        "kernel wrong: relu: the source l1 lies in L1; allowed: UB");
  CHECK(refusal([](Parts& p) { p.k.mma(p.c.push(), p.b.pop(), p.a.pop()); }) ==
        "kernel wrong: mma: A b lies in L0B; allowed: L0A");
  CHECK(refusal([](Parts& p) { p.k.drain(p.out.tile(0, 0), p.x.pop()); }) ==
        "kernel wrong: drain: the source x lies in UB; allowed: L0C");
}

TEST_CASE("types must agree") {
  CHECK(refusal([](Parts& p) {
          const Tensor other = p.k.tensor("other", f32, {64, 64});
          p.k.load(p.x.push(), other.tile(0, 0));
        }) == "kernel wrong: load: cannot convert f32 to f16; both sides need the same type");
  CHECK(refusal([](Parts& p) {
          Ring& sums = p.k.ring("sums", Mem::kL0C, i32, {64, 64}, 1);
          p.k.mma(sums.push(), p.a.pop(), p.b.pop());
        }) == "kernel wrong: mma: products of f16 add up in f32, but sums holds i32");
  CHECK(refusal([](Parts& p) { p.k.vec.add(p.buffer, p.buffer, p.k.argf("f")); }) ==
        "kernel wrong: add: a scalar known only at run time cannot become f16; allowed: f32 for an "
        "F32, f32 and integers for an Int");
}

TEST_CASE("a memory that is too small is named with everything in it") {
  Kernel k{"big", machine()};
  k.ring("first", Mem::kUb, f32, {128, 128}, 2);
  k.buffer("second", f32, {512, 128});
  CHECK_THROWS_WITH(k.finish(),
                    "kernel big: UB of test has 196608 bytes, but 393216 are asked for: first "
                    "131072, second 262144");
}

TEST_CASE("a flow that cannot end is refused with who waits for whom") {
  CHECK_NOTHROW(there_and_back(machine(), {.skew = 2, .depth = 2, .tiles = 2}));
  CHECK_NOTHROW(there_and_back(machine(false), {.skew = 2, .depth = 2, .tiles = 2}));
  try {
    there_and_back(machine(), {.skew = 3, .depth = 1, .tiles = 2});
    FAIL("accepted");
  } catch (const InputError& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("kernel there_and_back: the kernel comes to a stand: ") != text.npos);
    CHECK(text.find("waits for 'probs free' from cube core feed") != text.npos);
    CHECK(text.find("waits for 'scores free by 1' from vector core 1 vector") != text.npos);
  }
}

TEST_CASE("slots of one ring are held one at a time, for they go on in order") {
  CHECK(refusal([](Parts& p) {
          p.k.load(p.x.push(), p.in.tile(0, 0));
          p.k.load(p.x.push(), p.in.tile(1, 0));
          p.k.use(p.x.pop(), p.x.pop(),
                  [&](Tile first, Tile second) { p.k.vec.add(p.buffer, first, second); });
        }) ==
        "kernel wrong: a slot of x is popped while an older one is still held; slots go on "
        "in order, so give the other use its own ring");
}

TEST_CASE("the cube core cannot know what only vector cores know") {
  CHECK(refusal([](Parts& p) {
          p.k.loop("v", p.k.vector(), [&](Int i) { product(p, i); });
        }).find("the cube core has no vector number") != std::string::npos);
  CHECK(refusal([](Parts& p) {
          const Tile count = p.k.buffer("count", i32, {1, 1});
          p.k.vec.fill(count, 1);
          const Int turns = p.k.read(count);
          p.k.loop("v", turns, [&](Int i) { product(p, i); });
        }).find("a scalar read from UB steers the cube core") != std::string::npos);
}

TEST_CASE("what belongs to a scope does not leave it") {
  CHECK(refusal([](Parts& p) {
          std::optional<Tile> kept;
          p.k.load(p.x.push(), p.in.tile(0, 0));
          p.k.use(p.x.pop(), [&](Tile x) { kept = x; });
          p.k.vec.copy(p.buffer, *kept);
        }) == "kernel wrong: copy: the slot of x is used after its lease has ended");
  CHECK(refusal([](Parts& p) {
          Int last = 0;
          p.k.loop("i", p.n, [&](Int i) { last = i * 2; });
          p.k.load(p.x.push(), p.in.tile(last, 0));
          p.k.store(p.out.tile(last, 0), p.x.pop());
        }) == "kernel wrong: a scalar computed inside a loop or condition is used outside of it");
}

TEST_CASE("a signal is of units that reach GM and has a counter") {
  CHECK(refusal([](Parts& p) { p.k.set(p.k.signal("s", 1).at(0), Unit::kCube); }) ==
        "kernel wrong: set s: signals are of the cube core's drain and of the vector cores' load "
        "and store");
  CHECK(refusal([](Parts& p) { p.k.signal("s", 0); }) ==
        "kernel wrong: signal s has 0 counters; allowed: 1 or more");
}

TEST_CASE("declarations are checked where they stand") {
  CHECK(refusal([](Parts& p) { p.k.arg("n"); }) == "kernel wrong: two arguments are named n");
  CHECK(refusal([](Parts& p) { p.k.dim("zero", 0); }) == "kernel wrong: dim zero has capacity 0");
  CHECK(refusal([](Parts& p) { p.k.share(p.k.dim("odd", 63)); }) ==
        "kernel wrong: share of odd: its capacity 63 is no multiple of the 2 vector cores");
  CHECK(refusal([](Parts& p) {
          p.k.loop("i", 3, [&](Int) { p.k.ring("late", Mem::kUb, f16, {1, 1}, 1); });
        }) == "kernel wrong: ring late is declared inside a loop or condition; declare it before");
  CHECK(refusal([](Parts& p) {
          p.k.link("uneven", Dir::kToVector, f32, {64, 64}, {.piece = 24});
        }) ==
        "kernel wrong: link uneven: its 64 rows do not divide into pieces of 24 for 2 vector "
        "cores");
  CHECK(refusal([](Parts& p) {
          p.c.handover();
          p.x.handover();
        }) == "kernel wrong: ring x: handover is for a ring in L0C of depth 1");
  CHECK(refusal([](Parts&) {}) == "kernel wrong: it has no instruction");
}

TEST_CASE("a core has flags for twenty-four rings") {
  Kernel k{"flags", machine()};
  const Tensor in = k.tensor("in", f32, {64}), out = k.tensor("out", f32, {64});
  for (int i = 0; i < 25; ++i) {
    Ring& ring = k.ring("r" + std::to_string(i), Mem::kUb, f32, {1, 64}, 1);
    k.load(ring.push(), in);
    k.store(out, ring.pop());
  }
  try {
    k.finish();
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(std::string(error.what())
              .find("ring r24 is one too many: a core has 48 flags, two for "
                    "each ring") != std::string::npos);
  }
}

TEST_CASE("registers that run out are named") {
  Limits limits = machine();
  Kernel k{"wide", limits};
  const Tensor in = k.tensor("in", f32, {64, 64});
  std::vector<Int> alive;
  const Tensor numbers = k.tensor("numbers", i32, {100});
  for (int i = 0; i < 60; ++i) alive.push_back(k.read(numbers.at(i)));
  Ring& x = k.ring("x", Mem::kUb, f32, {1, 64}, 3);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, 64}, 3);
  k.loop("i", 100, [&](Int) {
    k.load(x.push(), in.tile(0, 0));
    k.vec.copy(y.push(), x.pop());
    k.use(y.pop(), [&](Tile t) {
      for (const Int& a : alive) k.store(in.tile(a, 0), t);
    });
  });
  try {
    k.finish();
    FAIL("accepted");
  } catch (const InputError& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(
        text ==
        "kernel wide: the vector core's 64 registers do not suffice; held at once: scalar read, x "
        "pop, x push, y push");
  }
}

TEST_CASE("block scales need a cube that takes them, whole blocks and both operands") {
  Limits mx = machine();
  mx.cube_scaled = true;
  const auto scaled_refusal = [&](const Limits& limits, auto body) -> std::string {
    try {
      Kernel k{"wrong", limits};
      body(k);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto declare = [](Kernel& k) { k.tensor("x", scaled(e4m3, {1, 128}), {8, 256}); };
  CHECK(scaled_refusal(mx, declare) == "accepted");
  CHECK_THAT(scaled_refusal(machine(), declare), Catch::Contains("takes no block scales"));
  CHECK_THAT(
      scaled_refusal(mx,
                     [](Kernel& k) {
                       k.tensor("x", scaled(e4m3, {1, 48}), {8, 256});
                     }),
      Catch::Contains("tensor x: scales of 1 x 48 e4m3; allowed: e4m3, e5m2 or e2m1, a multiple"));
  CHECK_THAT(scaled_refusal(mx,
                            [](Kernel& k) {
                              k.ring("u", Mem::kUb, scaled(e4m3, {1, 32}), {8, 32}, 1);
                            }),
             Catch::Contains("ring u: scales lie in L1, L0A or L0B"));
  const auto moved = [&](const ElementType& slot, auto body) {
    return scaled_refusal(mx, [&](Kernel& k) {
      const Tensor x = k.tensor("x", scaled(e4m3, {1, 128}), {64, 256});
      Ring& l1 = k.ring("l1", Mem::kL1, slot, {16, 256}, 1);
      body(k, x, l1);
    });
  };
  const auto load = [](Kernel& k, const Tensor& x, Ring& l1) { k.load(l1.push(), x.tile(0, 0)); };
  CHECK_THAT(moved(e4m3, load),
             Catch::Contains("tensor x is scaled, but l1 has no room for scales"));
  CHECK_THAT(moved(scaled(e4m3, {1, 32}), load),
             Catch::Contains("l1 has scales of another kind than tensor x"));
  CHECK_THAT(moved(scaled(e4m3, {1, 128}),
                   [](Kernel& k, const Tensor&, Ring& l1) {
                     k.use(l1.pop(), [](Tile t) { t.cols(0, 96); });
                   }),
             Catch::Contains("a block of 96 columns of l1, whose scales are for 128"));
  CHECK_THAT(moved(scaled(e4m3, {1, 128}),
                   [](Kernel& k, const Tensor&, Ring& l1) {
                     Ring& a = k.ring("a", Mem::kL0A, scaled(e4m3, {1, 128}), {16, 128}, 1);
                     k.use(l1.pop(), [&](Tile t) { k.feed(a.push(), t.cols(0, 128).t()); });
                   }),
             Catch::Contains("a scaled tile is not transposed"));
  CHECK_THAT(
      moved(e4m3,
            [](Kernel& k, const Tensor&, Ring& l1) {
              Ring& plane = k.scale_ring("plane", scaled(e5m2, {1, 128}), {16, 256}, 1);
              k.use(l1.pop(), plane.pop(), [](Tile t, Tile s) { t.scaled_by(s); });
            }),
      Catch::Contains("l1 scaled by plane; allowed: values in L1 by a slot of a scale_ring"));
  CHECK_THAT(moved(e4m3,
                   [](Kernel& k, const Tensor&, Ring& l1) {
                     k.use(l1.pop(), l1.push(), [](Tile t, Tile s) { t.scaled_by(s); });
                   }),
             Catch::Contains("l1 scaled by l1; allowed"));
  CHECK_THAT(moved(e4m3,
                   [](Kernel& k, const Tensor&, Ring&) {
                     Ring& plane = k.scale_ring("plane", scaled(e4m3, {1, 128}), {16, 256}, 1);
                     Ring& a = k.ring("a", Mem::kL0A, scaled(e4m3, {1, 128}), {16, 256}, 1);
                     k.feed(a.push(), plane.pop());
                   }),
             Catch::Contains("plane holds scales alone; see Tile::scaled_by"));
  CHECK_THAT(scaled_refusal(mx,
                            [](Kernel& k) {
                              k.scale_ring("plane", e4m3, {8, 32}, 1);
                            }),
             Catch::Contains("ring plane of scales: its type has none"));
  CHECK_THAT(moved(scaled(e4m3, {1, 128}),
                   [](Kernel& k, const Tensor&, Ring& l1) {
                     Ring& a = k.ring("a", Mem::kL0A, e4m3, {16, 128}, 1);
                     k.use(l1.pop(), [&](Tile t) { k.feed(a.push(), t.cols(0, 128)); });
                   }),
             Catch::Contains("one of a and l1 is scaled and the other is not"));
}

}  // namespace
}  // namespace npu::test
