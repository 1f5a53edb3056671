#include "kernels/kit/verb.h"

#include "isa/errors.h"

namespace npu::kit {

const char* mem_name(Mem mem) {
  constexpr const char* kNames[kMems] = {"GM", "L1", "L0A", "L0B", "L0C", "UB", "bias", "table"};
  return kNames[static_cast<size_t>(mem)];
}

Verb::Verb(Recorder* r, std::string name, Where at)
    : recorder(*r), name_(std::move(name)), at_(at) {
  recorder.where = at;
}

void Verb::fail(const std::string& problem) const { recorder.fail(at_, name_ + ": " + problem); }

TileInfo Verb::take(const Src& src) {
  TileInfo tile;
  if (const Tile* given = std::get_if<Tile>(&src.value())) {
    tile = given->info();
  } else {
    const Lease& lease = std::get<Lease>(src.value());
    int id = recorder.begin_lease(lease, at_);
    if (recorder.lands(lease)) {
      const RingInfo& ring = recorder.rings[static_cast<size_t>(lease.ring)];
      if (ring.piece * recorder.limits.vectors != ring.shape[0]->capacity() &&
          ring.dir == Dir::kToVector) {
        fail("link " + ring.name + " arrives in pieces of " + std::to_string(ring.piece) +
             " rows; take it with pieces()");
      }
      recorder.land(id, 0, at_);
      const int landed = recorder.begin_landed(id, 0, at_);
      recorder.end_lease(id);
      id = landed;
    }
    taken_.push_back(id);
    tile = recorder.slot(id);
  }
  if (tile.lease >= 0) {
    if (!recorder.leases[static_cast<size_t>(tile.lease)].open) {
      fail("the slot of " + tile.name + " is used after its lease has ended");
    }
    statement_.leases.push_back(tile.lease);
  }
  if (tile.buffer >= 0) statement_.buffers.push_back(tile.buffer);
  if (statement_.text.empty()) statement_.text = name_ + " " + tile.name;
  tile.rows = recorder.now(tile.rows);
  tile.cols = recorder.now(tile.cols);
  return tile;
}

Reg Verb::reg(const Int& value) {
  const Int current = recorder.now(value);
  if (is_const(current.expr(), 0)) return Reg{};
  statement_.operands.push_back(current.expr());
  return Reg{static_cast<uint8_t>(statement_.operands.size())};
}

void Verb::wrote(const TileInfo& tile, const Int& rows, const Int& cols) {
  if (tile.lease < 0) return;
  LeaseInfo& lease = recorder.leases[static_cast<size_t>(tile.lease)];
  if (lease.end != End::kPush) return;
  // Only what is certain to be the slot's content: one whole write, not in a loop or condition.
  const bool certain = tile.whole && lease.scope == recorder.scope();
  if (certain) {
    lease.content = Content{rows, cols, lease.scope};
  } else if (!lease.content) {
    lease.content = Content{0, 0, -1};
  }
}

void Verb::issue(const Instruction& instruction, Core core, Unit unit) {
  statement_.instruction = instruction;
  statement_.core = core;
  statement_.unit = unit;
  recorder.append({std::move(statement_), at_});
  for (const int lease : taken_) recorder.end_lease(lease);
}

void Verb::need(const TileInfo& tile, const char* role, std::initializer_list<Mem> allowed) const {
  std::string list;
  for (const Mem mem : allowed) {
    if (tile.mem == mem) return;
    list += (list.empty() ? "" : " or ") + std::string(mem_name(mem));
  }
  fail(std::string(role) + " " + tile.name + " lies in " + mem_name(tile.mem) +
       "; allowed: " + list);
}

void Verb::need_same_type(Type a, Type b) const {
  if (a == b) return;
  fail(std::string("cannot convert ") + type_name(a) + " to " + type_name(b) +
       "; both sides need the same type");
}

GmMatrix meet(const ViewInfo& view, const TileInfo& slot, bool column) {
  const TensorInfo& tensor = *view.tensor;
  const bool flat = tensor.dims.size() == 1;
  const int64_t parts = view.shared ? slot.recorder->limits.vectors : 1;
  // A flat tensor is one row, or one column where the slot is one.
  const Int rows = flat ? (column ? tensor.dims[0] : Int(1)) : tensor.dims[0];
  const Int cols = flat ? (column ? Int(1) : tensor.dims[0]) : tensor.dims[1];
  const Int row_stride = flat ? Int(1) : tensor.strides[0];
  Int row = view.row, col = view.col;
  if (flat && column) std::swap(row, col);
  if (view.kind == ViewInfo::Kind::kTile) {
    row = row * (slot.max_rows * parts);
    col = col * slot.max_cols;
  }
  if (view.shared) row = row + slot.recorder->csr(Csr::kVector) * slot.max_rows;
  GmMatrix result;
  const int bits = bits_of(tensor.type);
  const auto bytes = [&](const Int& elements) {
    return bits >= 8 ? elements * (bits / 8) : elements / (8 / bits);
  };
  if (tensor.tiled) {
    const Limits& limits = slot.recorder->limits;
    result.tiled = true;
    result.pitch = tensor.dims[0] * limits.fractal_row_bytes;
    result.address = Int(tensor.base) + bytes(tensor.offset) +
                     col / limits.fractal_cols(tensor.type) * result.pitch +
                     row * limits.fractal_row_bytes;
  } else {
    result.pitch = bytes(row_stride);
    result.address =
        Int(tensor.base) + bytes(tensor.offset + row * row_stride + col * tensor.strides.back());
  }
  result.rows = max(0, rows - row);
  result.cols = max(0, cols - col);
  result.one_run = is_const(row_stride.expr(), 1);
  result.type = tensor.type;
  result.name = tensor.name;
  result.parameter = tensor.parameter;
  return result;
}

}  // namespace npu::kit
