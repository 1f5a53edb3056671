#include "sim/timing/vector_cost.h"

#include <algorithm>
#include <cmath>

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
NPU_RATE(VmergeOp, sort)
NPU_RATE(VcompressOp, compress)
#undef NPU_RATE

constexpr bool is_row_reduce(const VcolSumOp&) { return false; }
constexpr bool is_row_reduce(const VcolMaxOp&) { return false; }
template <class Op>
constexpr bool is_row_reduce(const Op&) {
  return true;
}

struct Work {
  VectorRate VectorConfig::*rate = &VectorConfig::simple;
  Type type{};
  uint64_t rows = 0, cols = 0, pitch = 0;
  uint64_t extra = 0;  // cycles
};

template <class Op>
Work work_of(const VectorConfig&, const VectorUnary<Value, Op>& c) {
  return {rate_of(Op{}), c.type, c.rows, c.cols, c.d_pitch};
}
template <class Op>
Work work_of(const VectorConfig&, const VectorBinary<Value, Op>& c) {
  return {rate_of(Op{}), c.type, c.rows, c.cols, c.d_pitch};
}
template <class Op>
Work work_of(const VectorConfig&, const VectorShuffle<Value, Op>& c) {
  return {rate_of(Op{}), c.type, c.rows, c.cols, c.d_pitch};
}
template <class Op>
Work work_of(const VectorConfig& vector, const VectorReduce<Value, Op>& c) {
  const uint64_t a_row = is_row_reduce(Op{}) ? static_cast<uint64_t>(vector.row_reduce) : 0;
  return {rate_of(Op{}), c.type, c.rows, c.cols, c.a_pitch, c.rows * a_row};
}
// By elements that are written.
Work work_of(const VectorConfig&, const Vmerge<Value>& c) {
  const uint64_t all = 4 * c.cols, count = c.count == 0 ? all : std::min(c.count, all);
  return {&VectorConfig::sort, c.type, c.rows, count, 0};
}
Work work_of(const VectorConfig&, const Vfma<Value>& c) {
  return {&VectorConfig::multiply_add, c.type, c.rows, c.cols, c.d_pitch};
}
Work work_of(const VectorConfig&, const Vconvert<Value>& c) {
  const Type wider = bits_of(c.to) > bits_of(c.from) ? c.to : c.from;
  return {&VectorConfig::convert, wider, c.rows, c.cols,
          bits_of(c.to) > bits_of(c.from) ? c.d_pitch : c.a_pitch};
}
Work work_of(const VectorConfig&, const Vcmp<Value>& c) {
  return {&VectorConfig::simple, c.type, c.rows, c.cols, c.a_pitch};
}
Work work_of(const VectorConfig&, const Vscan<Value>& c) {
  return {&VectorConfig::reduce, c.type, c.rows, c.cols, c.a_pitch};
}
Work work_of(const VectorConfig&, const Viota<Value>& c) {
  return {&VectorConfig::simple, Type::kI32, c.rows, c.cols, c.d_pitch};
}
Work work_of(const VectorConfig&, const Vselect<Value>& c) {
  return {&VectorConfig::simple, c.type, c.rows, c.cols, c.d_pitch};
}
Work work_of(const VectorConfig&, const Vband<Value>& c) {
  return {&VectorConfig::simple, c.type, c.rows, c.cols, c.d_pitch};
}
template <class Other>
Work work_of(const VectorConfig&, const Other&) {
  return {};
}

}  // namespace

uint64_t vector_cycles(const VectorConfig& vector, const Command& command) {
  const Work work = std::visit([&](const auto& c) { return work_of(vector, c); }, command);
  if (work.rows == 0 || work.cols == 0) return 0;
  const int element = std::max(1, bytes_of(work.type));
  // Rows that do not follow each other without a gap each take whole blocks.
  const uint64_t row_bytes = work.cols * static_cast<uint64_t>(element);
  const auto block = static_cast<uint64_t>(vector.block);
  const bool packed = work.rows == 1 || work.pitch == row_bytes;
  const uint64_t bytes = work.rows * (packed ? row_bytes : (row_bytes + block - 1) / block * block);
  const double rate = (vector.*work.rate).of(element) * element;
  return static_cast<uint64_t>(std::ceil(static_cast<double>(bytes) / rate)) + work.extra;
}

}  // namespace npu
