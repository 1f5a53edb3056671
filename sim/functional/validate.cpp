#include "sim/functional/validate.h"

#include <algorithm>

#include "sim/functional/operands.h"
#include "sim/functional/rules.h"

namespace npu {

namespace {

using namespace detail;

constexpr uint64_t kMaxExtent = uint64_t{1} << 24;
constexpr uint64_t kMaxPitch = uint64_t{1} << 40;

bool unit_on_core(Unit unit, bool on_cube) {
  switch (unit) {
    case Unit::kSequencer:
    case Unit::kLoad:
      return true;
    case Unit::kFeed:
    case Unit::kCube:
    case Unit::kDrain:
      return on_cube;
    case Unit::kVector:
    case Unit::kStore:
      return !on_cube;
  }
  return false;
}

template <class C>
Verdict check_extents(const C& c) {
  Verdict verdict;
  const auto check = [&](const char* name, uint64_t extent) {
    if (!verdict && extent > kMaxExtent) {
      verdict = bad(std::string(name) + " = " + std::to_string(extent) + " is more than " +
                    std::to_string(kMaxExtent));
    }
  };
  visit_extents(c, check);
  if constexpr (requires { c.planes; }) check("planes", c.planes);
  return verdict;
}

Verdict check_field(Type type) {
  if (is_type(type)) return std::nullopt;
  return bad("code " + std::to_string(static_cast<int>(type)) + " names no type");
}
Verdict check_field(Source source) {
  if (source <= Source::kScalar) return std::nullopt;
  return bad("code " + std::to_string(static_cast<int>(source)) + " names no source shape");
}
template <class T>
Verdict check_field(const T&) {
  return std::nullopt;
}

template <class C>
Verdict check_fields(const C& c) {
  Verdict verdict;
  const auto check = [&](const auto& field) {
    if (!verdict) verdict = check_field(c.*(field.member));
  };
  std::apply([&](const auto&... field) { (check(field), ...); }, C::fields());
  return verdict;
}

// The table of an indexed command in a local memory; GM tables are known row by row only.
std::optional<View> table_view(const Operands& operands) {
  if (!operands.indexed || operands.indexed->table_mem == Mem::kGm) return std::nullopt;
  const IndexedRows& indexed = *operands.indexed;
  if (indexed.count == 0) return std::nullopt;
  View view = indexed.list;
  view.name = indexed.write ? "d" : "a";
  view.base = indexed.table;
  view.rows = indexed.count;
  view.row_bytes = indexed.row_bytes;
  view.pitch = indexed.pitch;
  return view;
}

Verdict check_table(const Place& place, const Operands& operands, uint64_t align) {
  if (operands.indexed && operands.indexed->pitch > kMaxPitch) {
    return bad("a pitch of " + std::to_string(operands.indexed->pitch) + " bytes is too large");
  }
  auto view = table_view(operands);
  if (!view) return std::nullopt;
  view->address_align = view->pitch_align = align;
  return check_view(place, *view);
}

Verdict check_pair(const View& target, const View& other, bool in_place) {
  if (!overlap(target, other) || (in_place && !other.write && coincide(target, other))) {
    return std::nullopt;
  }
  return bad(std::string(target.name) + " " + describe(target) + " overlaps " + other.name + " " +
             describe(other));
}

// Destinations in local memories lie apart from everything else.
Verdict check_overlap(const Operands& operands) {
  const auto& views = operands.views;
  for (size_t i = 0; i < views.size(); ++i) {
    if (!views[i].write || views[i].mem == Mem::kGm) continue;
    for (size_t j = 0; j < views.size(); ++j) {
      if (j == i || (views[j].write && j < i)) continue;
      if (auto wrong = check_pair(views[i], views[j], operands.in_place)) return wrong;
    }
  }
  const auto table = table_view(operands);
  if (!table) return std::nullopt;
  for (const View& view : views) {
    if (!view.write && !operands.indexed->write) continue;
    if (auto wrong = check_pair(*table, view, false)) return wrong;
  }
  return std::nullopt;
}

template <class C>
uint64_t element_bytes(const C& c) {
  if constexpr (requires { c.type; }) return static_cast<uint64_t>(std::max(bytes_of(c.type), 1));
  return 1;
}

template <class C>
Verdict check(const Place& place, const C& c) {
  if (!unit_on_core(unit_of(c), place.on_cube())) {
    return fault(FaultCode::kIllegalInstruction,
                 std::string("a ") + (place.on_cube() ? "cube" : "vector") +
                     " core has no unit for " + std::string(C::info.name));
  }
  if (auto wrong = check_fields(c)) return wrong;
  if (auto wrong = rules(place, c)) return wrong;
  if (is_empty(c)) return std::nullopt;
  if (auto wrong = check_extents(c)) return wrong;
  const Operands all = operands(place, c);
  for (const View& view : all.views) {
    if (auto wrong = check_view(place, view)) return wrong;
  }
  if (auto wrong = check_table(place, all, element_bytes(c))) return wrong;
  return check_overlap(all);
}

// Row `index` of the table lies inside its memory.
Verdict check_row(const IndexedRows& indexed, uint64_t i, int64_t index, const Allocation* table) {
  const auto wrong = [&](const std::string& where) {
    return fault(FaultCode::kOutOfBounds, "entry " + std::to_string(i) + " of the list is " +
                                              std::to_string(index) + ", " + where);
  };
  if (index < 0) return wrong("which selects no row");
  const auto row = static_cast<uint64_t>(index);
  if (indexed.table_mem != Mem::kGm) {
    if (row < indexed.count) return std::nullopt;
    return wrong("the table has " + std::to_string(indexed.count));
  }
  if (table == nullptr) {
    return wrong("the table at " + hex(indexed.table) + " is outside every allocation of gm");
  }
  uint64_t at = 0;
  if (!__builtin_mul_overflow(row, indexed.pitch, &at) &&
      !__builtin_add_overflow(at, indexed.table - table->base, &at) && at <= table->bytes &&
      indexed.row_bytes <= table->bytes - at) {
    return std::nullopt;
  }
  return wrong("behind the end of '" + table->name + "', " + std::to_string(table->bytes) +
               " bytes");
}

Verdict check_alignment(const Place& place, const IndexedRows& indexed, uint64_t align) {
  if (indexed.table_mem != Mem::kGm) return std::nullopt;
  const uint64_t wanted = std::max(align, static_cast<uint64_t>(place.limits.gm_align));
  if (indexed.table % wanted == 0 && indexed.pitch % wanted == 0) return std::nullopt;
  return fault(FaultCode::kMisaligned, "the table at " + hex(indexed.table) + ", pitch " +
                                           std::to_string(indexed.pitch) +
                                           ", is not at multiples of " + std::to_string(wanted));
}

template <class C>
Verdict check_indices(const Place& place, const C& c) {
  if (is_empty(c)) return std::nullopt;
  const Operands all = operands(place, c);
  if (!all.indexed) return std::nullopt;
  const IndexedRows& indexed = *all.indexed;
  if (auto wrong =
          check_alignment(place, indexed, indexed.write && indexed.read ? element_bytes(c) : 1)) {
    return wrong;
  }
  if (!list_known(place, indexed.list)) {
    if (indexed.table_mem != Mem::kGm) return std::nullopt;
    const Allocation* holder =
        indexed.list.mem == Mem::kGm ? place.gm.find(indexed.list.base) : nullptr;
    return fault(FaultCode::kUnknownValue,
                 holder != nullptr
                     ? "the list is in '" + holder->name + "', data that timing-only does not hold"
                     : std::string("the list is in ") + mem_name(indexed.list.mem) +
                           ", which timing-only does not compute");
  }
  const Allocation* table = indexed.table_mem == Mem::kGm ? place.gm.find(indexed.table) : nullptr;
  const uint64_t entries = indexed.list.rows * indexed.list.row_bytes / sizeof(int32_t);
  for (uint64_t i = 0; i < entries; ++i) {
    const int32_t index = list_entry(place, indexed.list, i);
    if (index < 0 && indexed.skip_negative) continue;
    if (auto wrong = check_row(indexed, i, index, table)) return wrong;
  }
  return std::nullopt;
}

template <class C, class R>
constexpr bool kReadsIndices = std::is_same_v<C, LoadRows<R>> || std::is_same_v<C, StoreRows<R>> ||
                               std::is_same_v<C, Vgather<R>> || std::is_same_v<C, VgatherRows<R>> ||
                               std::is_same_v<C, Vscatter<R>>;

}  // namespace

std::optional<Fault> validate(const Place& place, const Command& command) {
  return std::visit([&](const auto& c) { return check(place, c); }, command);
}

std::optional<Fault> validate_indices(const Place& place, const Command& command) {
  return std::visit(
      [&](const auto& c) -> Verdict {
        if constexpr (kReadsIndices<std::decay_t<decltype(c)>, Value>) {
          return check_indices(place, c);
        } else {
          return std::nullopt;
        }
      },
      command);
}

bool reads_indices(const Instruction& instruction) {
  return std::visit([](const auto& i) { return kReadsIndices<std::decay_t<decltype(i)>, Reg>; },
                    instruction);
}

std::optional<Fault> validate_scalar(const Place& place, Mem mem, uint64_t address, int bytes) {
  if (mem != Mem::kGm && (mem != Mem::kUb || place.on_cube())) {
    return fault(FaultCode::kMissingPath, std::string("the sequencer of a ") +
                                              (place.on_cube() ? "cube" : "vector") +
                                              " core does not reach " + mem_name(mem));
  }
  View view;
  view.name = "address";
  view.mem = mem;
  view.core = place.core;
  view.base = address;
  view.rows = 1;
  view.row_bytes = view.address_align = static_cast<uint64_t>(bytes);
  return check_view(place, view);
}

}  // namespace npu
