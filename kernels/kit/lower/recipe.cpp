#include "kernels/kit/lower/recipe.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "isa/errors.h"

namespace npu::kit {
namespace {

using Kind = Recipe::Kind;

bool fits(int64_t value) {
  return value >= std::numeric_limits<int32_t>::min() &&
         value <= std::numeric_limits<int32_t>::max();
}

int log2_of(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  return value > 0 && std::has_single_bit(bits) ? std::countr_zero(bits) : -1;
}

// Sums are built from the parts that change least often, so that each partial sum can be computed
// where it last changes.
Recipe sum_recipe(Resolver& resolver, const Value& sum) {
  Values& values = resolver.values;
  if (!fits(sum.imm)) {
    return {Kind::kAdd, values.sum(sum.terms, 0), values.constant(sum.imm)};
  }
  std::vector<Term> terms = sum.terms;
  if (terms.size() == 1) {
    const Term term = terms[0];
    if (term.factor == 1) return {Kind::kAdd, term.id, -1, sum.imm};
    if (term.factor == -1) return {Kind::kSub, -1, term.id, -sum.imm};
    if (sum.imm != 0) return {Kind::kAdd, values.sum({term}, 0), -1, sum.imm};
    if (const int shift = log2_of(term.factor); shift >= 0) {
      return {Kind::kShl, term.id, -1, shift};
    }
    if (fits(term.factor)) return {Kind::kMul, term.id, -1, term.factor};
    return {Kind::kMul, term.id, values.constant(term.factor)};
  }
  const auto rank = [&](const Term& term) {
    const Place place = resolver.ready(term.id);
    const int depth = resolver.scopes[static_cast<size_t>(place.scope)].depth;
    return std::tuple(depth, term.factor < 0, place.stamp, term.id);
  };
  std::sort(terms.begin(), terms.end(),
            [&](const Term& x, const Term& y) { return rank(x) < rank(y); });
  const Term last = terms.back();
  terms.pop_back();
  const ValueId rest = values.sum(terms, 0);
  if (last.factor == -1) return {Kind::kSub, rest, last.id, -sum.imm};
  return {Kind::kAdd, rest, values.sum({last}, 0), sum.imm};
}

Kind kind_of(Op op) {
  switch (op) {
    case Op::kMul:
      return Kind::kMul;
    case Op::kDiv:
      return Kind::kDiv;
    case Op::kRem:
      return Kind::kRem;
    case Op::kMin:
      return Kind::kMin;
    case Op::kMax:
      return Kind::kMax;
    case Op::kAnd:
      return Kind::kAnd;
    case Op::kOr:
      return Kind::kOr;
    case Op::kXor:
      return Kind::kXor;
    case Op::kCompare:
      return Kind::kCompare;
    case Op::kFadd:
      return Kind::kFadd;
    case Op::kFsub:
      return Kind::kFsub;
    case Op::kFmul:
      return Kind::kFmul;
    case Op::kFdiv:
      return Kind::kFdiv;
    case Op::kToF32:
      return Kind::kToF32;
    default:
      break;
  }
  NPU_ASSERT(op == Op::kToInt);
  return Kind::kToInt;
}

bool is_f32(Kind kind) { return kind >= Kind::kFadd; }

Recipe binary_recipe(const Values& values, const Value& v) {
  ValueId a = v.a, b = v.b;
  Kind kind = kind_of(v.op);
  const bool swaps = v.op == Op::kMul || v.op == Op::kMin || v.op == Op::kMax || v.op == Op::kAnd ||
                     v.op == Op::kOr || v.op == Op::kXor;
  if (swaps && values.is_const(a)) std::swap(a, b);
  Recipe recipe{kind, a, b, 0, static_cast<Compare>(v.imm)};
  if (is_f32(kind) || b < 0 || !values.is_const(b) || !fits(values[b].imm)) return recipe;
  recipe.imm = values[b].imm;
  recipe.b = -1;
  const int shift = log2_of(recipe.imm);
  if (shift < 0 || values[a].lo < 0) return recipe;
  if (kind == Kind::kDiv) {
    recipe.kind = Kind::kSar;
    recipe.imm = shift;
  } else if (kind == Kind::kRem) {
    recipe.kind = Kind::kAnd;
    recipe.imm -= 1;
  }
  return recipe;
}

}  // namespace

bool is_register(const Value& value) {
  return value.op == Op::kClass || value.op == Op::kLoop || value.op == Op::kRead;
}

Recipe recipe_of(Resolver& resolver, ValueId id, int parameters) {
  const Value v = resolver.values[id];
  switch (v.op) {
    case Op::kConst:
      return {Kind::kLi, -1, -1, v.imm};
    case Op::kParameter:
      return {Kind::kParameter, -1, -1, v.imm};
    case Op::kWorkspace:
      return {Kind::kParameter, -1, -1, parameters + v.imm};
    case Op::kCsr:
      return {Kind::kCsr, -1, -1, v.imm};
    case Op::kClass:
    case Op::kLoop:
    case Op::kRead:
      return {Kind::kMove, id};
    case Op::kSum:
      return sum_recipe(resolver, v);
    default:
      return binary_recipe(resolver.values, v);
  }
}

bool may_fault(const Resolver& resolver, ValueId id) {
  const Value& v = resolver.values[id];
  if (v.op != Op::kDiv && v.op != Op::kRem) return false;
  const Value& divisor = resolver.values[v.b];
  return divisor.lo <= 0 && divisor.hi >= 0;
}

}  // namespace npu::kit
