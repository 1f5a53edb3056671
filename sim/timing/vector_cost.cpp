#include "sim/timing/vector_cost.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/timing/banks.h"

namespace npu {
namespace {

// Whose table entry an operation uses; what is not named here is simple.
template <class Op>
constexpr VectorRate VectorConfig::*rate_of(const Op&) {
  return &VectorConfig::simple;
}
#define NPU_RATE(Op, rate) \
  constexpr VectorRate VectorConfig::*rate_of(const Op&) { return &VectorConfig::rate; }
NPU_RATE(VexpOp, transcendental)
NPU_RATE(VlnOp, transcendental)
NPU_RATE(VsqrtOp, transcendental)
NPU_RATE(VdivOp, divide)
NPU_RATE(VrowSumOp, reduce)
NPU_RATE(VrowMaxOp, reduce)
NPU_RATE(VrowMinOp, reduce)
NPU_RATE(VrowAbsmaxOp, reduce)
NPU_RATE(VrowArgmaxOp, reduce)
NPU_RATE(VcountOp, reduce)
NPU_RATE(VtransposeOp, transpose)
NPU_RATE(VzipOp, transpose)
NPU_RATE(VunzipOp, transpose)
NPU_RATE(VgatherOp, gather)
NPU_RATE(VscatterOp, gather)
NPU_RATE(VhistogramOp, gather)
NPU_RATE(VsortOp, sort)
NPU_RATE(VcompressOp, compress)
#undef NPU_RATE

// An operand that is read or written step by step. Sources that are one element or one column stay
// in the unit for a row and take no part.
struct Access {
  uint64_t address = 0, pitch = 0;
  uint64_t element = 0;  // bytes
  bool write = false;
};

struct Work {
  VectorRate VectorConfig::*rate = &VectorConfig::simple;
  uint64_t rows = 0, cols = 0;
  VectorCycles VectorConfig::*closing = nullptr;  // of a row reduction
  bool whole_rows = false;                        // a source differs from row to row only
  bool partial_mask = false;                      // a mask ends within a word of UB
  size_t count = 0;
  std::array<Access, 4> accesses{};

  void add(uint64_t address, uint64_t pitch, Type type, bool write) {
    const auto element = static_cast<uint64_t>(std::max(1, bytes_of(type)));
    accesses[count++] = {address, pitch, element, write};
  }
  void add(Source shape, uint64_t address, uint64_t pitch, Type type) {
    if (shape == Source::kTile || (shape == Source::kColumn && cols == 1)) {
      add(address, pitch, type, false);
    } else if (shape == Source::kRow) {
      add(address, 0, type, false);
      whole_rows = whole_rows || rows > 1;
    } else if (shape == Source::kColumn) {
      whole_rows = whole_rows || rows > 1;
    }
  }
};

template <class C>
Work start(VectorRate VectorConfig::*rate, const C& c) {
  Work work;
  work.rate = rate;
  work.rows = c.rows;
  work.cols = c.cols;
  return work;
}

template <class Op>
Work work_of(const VectorUnary<Value, Op>& c) {
  Work work = start(rate_of(Op{}), c);
  work.add(c.a_is, c.a, c.a_pitch, c.type);
  work.add(c.d, c.d_pitch, c.type, true);
  return work;
}
template <class Op>
Work work_of(const VectorBinary<Value, Op>& c) {
  Work work = start(rate_of(Op{}), c);
  work.add(c.a_is, c.a, c.a_pitch, c.type);
  work.add(c.b_is, c.b, c.b_pitch, c.type);
  work.add(c.d, c.d_pitch, c.type, true);
  return work;
}
// Where elements go is the operation's own matter: its rate says all, no banks.
template <class Op>
Work work_of(const VectorShuffle<Value, Op>& c) {
  Work work = start(rate_of(Op{}), c);
  work.add(c.d, c.d_pitch, c.type, true);
  return work;
}
template <class Op>
constexpr VectorCycles VectorConfig::*closing_of(const Op&) {
  return &VectorConfig::row_extreme;
}
constexpr VectorCycles VectorConfig::*closing_of(const VrowSumOp&) {
  return &VectorConfig::row_sum;
}
constexpr VectorCycles VectorConfig::*closing_of(const VcolSumOp&) { return nullptr; }
constexpr VectorCycles VectorConfig::*closing_of(const VcolMaxOp&) { return nullptr; }
constexpr VectorCycles VectorConfig::*closing_of(const VcountOp&) { return nullptr; }
template <class Op>
Work work_of(const VectorReduce<Value, Op>& c) {
  Work work = start(rate_of(Op{}), c);
  work.closing = closing_of(Op{});
  work.add(c.a, c.a_pitch, c.type, false);
  return work;
}
// By elements that are written.
Work work_of(const Vmerge<Value>& c) {
  Work work = start(&VectorConfig::sort, c);
  const uint64_t all = 4 * c.cols;
  work.cols = c.count == 0 ? all : std::min(c.count, all);
  work.add(c.d, work.cols * static_cast<uint64_t>(std::max(1, bytes_of(c.type))), c.type, true);
  return work;
}
Work work_of(const Vfma<Value>& c) {
  const bool three = c.a_is == Source::kTile && c.b_is == Source::kTile && c.c_is == Source::kTile;
  Work work = start(three ? &VectorConfig::multiply_add : &VectorConfig::simple, c);
  work.add(c.a_is, c.a, c.a_pitch, c.type);
  work.add(c.b_is, c.b, c.b_pitch, c.type);
  work.add(c.c_is, c.c, c.c_pitch, c.type);
  work.add(c.d, c.d_pitch, c.type, true);
  return work;
}
Work work_of(const Vconvert<Value>& c) {
  Work work = start(&VectorConfig::convert, c);
  work.add(c.a_is, c.a, c.a_pitch, c.from);
  work.add(c.d, c.d_pitch, c.to, true);
  return work;
}
// Masks are small: their bytes are left out of the banks. They are written by whole words, which
// the rows of a mask share.
Work work_of(const Vcmp<Value>& c) {
  constexpr uint64_t kWordBits = 256;
  Work work = start(&VectorConfig::simple, c);
  work.partial_mask = work.rows * work.cols % kWordBits != 0;
  work.add(c.a_is, c.a, c.a_pitch, c.type);
  work.add(c.b_is, c.b, c.b_pitch, c.type);
  return work;
}
Work work_of(const Vscan<Value>& c) {
  Work work = start(&VectorConfig::reduce, c);
  work.add(c.a, c.a_pitch, c.type, false);
  return work;
}
Work work_of(const Viota<Value>& c) {
  Work work = start(&VectorConfig::simple, c);
  work.add(c.d, c.d_pitch, Type::kI32, true);
  return work;
}
Work work_of(const Vselect<Value>& c) {
  Work work = start(&VectorConfig::simple, c);
  work.add(c.a_is, c.a, c.a_pitch, c.type);
  work.add(c.b_is, c.b, c.b_pitch, c.type);
  work.add(c.d, c.d_pitch, c.type, true);
  return work;
}
Work work_of(const Vband<Value>& c) {
  Work work = start(&VectorConfig::simple, c);
  work.add(c.a, c.a_pitch, c.type, false);
  work.add(c.d, c.d_pitch, c.type, true);
  return work;
}
template <class Other>
Work work_of(const Other&) {
  return {};
}

uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

// The steps of an instruction: how its rows are cut.
struct Steps {
  uint64_t count = 0;
  uint64_t in_row = 1;  // of one row, or of everything where rows follow without a gap
  uint64_t rows = 1;    // that one step gathers, each of a block at most
  uint64_t cols = 0;    // elements of a row in one step
  bool alike = false;   // all operands move on alike from step to step
};

Steps cut(const VectorConfig& vector, const Work& work, uint64_t element) {
  const auto repeat = static_cast<uint64_t>(vector.repeat);
  const auto block = static_cast<uint64_t>(vector.block);
  const uint64_t at_once = std::max<uint64_t>(1, repeat / element);
  bool packed = !work.whole_rows, alike = true;
  for (size_t i = 0; i < work.count; ++i) {
    const Access& access = work.accesses[i];
    packed = packed && (work.rows == 1 || access.pitch == work.cols * access.element);
    alike = alike && access.element == element;
  }
  Steps steps;
  if (packed && work.closing == nullptr) {
    steps.count = steps.in_row = ceil_div(work.rows * work.cols, at_once);
    steps.cols = std::min(at_once, work.rows * work.cols);
    steps.alike = alike;
  } else if (work.cols * element <= block && !work.whole_rows) {
    steps.rows = std::min(work.rows, repeat / block);
    steps.count = ceil_div(work.rows, steps.rows);
    steps.cols = work.cols;
  } else {
    steps.in_row = ceil_div(work.cols, at_once);
    steps.count = work.rows * steps.in_row;
    steps.cols = std::min(at_once, work.cols);
  }
  return steps;
}

// The cycles by which the banks hold the steps up, each of which takes `a_step` without. A few
// steps stand for all, the first of some rows or of the one: addresses come round.
uint64_t bank_cycles(const VectorConfig& vector, const Work& work, const Steps& steps,
                     double a_step) {
  constexpr uint64_t kSample = 8;
  const bool by_row = steps.count > steps.in_row;
  const uint64_t differ = by_row ? steps.count / steps.in_row : steps.count;
  const uint64_t sampled = steps.alike ? 1 : std::min(kSample, differ);
  BankStep banks(vector.bank);
  double more = 0;
  for (uint64_t i = 0; i < sampled; ++i) {
    const uint64_t row = by_row ? i * steps.rows : 0;
    const uint64_t col = by_row ? 0 : i * steps.cols;
    for (size_t k = 0; k < work.count; ++k) {
      const Access& access = work.accesses[k];
      const uint64_t advance =
          steps.in_row > 1 ? steps.cols * access.element : steps.rows * access.pitch;
      const uint64_t ahead =
          access.write ? 0 : static_cast<uint64_t>(vector.bank.write_lag) * advance;
      banks.add({access.address + row * access.pitch + col * access.element + ahead, access.pitch,
                 std::min(steps.rows, work.rows - row), steps.cols * access.element, access.write});
    }
    more += std::max(0.0, static_cast<double>(banks.take()) - a_step);
  }
  return static_cast<uint64_t>(
      std::ceil(more * static_cast<double>(steps.count) / static_cast<double>(sampled)));
}

}  // namespace

VectorCost vector_cost(const VectorConfig& vector, const Command& command) {
  const Work work = std::visit([](const auto& c) { return work_of(c); }, command);
  if (work.rows == 0 || work.cols == 0) return {};
  uint64_t element = 1;
  for (size_t i = 0; i < work.count; ++i) element = std::max(element, work.accesses[i].element);
  const Steps steps = cut(vector, work, element);
  const bool folds = work.closing != nullptr && steps.rows == 1;
  const auto bytes = static_cast<int>(element);
  const double rate = (vector.*(folds ? &VectorConfig::simple : work.rate)).of(bytes);
  // Less than a step's elements take a whole step.
  const auto at_once =
      static_cast<double>(std::max<uint64_t>(1, static_cast<uint64_t>(vector.repeat) / element));
  const double a_step = at_once / rate;
  double cycles = static_cast<double>(steps.count) * a_step;
  if (folds) {
    cycles += static_cast<double>(work.rows) * (vector.*work.closing).of(bytes);
  }
  if (work.partial_mask) cycles += vector.partial_mask;
  return {static_cast<uint64_t>(std::ceil(cycles)), bank_cycles(vector, work, steps, a_step)};
}

}  // namespace npu
