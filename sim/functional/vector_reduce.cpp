// Reductions along rows and columns, prefix sums, and the count of a mask. Floats are reduced in
// f32 and rounded once to their type; integers wrap.
#include <bit>
#include <limits>
#include <vector>

#include "isa/numerics/reduce.h"
#include "sim/functional/run.h"
#include "sim/functional/vector_rows.h"

namespace npu::detail {

namespace {

// A whole row as T: floats of any stored type as float.
template <class T>
class WholeRows {
 public:
  WholeRows(const Place& place, Type type, uint64_t base, uint64_t pitch, uint64_t cols)
      : type_(type), base_(ub_at(place, base)), pitch_(pitch), row_(cols) {}

  const std::vector<T>& at(uint64_t row) {
    const std::byte* from = base_ + row * pitch_;
    if constexpr (std::is_same_v<T, float>) {
      convert(from, type_, row_.data(), Type::kF32, row_.size());
    } else {
      std::memcpy(row_.data(), from, row_.size() * sizeof(T));
    }
    return row_;
  }

 private:
  Type type_;
  const std::byte* base_;
  uint64_t pitch_;
  std::vector<T> row_;
};

// Writes `count` computed elements as `type`.
template <class T>
void put(std::byte* to, Type type, const T* from, uint64_t count) {
  if constexpr (std::is_same_v<T, float>) {
    convert(from, Type::kF32, to, type, count);
  } else {
    std::memcpy(to, from, count * sizeof(T));
  }
}

template <class T>
T sum(T a, T b) {
  if constexpr (std::is_same_v<T, float>) return one_nan(a + b);
  return static_cast<T>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

float reduce(VrowSumOp, const std::vector<float>& row) { return row_sum(row.data(), row.size()); }
float reduce(VrowMaxOp, const std::vector<float>& row) { return row_max(row.data(), row.size()); }
float reduce(VrowMinOp, const std::vector<float>& row) { return row_min(row.data(), row.size()); }
float reduce(VrowAbsmaxOp, const std::vector<float>& row) {
  return row_absmax(row.data(), row.size());
}
int32_t reduce(VrowArgmaxOp, const std::vector<float>& row) {
  return static_cast<int32_t>(row_argmax(row.data(), row.size()));
}

template <class T>
T reduce(VrowSumOp, const std::vector<T>& row) {
  T total = 0;
  for (T x : row) total = sum(total, x);
  return total;
}
template <class T>
T reduce(VrowMaxOp, const std::vector<T>& row) {
  return *std::max_element(row.begin(), row.end());
}
template <class T>
T reduce(VrowMinOp, const std::vector<T>& row) {
  return *std::min_element(row.begin(), row.end());
}
template <class T>
int32_t reduce(VrowArgmaxOp, const std::vector<T>& row) {
  return static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

template <class Op, class T>
inline constexpr bool kReduces = requires(std::vector<T> row) {
  reduce(Op{}, row);
};

template <class Op>
inline constexpr bool kByColumn = std::is_same_v<Op, VcolSumOp> || std::is_same_v<Op, VcolMaxOp>;

template <class Op, class T>
void reduce_rows(const Place& place, const VectorReduce<Value, Op>& c) {
  constexpr bool kIndex = std::is_same_v<Op, VrowArgmaxOp>;
  WholeRows<T> a(place, c.type, c.a, c.a_pitch, c.cols);
  std::byte* to = ub_at(place, c.d);
  for (uint64_t row = 0; row < c.rows; ++row) {
    const auto result = reduce(Op{}, a.at(row));
    put(to + row * c.d_pitch, kIndex ? Type::kI32 : c.type, &result, 1);
  }
}

// Rows in ascending order; a sum starts at 0, a maximum at the first row.
template <class Op, class T>
void reduce_columns(const Place& place, const VectorReduce<Value, Op>& c) {
  constexpr bool kSum = std::is_same_v<Op, VcolSumOp>;
  WholeRows<T> a(place, c.type, c.a, c.a_pitch, c.cols);
  std::vector<T> total(c.cols);
  for (uint64_t row = 0; row < c.rows; ++row) {
    const std::vector<T>& x = a.at(row);
    if (!kSum && row == 0) total = x;
    for (uint64_t col = 0; col < c.cols; ++col) {
      if constexpr (kSum) {
        total[col] = sum(total[col], x[col]);
      } else if constexpr (std::is_same_v<T, float>) {
        total[col] = max_f32(total[col], x[col]);
      } else {
        total[col] = std::max(total[col], x[col]);
      }
    }
  }
  put(ub_at(place, c.d), c.type, total.data(), c.cols);
}

template <class T>
void scan(const Place& place, const Vscan<Value>& c) {
  WholeRows<T> a(place, c.type, c.a, c.a_pitch, c.cols);
  std::vector<T> running(c.cols), result(c.cols);
  for (uint64_t row = 0; row < c.rows; ++row) {
    const std::vector<T>& x = a.at(row);
    T along{};
    for (uint64_t col = 0; col < c.cols; ++col) {
      T& total = c.by_column ? running[col] : along;
      const T before = total;
      total = sum(total, x[col]);
      result[col] = c.exclusive ? before : total;
    }
    put(ub_at(place, c.d) + row * c.d_pitch, c.type, result.data(), c.cols);
  }
}

}  // namespace

template <class Op>
void run(const Place& place, const VectorReduce<Value, Op>& c) {
  with_element(c.type, [&](auto element) {
    using T = decltype(element);
    if constexpr (kByColumn<Op>) {
      reduce_columns<Op, T>(place, c);
    } else if constexpr (kReduces<Op, T>) {
      reduce_rows<Op, T>(place, c);
    }
  });
}

void run(const Place& place, const Vscan<Value>& c) {
  if (c.type == Type::kI32) return scan<int32_t>(place, c);
  scan<float>(place, c);
}

void run(const Place& place, const Vcount<Value>& c) {
  for (uint64_t row = 0; row < c.rows; ++row) {
    const std::byte* mask = ub_at(place, c.a) + row * c.a_pitch;
    int32_t total = 0;
    for (uint64_t col = 0; col < c.cols; col += 8) {
      const uint64_t left = std::min<uint64_t>(8, c.cols - col);
      const auto bits = static_cast<uint32_t>(mask[col / 8]) & ((1u << left) - 1);
      total += std::popcount(bits);
    }
    std::memcpy(ub_at(place, c.d) + row * c.d_pitch, &total, sizeof total);
  }
}

template void run(const Place&, const VrowSum<Value>&);
template void run(const Place&, const VrowMax<Value>&);
template void run(const Place&, const VrowMin<Value>&);
template void run(const Place&, const VrowAbsmax<Value>&);
template void run(const Place&, const VrowArgmax<Value>&);
template void run(const Place&, const VcolSum<Value>&);
template void run(const Place&, const VcolMax<Value>&);

}  // namespace npu::detail
