#include "sim/functional/rules.h"

#include <algorithm>

namespace npu::detail {

namespace {

Fault missing(std::string detail) { return fault(FaultCode::kMissingPath, std::move(detail)); }

bool contains(const std::vector<Type>& types, Type type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

Verdict check_even(Type type, uint64_t count) {
  if (bits_of(type) == 4 && count % 2 != 0) {
    return bad(std::to_string(count) + " elements of " + type_name(type) +
               ": 4-bit elements come in pairs");
  }
  return std::nullopt;
}

// Load and fill write the core's own big memory.
Verdict check_own_memory(const Place& place, Mem to, Layout layout) {
  const Mem own = place.on_cube() ? Mem::kL1 : Mem::kUb;
  if (to != own) {
    return missing(std::string("the load unit of a ") + (place.on_cube() ? "cube" : "vector") +
                   " core reaches " + mem_name(own) + ", not " + mem_name(to));
  }
  if (to == Mem::kUb && layout != Layout::kRow) return bad("ub takes row layout only");
  return std::nullopt;
}

Verdict check_atomic(Mem to, Atomic atomic, Type type) {
  if (atomic == Atomic::kNone) return std::nullopt;
  if (atomic != Atomic::kAdd && atomic != Atomic::kMax) return bad("no such atomic");
  if (to != Mem::kGm)
    return bad(std::string("an atomic needs gm as its target, not ") + mem_name(to));
  return check_type(type, {Type::kF32, Type::kF16, Type::kBf16, Type::kI32});
}

Verdict check_drain_types(const Drain<Value>& c) {
  if (auto wrong = check_type(c.from, {Type::kF32, Type::kI32})) return wrong;
  if (c.from == Type::kF32) {
    return check_type(c.type, {Type::kF32, Type::kF16, Type::kBf16, Type::kE4m3, Type::kI8});
  }
  if (auto wrong =
          check_type(c.type, {Type::kI32, Type::kF16, Type::kBf16, Type::kI8, Type::kF32})) {
    return wrong;
  }
  const bool exact = c.type == Type::kI32;
  if (exact && (c.scaling != ScaleMode::kNone || c.activation == Activation::kLeaky)) {
    return bad("i32 to i32 allows neither a scale nor a slope");
  }
  return std::nullopt;
}

Verdict check_drain_modes(const Drain<Value>& c) {
  if (c.activation > Activation::kLeaky) return bad("no such activation");
  if (c.scaling > ScaleMode::kColumn) return bad("no such scaling");
  const bool fractal = c.layout == Layout::kFractal;
  if (c.layout != Layout::kRow && c.layout != Layout::kTransposed && !fractal) {
    return bad("drain lays out as row, fractal or transposed");
  }
  if (fractal && c.to != Mem::kL1) return bad("only l1 takes fractal layout");
  return std::nullopt;
}

Verdict check_split(const Place& place, const Drain<Value>& c) {
  if (c.split == 0) return std::nullopt;
  if (c.to != Mem::kUb) return bad("a split needs ub as its target");
  const auto vectors = static_cast<uint64_t>(place.limits.vectors);
  if (c.rows > 0 && (c.rows - 1) / c.split >= vectors) {
    return bad(std::to_string(c.rows) + " rows, " + std::to_string(c.split) +
               " to a vector core, are more than " + std::to_string(vectors) +
               " vector cores take");
  }
  return std::nullopt;
}

Verdict check_fed(Mem to) {
  if (to == Mem::kL0A || to == Mem::kL0B) return std::nullopt;
  return missing(std::string("feed reaches l0a and l0b, not ") + mem_name(to));
}

Verdict check_scaled(const Place& place) {
  if (place.limits.cube_scaled) return std::nullopt;
  return bad("the cube of " + place.limits.machine + " takes no block scales");
}

Verdict check_multiplies(const Place& place, Type type) {
  if (contains(place.limits.cube_types, type)) return std::nullopt;
  return bad("the cube of " + place.limits.machine + " does not multiply " + type_name(type));
}

Verdict check_flag(uint64_t flag) {
  if (flag < kFlags) return std::nullopt;
  return bad("flag " + std::to_string(flag) + " does not exist; ids are 0 to " +
             std::to_string(kFlags - 1));
}

Verdict check_word(const Place& place, uint64_t address) {
  if (place.gm.find(address) != nullptr && !place.gm.known(address)) {
    return fault(FaultCode::kUnknownValue, "the word at " + hex(address) + " in '" +
                                               place.gm.find(address)->name +
                                               "' is data, which timing-only does not hold");
  }
  return std::nullopt;
}

}  // namespace

std::string TypeSet::names() const {
  std::string names;
  for (int i = 0; i < kTypeCount; ++i) {
    const auto type = static_cast<Type>(i);
    if (has(type)) names += (names.empty() ? "" : " ") + std::string(type_name(type));
  }
  return names;
}

Fault bad(std::string detail) { return fault(FaultCode::kBadOperand, std::move(detail)); }

Verdict check_type(Type type, TypeSet allowed) {
  if (allowed.has(type)) return std::nullopt;
  return bad(std::string("type ") + type_name(type) + " is not one of " + allowed.names());
}

Verdict check_arithmetic(const Limits& limits, Type type, TypeSet allowed) {
  if (auto wrong = check_type(type, allowed)) return wrong;
  if (is_integer(type) || contains(limits.vector_types, type)) return std::nullopt;
  return bad("the vector unit of " + limits.machine + " does not compute in " + type_name(type));
}

Verdict rules(const Place&, const Set<Value>& c) { return check_flag(c.flag); }
Verdict rules(const Place&, const Wait<Value>& c) { return check_flag(c.flag); }
Verdict rules(const Place& place, const SetWord<Value>& c) { return check_word(place, c.address); }
Verdict rules(const Place& place, const WaitWord<Value>& c) { return check_word(place, c.address); }

Verdict rules(const Place& place, const Load<Value>& c) {
  if (auto wrong = check_own_memory(place, c.to, c.layout)) return wrong;
  if (c.layout > Layout::kScale) return bad("load lays out as row, fractal, tiled or scale");
  if (c.layout == Layout::kScale) return check_type(c.type, {Type::kE8m0, Type::kU8});
  return check_even(c.type, c.cols);
}

Verdict rules(const Place& place, const LoadRows<Value>& c) {
  if (auto wrong = check_own_memory(place, c.to, c.layout)) return wrong;
  if (c.layout != Layout::kRow && c.layout != Layout::kFractal) {
    return bad("load_rows lays out as row or fractal");
  }
  if (c.list_in != Mem::kGm && c.list_in != c.to) {
    return missing(std::string("the list may be in gm or ") + mem_name(c.to) + ", not in " +
                   mem_name(c.list_in));
  }
  return check_even(c.type, c.cols);
}

Verdict rules(const Place& place, const Fill<Value>& c) {
  if (auto wrong = check_own_memory(place, c.to, Layout::kRow)) return wrong;
  return check_even(c.type, c.cols);
}

Verdict rules(const Place&, const Feed<Value>& c) {
  if (auto wrong = check_fed(c.to)) return wrong;
  if (c.transpose && bits_of(c.type) < 8) {
    return bad(std::string("feed cannot transpose ") + type_name(c.type));
  }
  if (c.widen) {
    if (auto wrong = check_type(c.type, {Type::kE2m1, Type::kI4})) return wrong;
  }
  return check_even(c.type, c.cols);
}

Verdict rules(const Place& place, const FeedScale<Value>& c) {
  if (auto wrong = check_fed(c.to)) return wrong;
  return check_scaled(place);
}

Verdict rules(const Place&, const FeedBias<Value>& c) {
  return check_type(c.type, {Type::kF32, Type::kI32, Type::kF16, Type::kBf16});
}

Verdict rules(const Place&, const FeedTable<Value>&) { return std::nullopt; }

Verdict rules(const Place& place, const Drain<Value>& c) {
  if (auto wrong = check_drain_types(c)) return wrong;
  if (auto wrong = check_drain_modes(c)) return wrong;
  if (c.to != Mem::kGm && c.to != Mem::kL1 && c.to != Mem::kUb) {
    return missing(std::string("drain reaches gm, l1 and ub, not ") + mem_name(c.to));
  }
  if (c.to == Mem::kUb && !place.limits.l0c_to_ub) {
    return missing(place.limits.machine + " has no path from l0c to ub");
  }
  if (auto wrong = check_atomic(c.to, c.atomic, c.type)) return wrong;
  return check_split(place, c);
}

Verdict rules(const Place& place, const Store<Value>& c) {
  if (c.to != Mem::kGm && c.to != Mem::kL1) {
    return missing(std::string("store reaches gm and l1, not ") + mem_name(c.to));
  }
  if (c.to == Mem::kL1 && !place.limits.ub_to_l1) {
    return missing(place.limits.machine + " has no path from ub to l1");
  }
  if (c.layout != Layout::kRow && c.layout != Layout::kFractal) {
    return bad("store lays out as row or fractal");
  }
  if (c.layout == Layout::kFractal && c.to != Mem::kL1) return bad("only l1 takes fractal layout");
  if (auto wrong = check_atomic(c.to, c.atomic, c.type)) return wrong;
  return check_even(c.type, c.cols);
}

Verdict rules(const Place&, const StoreRows<Value>& c) {
  if (c.list_in != Mem::kGm && c.list_in != Mem::kUb) {
    return missing(std::string("the list may be in gm or ub, not in ") + mem_name(c.list_in));
  }
  if (auto wrong = check_atomic(Mem::kGm, c.atomic, c.type)) return wrong;
  return check_even(c.type, c.cols);
}

Verdict rules(const Place& place, const Mma<Value>& c) {
  if (auto wrong = check_type(c.type, {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16,
                                       Type::kE4m3, Type::kE5m2, Type::kI8, Type::kI4})) {
    return wrong;
  }
  if (auto wrong = check_multiplies(place, c.type)) return wrong;
  return check_even(c.type, c.k);
}

Verdict rules(const Place& place, const MmaScaled<Value>& c) {
  if (auto wrong = check_scaled(place)) return wrong;
  for (const Type type : {c.type_a, c.type_b}) {
    if (auto wrong = check_type(type, {Type::kE4m3, Type::kE5m2, Type::kE2m1})) return wrong;
    if (auto wrong = check_multiplies(place, type)) return wrong;
    if (auto wrong = check_even(type, c.k)) return wrong;
  }
  return std::nullopt;
}

Verdict rules(const Place& place, const Vfma<Value>& c) {
  return check_arithmetic(place.limits, c.type, kFloats);
}

Verdict rules(const Place& place, const Vcmp<Value>& c) {
  const bool is_unsigned = c.cond == Compare::kLtu || c.cond == Compare::kGeu;
  if (is_unsigned && is_float(c.type)) return bad("ltu and geu compare integers");
  return check_arithmetic(place.limits, c.type, kCompareTypes);
}

Verdict rules(const Place&, const Vselect<Value>& c) { return check_type(c.type, kByteTypes); }
Verdict rules(const Place&, const Vband<Value>& c) { return check_type(c.type, kByteTypes); }

Verdict rules(const Place& place, const Vscan<Value>& c) {
  return check_arithmetic(place.limits, c.type, kScanTypes);
}

Verdict rules(const Place&, const Viota<Value>&) { return std::nullopt; }
Verdict rules(const Place&, const Vcount<Value>&) { return std::nullopt; }

Verdict rules(const Place&, const Vconvert<Value>& c) {
  if (bits_of(c.to) >= 8 && bits_of(c.from) >= 8) return std::nullopt;
  if (c.a_is != Source::kTile && c.a_is != Source::kRow) {
    return bad("4-bit elements are converted from and to tiles and rows only");
  }
  return check_even(bits_of(c.to) < 8 ? c.to : c.from, c.cols);
}

}  // namespace npu::detail
