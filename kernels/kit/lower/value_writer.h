// ValueWriter: writes instructions with virtual registers and computes values into them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernels/kit/lower/assembly.h"
#include "kernels/kit/lower/placement.h"

namespace npu::kit {

class ValueWriter {
 public:
  VirtualCode code;

 protected:
  ValueWriter(const Recorder& recorder, Resolver& resolver, const Items& items,
              const std::set<ValueId>& local);

  // An instruction with its virtual registers.
  struct Built {
    Instruction instruction;
    std::vector<int> registers;
  };

  static Reg operand(std::vector<int>& registers, int reg) {
    if (reg == kZeroRegister) return {};
    registers.push_back(reg);
    return {static_cast<uint8_t>(registers.size())};
  }

  template <class I>
  static Built with(I i, Reg I::*d, int reg) {
    Built built;
    i.*d = operand(built.registers, reg);
    built.instruction = i;
    return built;
  }

  template <class I>
  static Built alu(int d, int a, int b, int64_t imm) {
    Built built;
    I i;
    i.d = operand(built.registers, d);
    i.a = operand(built.registers, a);
    i.b = {operand(built.registers, b), static_cast<int32_t>(imm)};
    built.instruction = i;
    return built;
  }

  void add(Built built, int label = -1);
  int fresh(ValueId value, std::string name = {}, bool cell = false);
  int cell_register(int cell);
  // The register that holds a value here.
  int reg(ValueId id);
  int reg_or_zero(ValueId id);
  // d = the value.
  void compute(ValueId id, int d);
  void compute_leaf(const Recipe& recipe, int d);
  void compute_alu(const Recipe& recipe, int d, int a, int b);
  void compute_compare(const Recipe& recipe, int d, int a, int b);
  void compute_float(const Recipe& recipe, int d, int a, int b);
  void branch(Compare how, int a, int b, int label);
  void jump(int label);
  int new_label();
  void bind(int label);

  const Recorder& r_;
  Resolver& resolver_;
  Values& values_;
  Placement placement_;
  std::vector<int> cells_, loops_, reads_;  // registers
  std::map<ValueId, int> kept_;             // registers of placed values
  uint32_t source_ = 0;                     // of the instruction being written
};

}  // namespace npu::kit
