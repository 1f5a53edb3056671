// What the shape checks of operators share: they collect every problem and throw them together.
// Private to kernels/ops.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/types.h"

namespace npu::detail {

class ShapeCheck {
 public:
  ShapeCheck(std::string_view name, const Limits& machine) : name_(name), machine_(machine) {}

  // A dimension must be 1 .. 2^40.
  void dimension(std::string_view what, int64_t value);
  // A type must be one of `allowed`.
  void type(std::string_view what, Type type, const std::vector<Type>& allowed);
  // f32, f16 or bf16: what operators of the vector cores take.
  void float_type(std::string_view what, Type type);
  // The machine's cube must multiply the type.
  void cube_type(std::string_view what, Type type);
  // A collective is made for as many chips as the machine has.
  void machine_chips(int64_t chips);
  void require(bool holds, std::string_view problem);

  // Throws InputError if anything was wrong.
  void done() const;

 private:
  void add(const std::string& problem);

  std::string name_;
  const Limits& machine_;
  std::string problems_;
};

}  // namespace npu::detail
