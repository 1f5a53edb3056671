#include <algorithm>
#include <limits>

#include "isa/errors.h"
#include "kernels/kit/lower/assembly.h"

namespace npu::kit {
namespace {

constexpr int kFirstFree = 2;  // r1 is the control block

struct Interval {
  int reg = 0;
  int first = std::numeric_limits<int>::max(), last = -1;
};

// From the first to the last instruction that names the register; what lives across a loop's edge
// lives in all of it.
std::vector<Interval> intervals_of(const VirtualCode& code) {
  std::vector<Interval> intervals(code.registers.size());
  std::vector<std::vector<int>> touches(code.registers.size());
  for (size_t i = 0; i < code.instructions.size(); ++i) {
    for (const int reg : code.instructions[i].registers) {
      if (reg < 0) continue;
      Interval& interval = intervals[static_cast<size_t>(reg)];
      interval.first = std::min(interval.first, static_cast<int>(i));
      interval.last = std::max(interval.last, static_cast<int>(i));
      touches[static_cast<size_t>(reg)].push_back(static_cast<int>(i));
    }
  }
  for (size_t reg = 0; reg < intervals.size(); ++reg) {
    Interval& interval = intervals[reg];
    interval.reg = static_cast<int>(reg);
    for (const auto& [begin, end] : code.loops) {
      const auto in = std::lower_bound(touches[reg].begin(), touches[reg].end(), begin);
      if (in == touches[reg].end() || *in > end) continue;
      if (interval.first >= begin && interval.last <= end) continue;
      interval.first = std::min(interval.first, begin);
      interval.last = std::max(interval.last, end);
    }
  }
  return intervals;
}

}  // namespace

Allocation allocate(const VirtualCode& code) {
  Allocation result;
  result.numbers.assign(code.registers.size(), 0);
  std::vector<Interval> intervals = intervals_of(code);
  intervals.erase(std::remove_if(intervals.begin(), intervals.end(),
                                 [](const Interval& i) { return i.last < 0; }),
                  intervals.end());
  std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) {
    return std::pair(a.first, a.reg) < std::pair(b.first, b.reg);
  });
  std::vector<Interval> active;
  std::array<bool, kRegisters> taken{};
  for (const Interval& interval : intervals) {
    const bool cell = code.registers[static_cast<size_t>(interval.reg)].cell;
    for (size_t i = 0; i < active.size();) {
      const bool over =
          active[i].last < interval.first ||
          (active[i].last == interval.first && !cell && active[i].first != interval.first);
      if (over) {
        taken[result.numbers[static_cast<size_t>(active[i].reg)]] = false;
        active[i] = active.back();
        active.pop_back();
      } else {
        ++i;
      }
    }
    int number = kFirstFree;
    while (number < kRegisters && taken[static_cast<size_t>(number)]) ++number;
    if (number == kRegisters) {
      result.failed = true;
      for (const Interval& other : active) result.alive.push_back(other.reg);
      result.alive.push_back(interval.reg);
      return result;
    }
    taken[static_cast<size_t>(number)] = true;
    result.numbers[static_cast<size_t>(interval.reg)] = static_cast<uint8_t>(number);
    active.push_back(interval);
  }
  return result;
}

Instruction finished(const VirtualCode& code, const VirtualInstruction& virtual_instruction,
                     const Allocation& allocation) {
  Instruction instruction = virtual_instruction.instruction;
  const auto number = [&](Reg& reg) {
    if (reg.index == 0) return;
    const int at = virtual_instruction.registers[reg.index - size_t{1}];
    if (at == kZeroRegister) {
      reg.index = 0;
    } else if (at == kControlRegister) {
      reg.index = 1;
    } else {
      reg.index = allocation.numbers[static_cast<size_t>(at)];
    }
  };
  const auto settle = [&](auto& member) {
    using Member = std::remove_reference_t<decltype(member)>;
    if constexpr (std::is_same_v<Member, Reg>) number(member);
    if constexpr (std::is_same_v<Member, RegImm>) number(member.reg);
    if constexpr (std::is_same_v<Member, Label>) {
      member.index =
          static_cast<uint32_t>(code.labels[static_cast<size_t>(virtual_instruction.label)]);
    }
  };
  std::visit(
      [&](auto& i) {
        std::apply([&](const auto&... field) { (settle(i.*field.member), ...); }, i.fields());
      },
      instruction);
  return instruction;
}

}  // namespace npu::kit
