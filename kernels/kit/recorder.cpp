#include "kernels/kit/recorder.h"

#include <algorithm>
#include <map>

#include "isa/errors.h"

namespace npu::kit {
namespace {

// Where the repository's sources lie, as the compiler names them.
std::string_view source_root() {
  constexpr std::string_view kThis = __FILE__;
  constexpr std::string_view kBelow = "kernels/kit/recorder.cpp";
  return kThis.ends_with(kBelow) ? kThis.substr(0, kThis.size() - kBelow.size())
                                 : std::string_view{};
}

int64_t round_to(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

bool mentions_dim(const Expr& e) {
  if (!e) return false;
  return e->op == Op::kDim || mentions_dim(e->a) || mentions_dim(e->b);
}

}  // namespace

std::string repository_path(const char* file) {
  std::string_view path = file;
  if (path.starts_with(source_root())) path.remove_prefix(source_root().size());
  return std::string(path);
}

ScaleGeometry scale_geometry(const Limits& limits, Mem mem, Type type, const ScaleBlock& block,
                             int64_t rows, int64_t cols) {
  constexpr int64_t kPerScale = 32;  // of K, in L0
  const bool fed = mem != Mem::kL1;
  const auto up = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  ScaleGeometry result;
  result.offset = geometry(limits, mem, type, rows, cols).bytes;
  result.pitch = round_to(fed ? rows : up(rows, block.rows), limits.fractal_rows);
  const int64_t columns = up(cols, fed ? kPerScale : block.cols);
  result.slot_bytes = round_to(result.offset + columns * result.pitch, limits.fractal_bytes());
  return result;
}

Geometry geometry(const Limits& limits, Mem mem, Type type, int64_t rows, int64_t cols) {
  const int64_t tile_rows = limits.fractal_rows;
  const auto row_bytes = static_cast<int64_t>(bytes_of(type, static_cast<size_t>(cols)));
  const auto columns_of = [&](int64_t per_tile) { return (cols + per_tile - 1) / per_tile; };
  switch (mem) {
    case Mem::kL1:
    case Mem::kL0A:
    case Mem::kL0B: {
      const int64_t pitch = round_to(rows, tile_rows) * limits.fractal_row_bytes;
      return {Layout::kFractal, pitch, pitch * columns_of(limits.fractal_cols(type))};
    }
    case Mem::kL0C: {
      const int64_t pitch = round_to(rows, tile_rows) * tile_rows * 4;
      return {Layout::kFractal, pitch, pitch * columns_of(tile_rows)};
    }
    case Mem::kUb: {
      const bool dense = cols == 1 && bits_of(type) >= 8;
      const int64_t pitch = dense ? row_bytes : round_to(row_bytes, limits.ub_align);
      return {Layout::kRow, pitch, round_to(rows * pitch, limits.ub_align)};
    }
    case Mem::kGm: {
      const int64_t pitch = round_to(row_bytes, 32);
      return {Layout::kRow, pitch, round_to(rows * pitch, 512)};
    }
    case Mem::kBias:
    case Mem::kTable:
      break;
  }
  return {Layout::kRow, round_to(cols * 4, 32), round_to(rows * cols * 4, 32)};
}

Int on_chip(const Recorder& r, const Int& address, const Int& chip) {
  constexpr int kChipShift = 48;  // the chip in a GM address
  return address + (chip - r.csr(Csr::kChip)) * (int64_t{1} << kChipShift);
}

Recorder::Recorder(std::string kernel, const Limits& machine)
    : name(std::move(kernel)), limits(machine) {
  blocks_.emplace_back();
  scopes_.push_back({next_scope_++, std::nullopt});
}

void Recorder::fail(Where at, const std::string& problem) const {
  throw InputError(repository_path(at.file) + ":" + std::to_string(at.line) + ": kernel " + name +
                   ": " + problem);
}

int Recorder::add_cell(CellInfo info) {
  cells.push_back(std::move(info));
  return static_cast<int>(cells.size()) - 1;
}

void Recorder::assign(int cell, const Expr& value) {
  append({Assign{cell, now(Int(value)).expr()}, where});
}

Expr Recorder::read_cell(int cell) { return leaf(Op::kCell, cell, stamp_); }

Int Recorder::now(const Int& value) {
  if (!mentions_dim(value.expr())) return value;
  const Expr& e = value.expr();
  if (e->op == Op::kDim) return dim_value(static_cast<int>(e->value));
  const auto renew = [&](const Expr& part) { return part ? now(Int(part)).expr() : part; };
  return Int(node(e->op, renew(e->a), renew(e->b), e->value));
}

Int Recorder::dim_value(int dim) {
  const DimInfo& info = dims[static_cast<size_t>(dim)];
  if (info.shared < 0) return Int(read_cell(info.cell));
  return share(dim_value(info.shared), dims[static_cast<size_t>(info.shared)].capacity);
}

Int Recorder::csr(Csr which) const { return Int(leaf(Op::kCsr, static_cast<int64_t>(which))); }

Int Recorder::share(const Int& rows, int64_t capacity) const {
  const int64_t part = capacity / limits.vectors;
  if (limits.vectors == 1) return rows;
  return max(0, min(part, rows - csr(Csr::kVector) * part));
}

void Recorder::append(Stmt stmt) {
  if (stmt.stamp == 0) stmt.stamp = ++stamp_;
  if (const auto* issue = std::get_if<Issue>(&stmt.what)) {
    vector_verbs_ |= issue->core == Core::kVector;
  }
  blocks_.back().push_back(std::move(stmt));
}

int64_t Recorder::begin_block(std::optional<LoopHeader> loop) {
  blocks_.emplace_back();
  scopes_.push_back({next_scope_++, std::move(loop)});
  return ++stamp_;
}

Block Recorder::end_block() {
  Block block = std::move(blocks_.back());
  blocks_.pop_back();
  scopes_.pop_back();
  ++stamp_;
  return block;
}

std::optional<std::vector<LoopHeader>> Recorder::loops_since(int64_t scope) const {
  size_t at = scopes_.size();
  while (at > 0 && scopes_[at - 1].id != scope) --at;
  std::vector<LoopHeader> opened;
  for (; at < scopes_.size(); ++at) {
    if (!scopes_[at].loop) return std::nullopt;
    opened.push_back(*scopes_[at].loop);
  }
  return opened;
}

bool Recorder::is_open(int64_t scope) const {
  return std::any_of(scopes_.begin(), scopes_.end(),
                     [&](const Scope& open) { return open.id == scope; });
}

void Recorder::require_top(Where at, const std::string& what) const {
  if (blocks_.size() != 1)
    fail(at, what + " is declared inside a loop or condition; declare it before");
}

void Recorder::finish_body() { root = std::move(blocks_.front()); }

int Recorder::add_object(std::string object, Mem mem, int64_t bytes) {
  int64_t align = limits.ub_align;
  if (mem == Mem::kL1 || mem == Mem::kL0A || mem == Mem::kL0B) align = limits.fractal_bytes();
  if (mem == Mem::kL0C) align = int64_t{4} * limits.fractal_rows * limits.fractal_rows;
  objects.push_back({std::move(object), mem, bytes, align, 0});
  return static_cast<int>(objects.size()) - 1;
}

int Recorder::object_of(const TileInfo& tile) const {
  if (tile.buffer >= 0) return buffers[static_cast<size_t>(tile.buffer)].object;
  const LeaseInfo& lease = leases[static_cast<size_t>(tile.lease)];
  return rings[static_cast<size_t>(lease.ring)].object;
}

Expr Recorder::slot_address(int index, End end) {
  const RingInfo& ring = rings[static_cast<size_t>(index)];
  const int cell = ring.cells[static_cast<size_t>(end)];
  Expr at =
      cell >= 0 ? read_cell(cell) : (ring.object >= 0 ? leaf(Op::kBase, ring.object) : constant(0));
  if (ring.workspace >= 0) at = node(Op::kAdd, leaf(Op::kWorkspace, ring.workspace), at);
  return at;
}

int Recorder::begin_lease(const Lease& lease, Where at) {
  RingInfo& ring = rings[static_cast<size_t>(lease.ring)];
  if (lease.end != End::kPeek && ++ring.held[static_cast<size_t>(lease.end)] > 1) {
    const char* done = lease.end == End::kPush ? "pushed" : "popped";
    fail(at, std::string("a slot of ") + ring.name + " is " + done +
                 " while an older one is still held; slots go on in order, so give the other use "
                 "its own ring");
  }
  const auto id = static_cast<int>(leases.size());
  append({BeginLease{id}, at});
  const int cell = ring.cells[static_cast<size_t>(lease.end)];
  if (cell >= 0) append({Advance{cell, lease.ring}, at});
  LeaseInfo info;
  info.ring = lease.ring;
  info.end = lease.end;
  info.where = at;
  info.scope = scope();
  info.address = slot_address(lease.ring, lease.end);
  if (lease.end == End::kPeek) {
    ring.uses_peek = true;
    const auto place = static_cast<size_t>(ring.peeked++);
    if (place < ring.contents.size()) info.content = ring.contents[place];
  } else if (lease.end == End::kPop && !ring.contents.empty()) {
    info.content = ring.contents.front();
    ring.contents.pop_front();
    if (ring.peeked > 0) --ring.peeked;
  }
  if (info.content && !is_open(info.content->scope)) info.content.reset();
  if (lease.end == End::kPush && ring.mem == Mem::kL0C) {
    info.accumulate_cell = add_cell({ring.name + " accumulate", false, 0});
    append({Assign{info.accumulate_cell, constant(0)}, at});
  }
  leases.push_back(std::move(info));
  return id;
}

void Recorder::end_lease(int id) {
  LeaseInfo& lease = leases[static_cast<size_t>(id)];
  RingInfo& ring = rings[static_cast<size_t>(lease.ring)];
  lease.open = false;
  if (lease.end != End::kPeek) --ring.held[static_cast<size_t>(lease.end)];
  append({EndLease{id}, lease.where});
  if (lease.end != End::kPush) return;
  // Without a known content the slot counts as full; a scope that is never open says so.
  ring.contents.push_back(lease.content.value_or(Content{0, 0, -1}));
}

TileInfo Recorder::slot(int id) {
  const LeaseInfo& lease = leases[static_cast<size_t>(id)];
  const RingInfo& ring = rings[static_cast<size_t>(lease.ring)];
  const auto extent = [&](size_t axis, const std::optional<Content>& content) {
    const Extent& e = *ring.shape[axis];
    if (e.dim()) return Int(leaf(Op::kDim, e.dim()->index()));
    if (content) return axis == 0 ? content->rows : content->cols;
    return Int(e.capacity());
  };
  const auto content = lease.end == End::kPush ? std::nullopt : lease.content;
  TileInfo tile;
  tile.recorder = this;
  tile.name = ring.name;
  tile.mem = ring.mem;
  tile.type = ring.type;
  tile.layout = ring.layout;
  tile.pitch = ring.pitch;
  tile.address = Int(lease.address);
  tile.rows = extent(0, content);
  tile.cols = extent(1, content);
  tile.max_rows = ring.shape[0]->capacity();
  tile.max_cols = ring.shape[1]->capacity();
  tile.lease = id;
  if (ring.block) {
    tile.scales = ScaleTile{*ring.block, tile.address + ring.scales.offset, ring.scales.pitch, id};
    tile.scales_only = ring.scales_only;
  }
  if (lease.row0) tile.row0 = *lease.row0;
  if (!ring.link) return tile;
  const bool vector_side = (ring.dir == Dir::kToVector) == (lease.end != End::kPush);
  const int64_t part = tile.max_rows / limits.vectors;
  if (!vector_side) {
    if (ring.mem == Mem::kUb) tile.split = part;
    return tile;
  }
  tile.row0 = csr(Csr::kVector) * part;
  if (ring.mem == Mem::kL1) tile.address = tile.address + tile.row0 * limits.fractal_row_bytes;
  if (ring.mem == Mem::kGm) tile.address = tile.address + tile.row0 * tile.pitch;
  tile.rows = share(tile.rows, tile.max_rows);
  tile.max_rows = part;
  return tile;
}

bool Recorder::lands(const Lease& lease) const {
  return lease.end == End::kPop && rings[static_cast<size_t>(lease.ring)].landing >= 0;
}

void Recorder::land(int link_lease, int64_t piece, Where at) {
  TileInfo from = slot(link_lease);
  const RingInfo& ring =
      rings[static_cast<size_t>(from.recorder->leases[static_cast<size_t>(link_lease)].ring)];
  const int landing = ring.landing;
  const bool to_vector = ring.dir == Dir::kToVector;
  const int64_t step = to_vector ? ring.piece : from.max_rows;
  const int lease = begin_lease({this, landing, End::kPush}, at);
  const TileInfo to = slot(lease);
  const Int rows =
      now(step == from.max_rows ? from.rows : max(0, min(step, from.rows - piece * step)));
  const Int cols = now(from.cols);
  Issue issue;
  const auto reg = [&](const Int& value) {
    issue.operands.push_back(value.expr());
    return Reg{static_cast<uint8_t>(issue.operands.size())};
  };
  npu::Load<Reg> load;
  load.to = to.mem;
  load.type = to.type;
  load.layout = to.layout;
  load.dst = reg(to.address);
  load.src = reg(from.address + piece * step * from.pitch);
  load.rows = reg(rows);
  load.cols = reg(cols);
  load.dst_pitch = reg(to.pitch);
  load.src_pitch = reg(from.pitch);
  issue.instruction = load;
  issue.core = to_vector ? Core::kVector : Core::kCube;
  issue.unit = Unit::kLoad;
  issue.leases = {link_lease, lease};
  issue.text = "land " + ring.name;
  append({std::move(issue), at});
  leases[static_cast<size_t>(lease)].content = Content{rows, cols, scope()};
  end_lease(lease);
}

int Recorder::begin_landed(int link_lease, int64_t piece, Where at) {
  const RingInfo& ring = rings[static_cast<size_t>(leases[static_cast<size_t>(link_lease)].ring)];
  const int lease = begin_lease({this, ring.landing, End::kPop}, at);
  if (ring.dir == Dir::kToVector) {
    const int64_t part = ring.shape[0]->capacity() / limits.vectors;
    leases[static_cast<size_t>(lease)].row0 = csr(Csr::kVector) * part + piece * ring.piece;
  }
  return lease;
}

}  // namespace npu::kit
