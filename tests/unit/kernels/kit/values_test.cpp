#include "kernels/kit/lower/values.h"

#include <catch2/catch.hpp>

namespace npu::kit {
namespace {

constexpr int64_t kFar = int64_t{1} << 40;

struct Leaves {
  Values v;
  ValueId x = v.leaf(Op::kParameter, 0, -kFar, kFar);
  ValueId y = v.leaf(Op::kParameter, 1, -kFar, kFar);
  ValueId turn = v.leaf(Op::kLoop, 0, 0, 1000);
  ValueId c(int64_t value) { return v.constant(value); }
  ValueId min(ValueId a, ValueId b) { return v.binary(Op::kMin, 0, a, b); }
  ValueId max(ValueId a, ValueId b) { return v.binary(Op::kMax, 0, a, b); }
  ValueId sub(ValueId a, ValueId b) { return v.add(a, v.mul(b, c(-1))); }
};

TEST_CASE("the same scalar is one value however it is written") {
  Leaves l;
  CHECK(l.v.add(l.x, l.y) == l.v.add(l.y, l.x));
  CHECK(l.sub(l.v.add(l.x, l.y), l.y) == l.x);
  CHECK(l.v.mul(l.c(3), l.v.add(l.x, l.c(2))) == l.v.add(l.c(6), l.v.mul(l.x, l.c(3))));
  CHECK(l.v.mul(l.x, l.v.add(l.y, l.c(1))) == l.v.add(l.v.mul(l.y, l.x), l.x));
}

TEST_CASE("divisions that come out even vanish") {
  Leaves l;
  const ValueId scaled = l.v.mul(l.turn, l.c(64));
  CHECK(l.v.binary(Op::kDiv, 0, scaled, l.c(16)) == l.v.mul(l.turn, l.c(4)));
  CHECK(l.v.binary(Op::kDiv, 0, l.v.add(scaled, l.c(5)), l.c(16)) == l.v.mul(l.turn, l.c(4)));
  CHECK(l.v.binary(Op::kRem, 0, l.min(l.turn, l.c(7)), l.c(8)) == l.min(l.turn, l.c(7)));
}

TEST_CASE("a minimum that cannot bite is dropped") {
  Leaves l;
  const ValueId left = l.sub(l.x, l.v.mul(l.turn, l.c(128)));
  const ValueId clipped = l.max(l.c(0), l.min(l.c(128), left));
  CHECK(l.min(clipped, l.c(128)) == clipped);
  CHECK(l.min(clipped, l.max(l.c(0), left)) == clipped);
  CHECK(l.min(l.c(64), l.min(l.c(128), left)) == l.min(l.c(64), left));
  CHECK(l.min(l.x, l.y) != l.x);
}

TEST_CASE("a vector core's share of a tail is within the tensor") {
  Leaves l;
  const ValueId vector = l.v.leaf(Op::kCsr, 6, 0, 1);
  const ValueId skipped = l.v.mul(vector, l.c(64));
  const ValueId rows = l.max(l.c(0), l.min(l.c(128), l.x));
  const ValueId mine = l.max(l.c(0), l.min(l.c(64), l.sub(rows, skipped)));
  CHECK(l.min(mine, l.max(l.c(0), l.sub(l.x, skipped))) == mine);
}

TEST_CASE("comparisons that bounds decide are constants") {
  Leaves l;
  const auto less = [&](ValueId a, ValueId b) {
    return l.v.binary(Op::kCompare, static_cast<int64_t>(Compare::kLt), a, b);
  };
  CHECK(l.v.is_const(less(l.turn, l.c(2000)), 1));
  CHECK(l.v.is_const(less(l.turn, l.c(0)), 0));
  CHECK(!l.v.is_const(less(l.turn, l.x)));
}

}  // namespace
}  // namespace npu::kit
