// Machines and kernels that the tests of the kit share.
#pragma once

#include "isa/limits/limits.h"
#include "isa/program/program.h"

namespace npu::test {

// One group of the size of a real machine, with direct paths between cube and vector or without.
inline Limits machine(bool direct = true) {
  Limits limits;
  limits.machine = "test";
  limits.groups = 4;
  limits.vectors = 2;
  limits.l1 = 512 * 1024;
  limits.l0a = limits.l0b = 64 * 1024;
  limits.l0c = 128 * 1024;
  limits.bias = 1024;
  limits.table = 7 * 1024;
  limits.ub = 192 * 1024;
  limits.gm = uint64_t{1} << 36;
  limits.cube_types = {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kI8};
  limits.vector_types = {Type::kF32, Type::kF16};
  limits.l0c_to_ub = limits.ub_to_l1 = direct;
  return limits;
}

}  // namespace npu::test
