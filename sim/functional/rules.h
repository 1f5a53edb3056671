// What each command allows of types, layouts, modes and paths, apart from addresses and extents.
// One overload a command or family; see validate.h for the order of tests. Private to
// sim/functional.
#pragma once

#include <initializer_list>

#include "isa/instructions/instruction.h"
#include "sim/functional/view.h"

namespace npu::detail {

using Verdict = std::optional<Fault>;

class TypeSet {
 public:
  constexpr TypeSet(std::initializer_list<Type> types) {
    for (Type type : types) bits_ |= 1u << static_cast<int>(type);
  }
  constexpr bool has(Type type) const { return (bits_ >> static_cast<int>(type) & 1) != 0; }
  constexpr TypeSet operator|(TypeSet other) const {
    TypeSet both{};
    both.bits_ = bits_ | other.bits_;
    return both;
  }
  std::string names() const;

 private:
  uint32_t bits_ = 0;
};

inline constexpr TypeSet kFloats = {Type::kF32, Type::kF16, Type::kBf16};
inline constexpr TypeSet kIntegers = {Type::kI32, Type::kI16, Type::kU32};
inline constexpr TypeSet kBitTypes = {Type::kI32, Type::kI16, Type::kI8, Type::kU32, Type::kU8};
// Whole bytes: what can be moved without looking at it.
inline constexpr TypeSet kByteTypes = {Type::kF32,  Type::kTf32, Type::kF16,  Type::kBf16,
                                       Type::kE4m3, Type::kE5m2, Type::kE8m0, Type::kI32,
                                       Type::kI16,  Type::kI8,   Type::kU32,  Type::kU8};

// Element types of a vector operation by its tag.
constexpr TypeSet types_of(VcopyOp) { return kByteTypes; }
constexpr TypeSet types_of(VabsOp) { return kFloats; }
constexpr TypeSet types_of(VnegOp) { return kFloats; }
constexpr TypeSet types_of(VreluOp) { return kFloats; }
constexpr TypeSet types_of(VexpOp) { return kFloats; }
constexpr TypeSet types_of(VlnOp) { return kFloats; }
constexpr TypeSet types_of(VsqrtOp) { return kFloats; }
constexpr TypeSet types_of(VrsqrtOp) { return kFloats; }
constexpr TypeSet types_of(VrecOp) { return kFloats; }
constexpr TypeSet types_of(VnotOp) { return kBitTypes; }
constexpr TypeSet types_of(VhashOp) { return {Type::kU32}; }
constexpr TypeSet types_of(VaddOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VsubOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VmulOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VdivOp) { return kFloats; }
constexpr TypeSet types_of(VmaxOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VminOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VandOp) { return kBitTypes; }
constexpr TypeSet types_of(VorOp) { return kBitTypes; }
constexpr TypeSet types_of(VxorOp) { return kBitTypes; }
constexpr TypeSet types_of(VshlOp) { return kBitTypes; }
constexpr TypeSet types_of(VshrOp) { return kBitTypes; }
constexpr TypeSet types_of(VrowSumOp) { return kFloats | TypeSet{Type::kI32}; }
constexpr TypeSet types_of(VrowMaxOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VrowMinOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VrowAbsmaxOp) { return kFloats; }
constexpr TypeSet types_of(VrowArgmaxOp) { return kFloats | TypeSet{Type::kI32}; }
constexpr TypeSet types_of(VcolSumOp) { return kFloats | TypeSet{Type::kI32}; }
constexpr TypeSet types_of(VcolMaxOp) { return kFloats | kIntegers; }
constexpr TypeSet types_of(VtransposeOp) { return kByteTypes; }
constexpr TypeSet types_of(VzipOp) { return kByteTypes; }
constexpr TypeSet types_of(VunzipOp) { return kByteTypes; }
constexpr TypeSet types_of(VgatherOp) { return kByteTypes; }
constexpr TypeSet types_of(VgatherRowsOp) { return kByteTypes; }
constexpr TypeSet types_of(VscatterOp) { return kByteTypes; }
constexpr TypeSet types_of(VcompressOp) { return kByteTypes; }
constexpr TypeSet types_of(VsortOp) { return {Type::kF32, Type::kI32}; }
constexpr TypeSet types_of(VmergeOp) { return {Type::kF32, Type::kI32}; }
constexpr TypeSet types_of(VhistogramOp) { return {Type::kI32, Type::kU8}; }

inline constexpr TypeSet kCompareTypes = kFloats | kBitTypes;
inline constexpr TypeSet kScanTypes = kFloats | TypeSet{Type::kI32};

// Operations that only move elements work on types that the machine's vector arithmetic lacks.
template <class Op>
inline constexpr bool kMovesOnly =
    std::is_same_v<Op, VcopyOp> || std::is_same_v<Op, VtransposeOp> || std::is_same_v<Op, VzipOp> ||
    std::is_same_v<Op, VunzipOp> || std::is_same_v<Op, VgatherOp> ||
    std::is_same_v<Op, VgatherRowsOp> || std::is_same_v<Op, VscatterOp> ||
    std::is_same_v<Op, VcompressOp>;

Fault bad(std::string detail);

// The type is one of `allowed`.
Verdict check_type(Type type, TypeSet allowed);
// The same, and a float is one that the machine computes with.
Verdict check_arithmetic(const Limits& limits, Type type, TypeSet allowed);

Verdict rules(const Place& place, const Set<Value>& command);
Verdict rules(const Place& place, const Wait<Value>& command);
Verdict rules(const Place& place, const SetWord<Value>& command);
Verdict rules(const Place& place, const WaitWord<Value>& command);
Verdict rules(const Place& place, const Load<Value>& command);
Verdict rules(const Place& place, const LoadRows<Value>& command);
Verdict rules(const Place& place, const Fill<Value>& command);
Verdict rules(const Place& place, const Feed<Value>& command);
Verdict rules(const Place& place, const FeedScale<Value>& command);
Verdict rules(const Place& place, const FeedBias<Value>& command);
Verdict rules(const Place& place, const FeedTable<Value>& command);
Verdict rules(const Place& place, const Drain<Value>& command);
Verdict rules(const Place& place, const Store<Value>& command);
Verdict rules(const Place& place, const StoreRows<Value>& command);
Verdict rules(const Place& place, const Mma<Value>& command);
Verdict rules(const Place& place, const MmaScaled<Value>& command);
Verdict rules(const Place& place, const Vfma<Value>& command);
Verdict rules(const Place& place, const Vcmp<Value>& command);
Verdict rules(const Place& place, const Vselect<Value>& command);
Verdict rules(const Place& place, const Vband<Value>& command);
Verdict rules(const Place& place, const Vscan<Value>& command);
Verdict rules(const Place& place, const Viota<Value>& command);
Verdict rules(const Place& place, const Vconvert<Value>& command);
Verdict rules(const Place& place, const Vcount<Value>& command);

template <class Op>
Verdict op_rules(const Place& place, Op, Type type) {
  if constexpr (kMovesOnly<Op>) {
    return check_type(type, types_of(Op{}));
  } else {
    return check_arithmetic(place.limits, type, types_of(Op{}));
  }
}

template <class Op>
Verdict rules(const Place& place, const VectorUnary<Value, Op>& c) {
  return op_rules(place, Op{}, c.type);
}
template <class Op>
Verdict rules(const Place& place, const VectorBinary<Value, Op>& c) {
  return op_rules(place, Op{}, c.type);
}
template <class Op>
Verdict rules(const Place& place, const VectorReduce<Value, Op>& c) {
  return op_rules(place, Op{}, c.type);
}
template <class Op>
Verdict rules(const Place& place, const VectorShuffle<Value, Op>& c) {
  return op_rules(place, Op{}, c.type);
}

}  // namespace npu::detail
