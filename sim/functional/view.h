// One operand of a command as bytes in a memory: the form in which validate, footprint and the
// overlap rule see all operands alike. Private to sim/functional.
#pragma once

#include <optional>

#include "isa/fault.h"
#include "sim/functional/footprint.h"
#include "sim/functional/state.h"

namespace npu::detail {

// `planes` planes of `rows` runs of `row_bytes` bytes. A fractal operand is a view whose rows are
// columns of tiles. With `tail_rows` the last run of every plane is only partly used: `tail_rows`
// runs of `tail_bytes`, `tail_pitch` apart.
struct View {
  const char* name = "";  // of the operand, for messages
  Mem mem{};
  int core = 0;  // that owns the memory
  bool write = false;
  bool may_repeat = false;  // rows may overlap each other: sources in GM
  uint64_t base = 0;
  uint64_t rows = 0;
  uint64_t row_bytes = 0;
  uint64_t pitch = 0;
  uint64_t planes = 1;
  uint64_t plane_pitch = 0;
  uint64_t address_align = 1;
  uint64_t pitch_align = 1;
  uint64_t tail_rows = 0;
  uint64_t tail_bytes = 0;
  uint64_t tail_pitch = 0;
};

// The i32 list a command takes its row numbers (or element numbers) from, and what they select.
struct IndexedRows {
  View list;                   // rows x row_bytes / 4 entries
  Mem table_mem{};             // memory of the table
  int table_core = 0;          // that owns it
  uint64_t table = 0;          // address of row 0
  uint64_t pitch = 0;          // bytes from row to row
  uint64_t row_bytes = 0;      // bytes taken from a row
  bool write = false;          // the rows are written
  bool read = true;            // the rows are read
  bool skip_negative = false;  // negative entries select nothing; otherwise they are a fault
  uint64_t count = 0;          // rows of the table; 0 in GM: to the end of the allocation
};

struct Operands {
  InlineVector<View, 8> views;
  bool in_place = true;  // a destination may be the same view as a source
  std::optional<IndexedRows> indexed;

  void add(const View& view) { views.add(view); }
};

Fault fault(FaultCode code, std::string detail);
std::string hex(uint64_t value);

// "0x1000, 4 rows of 64 bytes, pitch 128"
std::string describe(const View& view);

// Alignment, overlap of its own rows and bounds of one view with no zero extent.
std::optional<Fault> check_view(const Place& place, const View& view);

// True if the two views share a byte. Both have one plane.
bool overlap(const View& a, const View& b);

// True if the two are the same bytes in the same order.
bool coincide(const View& a, const View& b);

// The regions of a view, one or two a plane.
void visit_regions(const View& view, const std::function<void(const Region&)>& visit);

// Entry i of a list with real contents.
int32_t list_entry(const Place& place, const View& list, uint64_t i);

// True if the entries of the list can be read.
bool list_known(const Place& place, const View& list);

}  // namespace npu::detail
