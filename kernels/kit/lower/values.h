// Values: the scalars of a whole kernel, each distinct one once, simplified.
//
// Sums are kept flat (constant + factor * value + ...), so that addresses fall apart into parts
// that change at different rates; minima and maxima are dropped where bounds or structure prove
// them idle, which is what makes a Dim and a tensor's edge agree about a tail.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "kernels/kit/expr.h"

namespace npu::kit {

using ValueId = int;

struct Term {
  ValueId id = 0;
  int64_t factor = 0;
  friend auto operator<=>(const Term&, const Term&) = default;
};

struct Value {
  Op op{};
  int64_t imm = 0;  // as Node::value; of a sum its constant
  ValueId a = -1, b = -1;
  std::vector<Term> terms;  // of a sum, ascending ids
  int64_t lo = 0, hi = 0;   // bounds, both included
};

class Values {
 public:
  const Value& operator[](ValueId id) const { return values_[static_cast<size_t>(id)]; }
  size_t size() const { return values_.size(); }
  bool is_const(ValueId id) const { return (*this)[id].op == Op::kConst; }
  bool is_const(ValueId id, int64_t value) const {
    return is_const(id) && (*this)[id].imm == value;
  }

  ValueId constant(int64_t value);
  ValueId leaf(Op op, int64_t imm, int64_t lo, int64_t hi);
  ValueId binary(Op op, int64_t imm, ValueId a, ValueId b);
  ValueId add(ValueId a, ValueId b);
  ValueId mul(ValueId a, ValueId b);
  ValueId sum(std::vector<Term> terms, int64_t imm);

  // True if a <= b whatever the leaves are; false if it is not or cannot be shown.
  bool less_equal(ValueId a, ValueId b, int depth = 6);

 private:
  using Key = std::tuple<Op, int64_t, ValueId, ValueId, std::vector<Term>>;
  ValueId intern(Value value);
  ValueId scale(ValueId a, int64_t factor);
  ValueId divide(ValueId a, ValueId b);
  ValueId remainder(ValueId a, ValueId b);
  ValueId smaller(ValueId a, ValueId b);
  ValueId larger(ValueId a, ValueId b);
  ValueId compare(Compare how, ValueId a, ValueId b);
  // The terms of a value seen as a sum.
  std::vector<Term> terms_of(ValueId id) const;
  int64_t constant_of(ValueId id) const;

  std::vector<Value> values_;
  std::map<Key, ValueId> known_;
};

}  // namespace npu::kit
