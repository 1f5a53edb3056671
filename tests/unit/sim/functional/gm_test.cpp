#include "sim/functional/gm.h"

#include <catch2/catch.hpp>

#include "isa/chip_address.h"
#include "isa/errors.h"

using namespace npu;

TEST_CASE("allocations are aligned, apart, named and start as zeros") {
  Gm gm(1 << 20, 1, false);
  const uint64_t a = gm.allocate(100, Storage::kData, "a"),
                 b = gm.allocate(7, Storage::kControl, "b");
  CHECK(a % Gm::kAlignment == 0);
  CHECK(b % Gm::kAlignment == 0);
  CHECK(a >= Gm::kGuard);
  CHECK(b >= a + 100 + Gm::kGuard);
  CHECK(gm.find(a + 99)->name == "a");
  CHECK(gm.find(a + 100) == nullptr);
  CHECK(gm.find(a - 1) == nullptr);
  CHECK(gm.find(0) == nullptr);
  CHECK(gm.find(a + 90, 10) != nullptr);
  CHECK(gm.find(a + 90, 11) == nullptr);
  CHECK(gm.find(a + 90, ~uint64_t{0}) == nullptr);
  uint64_t value = 1;
  gm.read(a + 92, &value, 8);
  CHECK(value == 0);
}

TEST_CASE("the same allocations have the same addresses, and released memory is used again") {
  Gm one(1 << 20, 1, false), two(1 << 20, 1, false);
  for (uint64_t bytes : {10u, 5000u, 1u}) {
    CHECK(one.allocate(bytes, Storage::kData, "x") == two.allocate(bytes, Storage::kData, "y"));
  }
  const uint64_t middle = one.allocate(3000, Storage::kData, "middle");
  const uint64_t last = one.allocate(1, Storage::kData, "last");
  one.release(middle);
  CHECK(one.find(middle) == nullptr);
  CHECK(one.allocate(3000, Storage::kData, "again") == middle);
  CHECK(one.allocate(1, Storage::kData, "more") > last);
  uint8_t byte = 1;
  one.read(middle, &byte, 1);
  CHECK(byte == 0);
}

TEST_CASE("an allocation beyond the chip's memory is refused by name") {
  Gm gm(1 << 20, 2, false);
  gm.allocate(1 << 19, Storage::kData, "half");
  REQUIRE_THROWS_WITH(
      gm.allocate((1 << 19) + 1, Storage::kData, "weights"),
      Catch::Contains("weights: 524289 bytes") && Catch::Contains("524288 of 1048576"));
  REQUIRE_THROWS_AS(gm.allocate(~uint64_t{0}, Storage::kData, "huge"), InputError);
  CHECK(gm.allocate(1 << 20, Storage::kData, "other chip", 1) >> kChipShift == 1);
}

TEST_CASE("sparse memory costs the host only what is touched") {
  Gm gm(uint64_t{1} << 40, 1, false);
  const uint64_t big = gm.allocate(uint64_t{1} << 39, Storage::kData, "big");
  const uint32_t value = 0x1234;
  gm.write(big + (uint64_t{1} << 38), &value, 4);
  uint32_t got = 0;
  gm.read(big + (uint64_t{1} << 38), &got, 4);
  CHECK(got == value);
}

TEST_CASE("timing-only keeps control and not data") {
  Gm gm(uint64_t{1} << 50, 1, true);
  const uint64_t data = gm.allocate(uint64_t{1} << 45, Storage::kData, "data");
  const uint64_t control = gm.allocate(64, Storage::kControl, "control");
  const uint32_t value = 7;
  gm.write(data, &value, 4);
  gm.write(control, &value, 4);
  uint32_t got = 1;
  gm.read(data, &got, 4);
  CHECK(got == 0);
  gm.read(control, &got, 4);
  CHECK(got == 7);
  CHECK_FALSE(gm.known(data));
  CHECK(gm.known(control + 63));
  CHECK_FALSE(gm.known(control + 64));
  CHECK(gm.row(data, 1) == nullptr);
}

TEST_CASE("written bytes are remembered as joined runs") {
  Gm gm(1 << 20, 1, false);
  const uint64_t a = gm.allocate(1000, Storage::kData, "a"),
                 b = gm.allocate(1000, Storage::kData, "b");
  const uint8_t bytes[100] = {};
  gm.write(a + 10, bytes, 10);
  gm.write(a + 30, bytes, 10);
  gm.mark_written(a + 20, 10);
  gm.mark_written(a + 12, 3);
  gm.write(a + 100, bytes, 50);
  gm.write(b, bytes, 100);
  std::vector<std::pair<uint64_t, uint64_t>> runs;
  gm.visit_written(a, b + 50, [&](uint64_t from, uint64_t to) { runs.emplace_back(from, to); });
  CHECK(runs == std::vector<std::pair<uint64_t, uint64_t>>{
                    {a + 10, a + 40}, {a + 100, a + 150}, {b, b + 50}});
}
