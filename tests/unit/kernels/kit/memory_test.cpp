// Where rings and buffers lie.
#include <catch2/catch.hpp>

#include "kernels/kit/kit.h"
#include "kernels/kit/lower/lower.h"
#include "tests/unit/kernels/kit/machines.h"

namespace npu::kit {
namespace {

// Objects of UB of so many bytes, and pairs of them that an instruction reads together.
Recorder objects(const Limits& limits, const std::vector<int64_t>& bytes,
                 const std::vector<std::pair<int, int>>& read_together) {
  Recorder r("k", limits);
  for (const int64_t each : bytes)
    r.add_object("object" + std::to_string(r.objects.size()), Mem::kUb, each);
  r.read_together = read_together;
  return r;
}

std::vector<int64_t> addresses(Recorder r) {
  give_addresses(r);
  std::vector<int64_t> all;
  for (const ObjectInfo& object : r.objects) all.push_back(object.address);
  return all;
}

// Which half of a stripe of banks an address lies in.
int64_t half(const Limits& limits, int64_t address) {
  return address % limits.ub_stripe / (limits.ub_stripe / 2);
}

TEST_CASE("what one vector instruction reads together begins half a stripe apart") {
  const Limits limits = test::machine();
  const auto at = addresses(objects(limits, {4096, 100, 4096}, {{0, 2}}));
  CHECK(half(limits, at[0]) == 0);
  CHECK(half(limits, at[2]) == 1);
  CHECK(at[2] % (limits.ub_stripe / 2) == 0);
  // One at each end of UB, so that a result in the place of one seldom meets the other in a bank.
  CHECK(at[0] == 0);
  CHECK(at[2] + 4096 > static_cast<int64_t>(limits.ub) - 2 * limits.ub_stripe);
  CHECK(at[2] + 4096 <= static_cast<int64_t>(limits.ub));
}

TEST_CASE("of three that meet in turn the middle one lies apart from both others") {
  const Limits limits = test::machine();
  const auto at = addresses(objects(limits, {512, 512, 512}, {{0, 1}, {1, 2}}));
  CHECK(half(limits, at[0]) != half(limits, at[1]));
  CHECK(half(limits, at[1]) != half(limits, at[2]));
}

TEST_CASE("an object read twice by one instruction meets no other") {
  const Limits limits = test::machine();
  CHECK(addresses(objects(limits, {512, 512}, {{0, 0}})) ==
        addresses(objects(limits, {512, 512}, {})));
}

TEST_CASE("objects never overlap, apart or not") {
  const Limits limits = test::machine();
  const std::vector<int64_t> bytes{700, 33, 4096, 1, 50000, 512};
  const auto at = addresses(objects(limits, bytes, {{0, 2}, {2, 4}, {4, 5}, {1, 5}}));
  for (size_t i = 0; i < at.size(); ++i) {
    CHECK(at[i] % limits.ub_align == 0);
    CHECK(at[i] >= 0);
    CHECK(at[i] + bytes[i] <= static_cast<int64_t>(limits.ub));
    for (size_t j = 0; j < i; ++j) CHECK((at[i] + bytes[i] <= at[j] || at[j] + bytes[j] <= at[i]));
  }
}

TEST_CASE("without room to lie apart objects follow each other as declared") {
  Limits limits = test::machine();
  limits.ub = 8192;
  const std::vector<int64_t> bytes{4096, 4096};
  CHECK(addresses(objects(limits, bytes, {{0, 1}})) == addresses(objects(limits, bytes, {})));
  CHECK(addresses(objects(limits, bytes, {{0, 1}})) == std::vector<int64_t>{0, 4096});
}

TEST_CASE("the same kernel is the same program each time") {
  const auto program = [] {
    Kernel k{"sum", test::machine()};
    const Dim cols = k.dim("cols", 1024);
    const Tensor a = k.tensor("a", Type::kF32, {4096}), y = k.tensor("y", Type::kF32, {4096});
    Ring& in = k.ring("in", Mem::kUb, Type::kF32, {1, cols}, 2);
    Ring& out = k.ring("out", Mem::kUb, Type::kF32, {1, cols}, 2);
    const Tile kept = k.buffer("kept", Type::kF32, {1, cols});
    k.vec.fill(kept, 1);
    k.tasks(4,
            [&](Int i) {
              k.load(in.push(), a.tile(0, i));
              k.vec.add(out.push(), in.pop(), kept);
              k.store(y.tile(0, i), out.pop());
            },
            {.per = Per::kVector});
    return k.finish();
  };
  CHECK(program().vector.words == program().vector.words);
}

}  // namespace
}  // namespace npu::kit
