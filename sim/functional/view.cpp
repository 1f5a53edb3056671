#include "sim/functional/view.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace npu::detail {

namespace {

// (count - 1) * pitch + last, or nothing if that passes 64 bits.
std::optional<uint64_t> span_of(uint64_t count, uint64_t pitch, uint64_t last) {
  uint64_t product = 0, sum = 0;
  if (count <= 1) return last;
  if (__builtin_mul_overflow(count - 1, pitch, &product)) return std::nullopt;
  if (__builtin_add_overflow(product, last, &sum)) return std::nullopt;
  return sum;
}

std::optional<uint64_t> extent_of(const View& view) {
  const auto plane = span_of(view.rows, view.pitch, view.row_bytes);
  return plane ? span_of(view.planes, view.plane_pitch, *plane) : std::nullopt;
}

std::optional<Fault> check_alignment(const View& view) {
  const auto misaligned = [&](const char* what, uint64_t value, uint64_t align) {
    return fault(FaultCode::kMisaligned, std::string(view.name) + what + " " + hex(value) + " in " +
                                             mem_name(view.mem) + " is not a multiple of " +
                                             std::to_string(align));
  };
  if (view.base % view.address_align != 0) return misaligned("", view.base, view.address_align);
  if (view.rows > 1 && view.pitch % view.pitch_align != 0) {
    return misaligned("'s pitch", view.pitch, view.pitch_align);
  }
  if (view.planes > 1 && view.plane_pitch % view.address_align != 0) {
    return misaligned("'s plane pitch", view.plane_pitch, view.address_align);
  }
  return std::nullopt;
}

// Planes lie apart, or inside each other's gaps between rows.
bool planes_apart(const View& view, uint64_t plane_bytes) {
  if (view.planes <= 1 || view.plane_pitch >= plane_bytes) return true;
  const auto row_of_planes = span_of(view.planes, view.plane_pitch, view.row_bytes);
  return view.plane_pitch >= view.row_bytes && row_of_planes &&
         (view.rows <= 1 || view.pitch >= *row_of_planes);
}

std::optional<Fault> check_bounds(const Place& place, const View& view) {
  const auto extent = extent_of(view);
  if (view.mem == Mem::kGm) {
    if (extent && place.gm.find(view.base, *extent) != nullptr) return std::nullopt;
    const Allocation* holder = place.gm.find(view.base);
    const std::string where = holder == nullptr ? "is outside every allocation of gm"
                                                : "does not fit into '" + holder->name + "', " +
                                                      std::to_string(holder->bytes) + " bytes at " +
                                                      hex(holder->base);
    return fault(FaultCode::kOutOfBounds,
                 std::string(view.name) + " " + describe(view) + ", " + where);
  }
  const uint64_t size = size_of(place.limits, view.mem, view.core);
  if (extent && view.base <= size && *extent <= size - view.base) return std::nullopt;
  return fault(FaultCode::kOutOfBounds, std::string(view.name) + " " + describe(view) +
                                            ", does not fit into the " + std::to_string(size) +
                                            " bytes of " + mem_name(view.mem));
}

// Whether a row of `rows` meets the bytes [from, to).
bool meets(const View& rows, uint64_t from, uint64_t to) {
  const uint64_t pitch = rows.rows > 1 ? rows.pitch : 1;
  uint64_t row = 0;  // the first that ends behind `from`
  if (from >= rows.base + rows.row_bytes) row = (from - rows.base - rows.row_bytes) / pitch + 1;
  return row < rows.rows && rows.base + row * pitch < to;
}

}  // namespace

Fault fault(FaultCode code, std::string detail) {
  Fault result;
  result.code = code;
  result.detail = std::move(detail);
  return result;
}

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string describe(const View& view) {
  std::string text = hex(view.base) + ", ";
  if (view.planes > 1) {
    text += std::to_string(view.planes) + " planes, pitch " + std::to_string(view.plane_pitch) +
            ", of ";
  }
  text += std::to_string(view.rows) + (view.rows == 1 ? " row of " : " rows of ") +
          std::to_string(view.row_bytes) + " bytes";
  if (view.rows > 1) text += ", pitch " + std::to_string(view.pitch);
  return text;
}

std::optional<Fault> check_view(const Place& place, const View& view) {
  if (auto wrong = check_alignment(view)) return wrong;
  const auto plane = span_of(view.rows, view.pitch, view.row_bytes);
  const bool rows_apart = view.rows <= 1 || view.pitch >= view.row_bytes;
  if (!view.may_repeat && (!rows_apart || (plane && !planes_apart(view, *plane)))) {
    return fault(FaultCode::kBadOperand,
                 std::string(view.name) + " " + describe(view) + ": the rows overlap each other");
  }
  return check_bounds(place, view);
}

bool overlap(const View& a, const View& b) {
  if (a.mem != b.mem || a.core != b.core) return false;
  const uint64_t a_end = a.base + *extent_of(a), b_end = b.base + *extent_of(b);
  if (a_end <= b.base || b_end <= a.base) return false;
  const View& few = a.rows <= b.rows ? a : b;
  const View& many = a.rows <= b.rows ? b : a;
  for (uint64_t row = 0; row < few.rows; ++row) {
    const uint64_t from = few.base + row * few.pitch;
    if (meets(many, from, from + few.row_bytes)) return true;
  }
  return false;
}

bool coincide(const View& a, const View& b) {
  return a.mem == b.mem && a.core == b.core && a.base == b.base && a.rows == b.rows &&
         a.row_bytes == b.row_bytes && (a.rows <= 1 || a.pitch == b.pitch);
}

void visit_regions(const View& view, const std::function<void(const Region&)>& visit) {
  for (uint64_t plane = 0; plane < view.planes; ++plane) {
    const uint64_t base = view.base + plane * view.plane_pitch;
    const uint64_t whole = view.tail_rows > 0 ? view.rows - 1 : view.rows;
    if (whole > 0) {
      const auto pitch = static_cast<int64_t>(whole > 1 ? view.pitch : view.row_bytes);
      visit({view.mem, view.core, base, whole, view.row_bytes, pitch, view.write});
    }
    if (view.tail_rows > 0) {
      visit({view.mem, view.core, base + whole * view.pitch, view.tail_rows, view.tail_bytes,
             static_cast<int64_t>(view.tail_pitch), view.write});
    }
  }
}

bool list_known(const Place& place, const View& list) {
  return list.mem == Mem::kGm ? place.gm.known(list.base) : place.has_data();
}

int32_t list_entry(const Place& place, const View& list, uint64_t i) {
  const uint64_t per_row = list.row_bytes / sizeof(int32_t);
  const uint64_t at = list.base + i / per_row * list.pitch + i % per_row * sizeof(int32_t);
  int32_t entry = 0;
  if (list.mem == Mem::kGm) {
    place.gm.read(at, &entry, sizeof entry);
  } else {
    std::memcpy(&entry, memory_of(place.group, list.mem, list.core).data() + at, sizeof entry);
  }
  return entry;
}

}  // namespace npu::detail
