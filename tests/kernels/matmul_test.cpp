#include "kernels/ops/matmul.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "isa/errors.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Sizes {
  int m, n, k;
};

// 1, primes, one off the native tile on every side, one off the tiles of L0 and L1, skinny and
// flat.
constexpr std::array<Sizes, 44> kSizes = {{
    {1, 1, 1},      {1, 1, 64},      {1, 64, 1},    {64, 1, 1},    {1, 512, 300},   {1, 300, 1024},
    {2, 3, 5},      {7, 11, 13},     {13, 7, 11},   {17, 19, 23},  {31, 37, 41},    {53, 61, 67},
    {97, 101, 103}, {127, 131, 137}, {149, 31, 2},  {3, 257, 7},   {15, 15, 15},    {15, 16, 17},
    {16, 16, 16},   {17, 17, 17},    {16, 17, 31},  {17, 16, 33},  {31, 33, 63},    {32, 32, 65},
    {33, 31, 64},   {63, 65, 127},   {64, 64, 128}, {65, 63, 129}, {127, 128, 129}, {128, 256, 64},
    {129, 255, 65}, {128, 257, 63},  {5, 512, 96},  {8, 96, 512},  {12, 1000, 40},  {200, 16, 500},
    {256, 4, 256},  {4, 256, 256},   {100, 100, 1}, {1, 2, 1000},  {250, 30, 77},   {96, 160, 224},
    {260, 260, 40}, {48, 300, 270},
}};

// Layouts, output types and bias take turns from shape to shape, so that every combination of two
// occurs.
std::string options_of(const Sizes& s, const char* type, size_t turn) {
  const bool whole = std::string(type) == "int8";
  constexpr const char* kOut[] = {"fp32", "fp16", "bf16"};
  const std::string out = whole ? "int32" : kOut[turn / 2 % 3];
  const auto flag = [](bool on) { return std::string(on ? "true" : "false"); };
  return "m=" + std::to_string(s.m) + " n=" + std::to_string(s.n) + " k=" + std::to_string(s.k) +
         " dtype=" + type + " out=" + out + " ta=" + flag(turn % 2 == 1) +
         " tb=" + flag(turn / 2 % 2 == 1) + " bias=" + flag(turn / 4 % 2 == 1);
}

void check_all(KernelBench& bench, const char* type, size_t first, size_t stride) {
  for (size_t i = first; i < kSizes.size(); i += stride) {
    const std::string options = options_of(kSizes[i], type, i + i / 8);
    const KernelBench::Outcome outcome = bench.run("matmul", options_from(options), i);
    INFO(options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("matmul is right for every type and shape") {
  KernelBench bench(small_base());
  for (const char* type : {"fp16", "bf16", "fp32", "tf32", "int8"}) check_all(bench, type, 0, 1);
}

TEST_CASE("matmul is right on the smallest machine") {
  KernelBench bench(tiny_machine());
  for (const char* type : {"fp16", "fp32", "int8"}) check_all(bench, type, 1, 3);
}

TEST_CASE("matmul gives the same with time as without, and no hazard") {
  KernelBench bench(small_base(), Mode::kFull, true);
  for (const char* type : {"fp16", "fp32", "int8"}) check_all(bench, type, 2, 5);
}

TEST_CASE("matmul in all four layouts, with and without bias") {
  KernelBench bench(small_base());
  for (size_t turn = 0; turn < 8; ++turn) {
    for (const char* type : {"fp16", "int8", "fp32"}) {
      const std::string options = options_of({70, 90, 110}, type, turn);
      const KernelBench::Outcome outcome = bench.run("matmul", options_from(options));
      INFO(options << "\n" << outcome.text());
      CHECK(outcome.good());
    }
  }
}

TEST_CASE("matmul refuses shapes and types that make no sense, all in one message") {
  const Limits machine = limits_of(small_base());
  MatmulShape shape{.m = 0, .n = -3, .k = 5, .type = Type::kU8};
  try {
    shape.check(machine);
    FAIL("accepted");
  } catch (const InputError& error) {
    const std::string text = error.what();
    CHECK(text.find("m is 0") != std::string::npos);
    CHECK(text.find("n is -3") != std::string::npos);
    CHECK(text.find("dtype is u8") != std::string::npos);
  }
  CHECK_THROWS_AS(matmul(machine, {.m = 1, .n = 1, .k = 1, .out = Type::kI32}), InputError);
  Limits no_tf32 = machine;
  no_tf32.cube_types = {Type::kF16};
  CHECK_THROWS_AS(matmul(no_tf32, {.m = 1, .n = 1, .k = 1, .type = Type::kTf32}), InputError);
}

}  // namespace
}  // namespace npu
