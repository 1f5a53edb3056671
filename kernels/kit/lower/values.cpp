#include "kernels/kit/lower/values.h"

#include <algorithm>

namespace npu::kit {
namespace {

__extension__ typedef __int128 Wide;

constexpr int64_t kFar = int64_t{1} << 62;

int64_t clamp_far(Wide value) { return static_cast<int64_t>(std::clamp<Wide>(value, -kFar, kFar)); }

struct Bounds {
  int64_t lo, hi;
};

Bounds product(Bounds a, Bounds b) {
  const Wide corners[4] = {static_cast<Wide>(a.lo) * b.lo, static_cast<Wide>(a.lo) * b.hi,
                           static_cast<Wide>(a.hi) * b.lo, static_cast<Wide>(a.hi) * b.hi};
  return {clamp_far(*std::min_element(corners, corners + 4)),
          clamp_far(*std::max_element(corners, corners + 4))};
}

// Of an operation that is not a sum.
Bounds bounds(const Value& v, Bounds a, Bounds b) {
  const bool nonnegative = a.lo >= 0 && b.lo >= 0;
  switch (v.op) {
    case Op::kMul:
      return product(a, b);
    case Op::kDiv:
      if (nonnegative && b.lo > 0) return {a.lo / b.hi, a.hi / b.lo};
      return {-kFar, kFar};
    case Op::kRem:
      if (nonnegative && b.hi > 0) return {0, std::min(a.hi, b.hi - 1)};
      return {-kFar, kFar};
    case Op::kMin:
      return {std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
    case Op::kMax:
      return {std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
    case Op::kCompare:
      return {0, 1};
    case Op::kAnd:
      if (nonnegative) return {0, std::min(a.hi, b.hi)};
      return {-kFar, kFar};
    default:
      return {-kFar, kFar};
  }
}

}  // namespace

ValueId Values::intern(Value value) {
  Key key{value.op, value.imm, value.a, value.b, value.terms};
  const auto [at, fresh] = known_.emplace(std::move(key), static_cast<ValueId>(values_.size()));
  if (fresh) values_.push_back(std::move(value));
  return at->second;
}

ValueId Values::constant(int64_t value) {
  return intern({Op::kConst, value, -1, -1, {}, clamp_far(value), clamp_far(value)});
}

ValueId Values::leaf(Op op, int64_t imm, int64_t lo, int64_t hi) {
  return intern({op, imm, -1, -1, {}, lo, hi});
}

std::vector<Term> Values::terms_of(ValueId id) const {
  if (is_const(id)) return {};
  if ((*this)[id].op == Op::kSum) return (*this)[id].terms;
  return {{id, 1}};
}

int64_t Values::constant_of(ValueId id) const {
  const Value& v = (*this)[id];
  return v.op == Op::kConst || v.op == Op::kSum ? v.imm : 0;
}

ValueId Values::sum(std::vector<Term> terms, int64_t imm) {
  std::sort(terms.begin(), terms.end());
  std::vector<Term> merged;
  for (const Term& term : terms) {
    if (!merged.empty() && merged.back().id == term.id) {
      merged.back().factor += term.factor;
    } else {
      merged.push_back(term);
    }
  }
  merged.erase(std::remove_if(merged.begin(), merged.end(),
                              [](const Term& term) { return term.factor == 0; }),
               merged.end());
  if (merged.empty()) return constant(imm);
  if (merged.size() == 1 && merged[0].factor == 1 && imm == 0) return merged[0].id;
  Wide lo = imm, hi = imm;
  for (const Term& term : merged) {
    const Value& part = (*this)[term.id];
    const Bounds b = product({part.lo, part.hi}, {term.factor, term.factor});
    lo += b.lo;
    hi += b.hi;
  }
  return intern({Op::kSum, imm, -1, -1, std::move(merged), clamp_far(lo), clamp_far(hi)});
}

ValueId Values::add(ValueId a, ValueId b) {
  std::vector<Term> terms = terms_of(a);
  const std::vector<Term> more = terms_of(b);
  terms.insert(terms.end(), more.begin(), more.end());
  return sum(std::move(terms), static_cast<int64_t>(static_cast<uint64_t>(constant_of(a)) +
                                                    static_cast<uint64_t>(constant_of(b))));
}

ValueId Values::scale(ValueId a, int64_t factor) {
  std::vector<Term> terms = terms_of(a);
  for (Term& term : terms) term.factor *= factor;
  return sum(std::move(terms), constant_of(a) * factor);
}

ValueId Values::mul(ValueId a, ValueId b) {
  if (is_const(a)) return scale(b, (*this)[a].imm);
  if (is_const(b)) return scale(a, (*this)[b].imm);
  // Products of sums fall apart into products of their terms, which others share.
  const std::vector<Term> left = terms_of(a), right = terms_of(b);
  std::vector<Term> terms;
  for (const Term& x : left) {
    for (const Term& y : right) {
      Value v{Op::kMul, 0, std::min(x.id, y.id), std::max(x.id, y.id), {}, 0, 0};
      const Value &p = (*this)[x.id], &q = (*this)[y.id];
      const Bounds range = product({p.lo, p.hi}, {q.lo, q.hi});
      v.lo = range.lo;
      v.hi = range.hi;
      terms.push_back({intern(std::move(v)), x.factor * y.factor});
    }
  }
  for (const Term& x : left) terms.push_back({x.id, x.factor * constant_of(b)});
  for (const Term& y : right) terms.push_back({y.id, y.factor * constant_of(a)});
  return sum(std::move(terms), constant_of(a) * constant_of(b));
}

ValueId Values::divide(ValueId a, ValueId b) {
  if (is_const(b, 1)) return a;
  if (is_const(b) && (*this)[b].imm > 1) {
    // What divides evenly comes out of the division if the rest cannot carry into it.
    const int64_t by = (*this)[b].imm;
    std::vector<Term> even, rest;
    for (const Term& term : terms_of(a)) {
      if (term.factor % by == 0) {
        even.push_back({term.id, term.factor / by});
      } else {
        rest.push_back(term);
      }
    }
    const int64_t imm = constant_of(a);
    if (rest.empty() && imm % by == 0) return sum(std::move(even), imm / by);
    if (imm >= 0) {
      const ValueId whole = sum(even, imm / by);
      const ValueId part = sum(rest, imm % by);
      const Value &w = (*this)[whole], &p = (*this)[part];
      if (w.lo >= 0 && p.lo >= 0 && p.hi < by) return whole;
      if (w.lo >= 0 && p.lo >= 0 && !even.empty()) return add(whole, divide(part, b));
    }
  }
  Value v{Op::kDiv, 0, a, b, {}, 0, 0};
  const Bounds range = bounds(v, {(*this)[a].lo, (*this)[a].hi}, {(*this)[b].lo, (*this)[b].hi});
  v.lo = range.lo;
  v.hi = range.hi;
  return intern(std::move(v));
}

ValueId Values::remainder(ValueId a, ValueId b) {
  const Value &x = (*this)[a], &y = (*this)[b];
  if (is_const(b, 1)) return constant(0);
  if (x.lo >= 0 && y.lo > 0 && x.hi < y.lo) return a;
  Value v{Op::kRem, 0, a, b, {}, 0, 0};
  const Bounds range = bounds(v, {x.lo, x.hi}, {y.lo, y.hi});
  v.lo = range.lo;
  v.hi = range.hi;
  return intern(std::move(v));
}

bool Values::less_equal(ValueId a, ValueId b, int depth) {
  if (a == b || (*this)[a].hi <= (*this)[b].lo) return true;
  if (depth == 0) return false;
  const Value x = (*this)[a], y = (*this)[b];
  if (x.op == Op::kMin) return less_equal(x.a, b, depth - 1) || less_equal(x.b, b, depth - 1);
  if (y.op == Op::kMax) {
    if (less_equal(a, y.a, depth - 1) || less_equal(a, y.b, depth - 1)) return true;
  }
  if (x.op == Op::kMax) return less_equal(x.a, b, depth - 1) && less_equal(x.b, b, depth - 1);
  if (y.op == Op::kMin) return less_equal(a, y.a, depth - 1) && less_equal(a, y.b, depth - 1);
  if (x.op == Op::kSum) {
    // Put one minimum or maximum inside the sum: min(p, q) + r is at most p + r and at most q + r.
    for (const Term& term : x.terms) {
      const Value part = (*this)[term.id];
      if (term.factor != 1 || (part.op != Op::kMin && part.op != Op::kMax)) continue;
      const ValueId others = add(a, scale(term.id, -1));
      const bool first = less_equal(add(others, part.a), b, depth - 1);
      const bool second = less_equal(add(others, part.b), b, depth - 1);
      if (part.op == Op::kMin ? (first || second) : (first && second)) return true;
    }
  }
  const ValueId difference = add(b, scale(a, -1));
  return (*this)[difference].lo >= 0 && (*this)[difference].lo > -kFar;
}

ValueId Values::smaller(ValueId a, ValueId b) {
  if (less_equal(a, b)) return a;
  if (less_equal(b, a)) return b;
  // min(c, min(d, x)) needs the smaller constant only.
  for (const auto& [one, other] : {std::pair{a, b}, std::pair{b, a}}) {
    const Value v = (*this)[other];
    if (!is_const(one) || v.op != Op::kMin) continue;
    if (is_const(v.a) && (*this)[v.a].imm >= (*this)[one].imm) return smaller(one, v.b);
    if (is_const(v.b) && (*this)[v.b].imm >= (*this)[one].imm) return smaller(one, v.a);
  }
  Value v{Op::kMin, 0, std::min(a, b), std::max(a, b), {}, 0, 0};
  v.lo = std::min((*this)[a].lo, (*this)[b].lo);
  v.hi = std::min((*this)[a].hi, (*this)[b].hi);
  return intern(std::move(v));
}

ValueId Values::larger(ValueId a, ValueId b) {
  if (less_equal(a, b)) return b;
  if (less_equal(b, a)) return a;
  Value v{Op::kMax, 0, std::min(a, b), std::max(a, b), {}, 0, 0};
  v.lo = std::max((*this)[a].lo, (*this)[b].lo);
  v.hi = std::max((*this)[a].hi, (*this)[b].hi);
  return intern(std::move(v));
}

ValueId Values::compare(Compare how, ValueId a, ValueId b) {
  const Value &x = (*this)[a], &y = (*this)[b];
  if (how == Compare::kLt || how == Compare::kGe) {
    if (x.hi < y.lo) return constant(how == Compare::kLt);
    if (x.lo >= y.hi) return constant(how == Compare::kGe);
  }
  if (how == Compare::kLe || how == Compare::kGt) {
    if (x.hi <= y.lo) return constant(how == Compare::kLe);
    if (x.lo > y.hi) return constant(how == Compare::kGt);
  }
  return intern({Op::kCompare, static_cast<int64_t>(how), a, b, {}, 0, 1});
}

ValueId Values::binary(Op op, int64_t imm, ValueId a, ValueId b) {
  if (is_const(a) && (b < 0 || is_const(b))) {
    int64_t result = 0;
    if (fold(op, imm, (*this)[a].imm, b < 0 ? 0 : (*this)[b].imm, &result)) {
      return constant(result);
    }
  }
  switch (op) {
    case Op::kAdd:
      return add(a, b);
    case Op::kMul:
      return mul(a, b);
    case Op::kDiv:
      return divide(a, b);
    case Op::kRem:
      return remainder(a, b);
    case Op::kMin:
      return smaller(a, b);
    case Op::kMax:
      return larger(a, b);
    case Op::kCompare:
      return compare(static_cast<Compare>(imm), a, b);
    default:
      break;
  }
  const Value& x = (*this)[a];
  const Bounds second = b < 0 ? Bounds{0, 0} : Bounds{(*this)[b].lo, (*this)[b].hi};
  Value v{op, imm, a, b, {}, 0, 0};
  const Bounds range = bounds(v, {x.lo, x.hi}, second);
  v.lo = range.lo;
  v.hi = range.hi;
  return intern(std::move(v));
}

}  // namespace npu::kit
