#include "sim/functional/scalar.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace npu;

namespace {
constexpr uint64_t kLowest = 0x8000000000000000u, kLargest = 0x7fffffffffffffffu;
uint64_t minus(int64_t x) { return static_cast<uint64_t>(-x); }
uint64_t bits(float x) { return std::bit_cast<uint32_t>(x); }
constexpr uint64_t kNan = 0x7fc00000;
}  // namespace

TEST_CASE("integer arithmetic is on 64 bits and wraps") {
  CHECK(alu(AddOp{}, kLargest, 1) == kLowest);
  CHECK(alu(SubOp{}, 0, 1) == ~uint64_t{0});
  CHECK(alu(MulOp{}, kLowest, 2) == 0u);
  CHECK(alu(MulOp{}, minus(3), 5) == minus(15));
  CHECK(alu(MinOp{}, minus(1), 1) == minus(1));
  CHECK(alu(MaxOp{}, minus(1), 1) == 1u);
}

TEST_CASE("mulh gives the upper half of the signed product") {
  CHECK(alu(MulhOp{}, kLowest, kLowest) == uint64_t{1} << 62);
  CHECK(alu(MulhOp{}, minus(1), 1) == ~uint64_t{0});
  CHECK(alu(MulhOp{}, minus(1), minus(1)) == 0u);
  CHECK(alu(MulhOp{}, uint64_t{1} << 40, uint64_t{1} << 40) == 1u << 16);
  CHECK(alu(MulhOp{}, 0x123456789abcdef0u, 0x0fedcba987654321u) == 0x0121fa00ad77d742u);
}

TEST_CASE("division goes toward zero, refuses zero and wraps the lowest number") {
  CHECK(alu(DivOp{}, minus(7), 2) == minus(3));
  CHECK(alu(RemOp{}, minus(7), 2) == minus(1));
  CHECK(alu(RemOp{}, 7, minus(2)) == 1u);
  CHECK_FALSE(alu(DivOp{}, 7, 0));
  CHECK_FALSE(alu(RemOp{}, 7, 0));
  CHECK(alu(DivOp{}, kLowest, minus(1)) == kLowest);
  CHECK(alu(RemOp{}, kLowest, minus(1)) == 0u);
}

TEST_CASE("bits and shifts take the distance mod 64") {
  CHECK(alu(AndOp{}, 12, 10) == 8u);
  CHECK(alu(OrOp{}, 12, 10) == 14u);
  CHECK(alu(XorOp{}, 12, 10) == 6u);
  CHECK(alu(ShlOp{}, 1, 65) == 2u);
  CHECK(alu(ShrOp{}, kLowest, 63) == 1u);
  CHECK(alu(SarOp{}, kLowest, 63) == ~uint64_t{0});
}

TEST_CASE("f32 arithmetic looks at the low halves and makes one NaN") {
  const uint64_t high = 0xdeadbeef00000000u;
  CHECK(alu(FaddOp{}, bits(1.5F) | high, bits(2)) == bits(3.5F));
  CHECK(alu(FsubOp{}, bits(1.5F), bits(2)) == bits(-0.5F));
  CHECK(alu(FmulOp{}, bits(1.5F), bits(2)) == bits(3));
  CHECK(alu(FdivOp{}, bits(1), bits(0)) == bits(INFINITY));
  CHECK(alu(FdivOp{}, bits(0), bits(0)) == kNan);
  CHECK(alu(FsubOp{}, bits(INFINITY), bits(INFINITY)) == kNan);
}

TEST_CASE("compare is signed but for ltu and geu") {
  CHECK(compare(Compare::kLt, minus(1), 0));
  CHECK_FALSE(compare(Compare::kLtu, minus(1), 0));
  CHECK(compare(Compare::kGeu, minus(1), 0));
  CHECK(compare(Compare::kEq, 5, 5));
  CHECK(compare(Compare::kNe, 5, 6));
  CHECK(compare(Compare::kLe, 5, 5));
  CHECK(compare(Compare::kGt, 1, minus(1)));
  CHECK(compare(Compare::kGe, minus(1), minus(1)));
}

TEST_CASE("a comparison of floats is false with NaN") {
  for (Compare cond : {Compare::kEq, Compare::kNe, Compare::kLt, Compare::kLe, Compare::kGt,
                       Compare::kGe, Compare::kLtu, Compare::kGeu}) {
    CHECK_FALSE(compare_f32(cond, kNan, bits(1)));
  }
  CHECK(compare_f32(Compare::kEq, bits(0.0F), bits(-0.0F)));
  CHECK(compare_f32(Compare::kNe, bits(1), bits(2)));
  CHECK(compare_f32(Compare::kLt, bits(-1), bits(1)));
  CHECK(compare_f32(Compare::kGe, bits(1), bits(1)));
}

TEST_CASE("conversion to an integer rounds as told and saturates") {
  CHECK(convert_scalar(true, RoundMode::kRne, bits(2.5F)) == 2u);
  CHECK(convert_scalar(true, RoundMode::kRz, bits(-2.5F)) == minus(2));
  CHECK(convert_scalar(true, RoundMode::kFloor, bits(-2.5F)) == minus(3));
  CHECK(convert_scalar(true, RoundMode::kCeil, bits(2.1F)) == 3u);
  CHECK(convert_scalar(true, RoundMode::kRne, bits(1e30F)) == kLargest);
  CHECK(convert_scalar(true, RoundMode::kRne, bits(-INFINITY)) == kLowest);
  CHECK(convert_scalar(true, RoundMode::kRne, kNan) == 0u);
}

TEST_CASE("conversion from an integer rounds once") {
  CHECK(convert_scalar(false, RoundMode::kRne, 0) == bits(0));
  CHECK(convert_scalar(false, RoundMode::kRne, (1u << 24) + 1) == bits(16777216));
  CHECK(convert_scalar(false, RoundMode::kRne, (1u << 24) + 3) == bits(16777220));
  CHECK(convert_scalar(false, RoundMode::kCeil, (1u << 24) + 1) == bits(16777218));
  CHECK(convert_scalar(false, RoundMode::kFloor, minus((1 << 24) + 1)) == bits(-16777218));
  CHECK(convert_scalar(false, RoundMode::kRz, minus((1 << 24) + 1)) == bits(-16777216));
  CHECK(convert_scalar(false, RoundMode::kRne, kLowest) == bits(-0x1p63F));
  CHECK(convert_scalar(false, RoundMode::kRne, kLargest) == bits(0x1p63F));
  CHECK(convert_scalar(false, RoundMode::kRz, kLargest) == bits(0x1.fffffep62F));
}

TEST_CASE("addwrap returns to the base at the end") {
  CHECK(add_wrap(0, 64, 0, 128) == 64);
  CHECK(add_wrap(64, 64, 0, 128) == 0);
  CHECK(add_wrap(100, 64, 32, 128) == 32);
}

TEST_CASE("narrow scalars extend by their type") {
  CHECK(extend(Width::kU8, 0xff) == 0xff);
  CHECK(extend(Width::kI8, 0xff) == ~uint64_t{0});
  CHECK(extend(Width::kI16, 0x8000) == 0xffffffffffff8000u);
  CHECK(extend(Width::kI32, 0x80000000u) == 0xffffffff80000000u);
  CHECK(extend(Width::kF32, 0xbf800000u) == 0xbf800000u);
  CHECK(bytes_of(Width::kU64) == 8);
  CHECK(bytes_of(Width::kI16) == 2);
}

TEST_CASE("atomics leave the sum, the larger, the new value, or it if the old one was expected") {
  CHECK(atomic_result(AtomicOp::kAdd, 5, minus(7), 0) == minus(2));
  CHECK(atomic_result(AtomicOp::kMax, minus(5), 3, 0) == 3);
  CHECK(atomic_result(AtomicOp::kMax, 5, minus(3), 0) == 5);
  CHECK(atomic_result(AtomicOp::kSwap, 5, 9, 0) == 9);
  CHECK(atomic_result(AtomicOp::kCas, 5, 9, 5) == 9);
  CHECK(atomic_result(AtomicOp::kCas, 5, 9, 4) == 5);
}
