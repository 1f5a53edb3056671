#include "sim/functional/footprint.h"

#include "sim/functional/operands.h"

namespace npu {

namespace {

using namespace detail;
using Visit = std::function<void(const Region&)>;

Region row_region(const IndexedRows& indexed, uint64_t row, bool write) {
  return {indexed.table_mem,
          indexed.table_core,
          indexed.table + row * indexed.pitch,
          1,
          indexed.row_bytes,
          static_cast<int64_t>(indexed.row_bytes),
          write};
}

void visit_rows(const Place& place, const IndexedRows& indexed, const Visit& visit) {
  if (!list_known(place, indexed.list)) {
    Region table = row_region(indexed, 0, indexed.write);
    table.rows = indexed.count;
    table.pitch = static_cast<int64_t>(indexed.pitch);
    if (table.rows > 0) visit(table);
    return;
  }
  const uint64_t entries = indexed.list.rows * indexed.list.row_bytes / sizeof(int32_t);
  for (uint64_t i = 0; i < entries; ++i) {
    const int32_t index = list_entry(place, indexed.list, i);
    if (index < 0) continue;
    const auto row = static_cast<uint64_t>(index);
    if (indexed.read) visit(row_region(indexed, row, false));
    if (indexed.write) visit(row_region(indexed, row, true));
  }
}

template <class C>
void visit_command(const Place& place, const C& c, const Visit& visit) {
  if (is_empty(c)) return;
  const Operands all = operands(place, c);
  for (const View& view : all.views) {
    if (!view.write) visit_regions(view, visit);
  }
  if (all.indexed) visit_rows(place, *all.indexed, visit);
  for (const View& view : all.views) {
    if (view.write) visit_regions(view, visit);
  }
}

}  // namespace

Footprint footprint(const Place& place, const Command& command) {
  Footprint result;
  visit_footprint(place, command, [&](const Region& region) { result.add(region); });
  return result;
}

void visit_footprint(const Place& place, const Command& command, const Visit& visit) {
  std::visit([&](const auto& c) { visit_command(place, c, visit); }, command);
}

}  // namespace npu
