// Control flow, work sharing and scopes of leases.
#include "kernels/kit/control.h"

#include "kernels/kit/kernel.h"
#include "kernels/kit/recorder.h"
#include "kernels/kit/verb.h"

namespace npu {

namespace kit {

void record_loop(Recorder& r, std::string name, const LoopRange& range,
                 const std::function<void(Int)>& body, Where at) {
  const auto id = static_cast<int>(r.loops.size());
  r.loops.push_back({std::move(name), range.skew});
  const Int from = r.now(range.first), to = r.now(range.limit), by = r.now(range.step);
  const Int variable(leaf(Op::kLoop, id));
  Stmt stmt;
  stmt.where = at;
  stmt.stamp = r.begin_block(LoopHeader{variable, from, to, by});
  stmt.scope = r.scope();
  body(variable);
  Loop loop{id, from.expr(), to.expr(), by.expr(), range.skew, range.ahead, r.end_block()};
  stmt.end_stamp = r.stamp();
  stmt.what = std::move(loop);
  r.append(std::move(stmt));
}

void record_when(Recorder& r, When when, const std::function<void()>& body, Where at) {
  Stmt stmt;
  stmt.where = at;
  stmt.stamp = r.begin_block();
  stmt.scope = r.scope();
  body();
  when.body = r.end_block();
  stmt.end_stamp = r.stamp();
  stmt.what = std::move(when);
  r.append(std::move(stmt));
}

}  // namespace kit

using kit::Expr;
using kit::Recorder;
using kit::When;

namespace {

using kit::record_loop;
using kit::record_when;

void clip_to_tile(Recorder& r, const Dim& dim, const Int& left, Where at) {
  const kit::DimInfo& info = r.dims[static_cast<size_t>(dim.index())];
  if (info.shared >= 0) r.fail(at, info.name + " is a share; use the Dim it was made from");
  r.where = at;
  r.assign(info.cell, min(info.capacity, left).expr());
}

}  // namespace

Var Kernel::var(const Int& value, Where at) {
  recorder_->where = at;
  const int cell = recorder_->add_cell({"variable", false, 0});
  recorder_->assign(cell, value.expr());
  return Var(recorder_.get(), cell);
}

Scalar Kernel::read(const Element& element, Where at) {
  const kit::TensorInfo& tensor = element.tensor();
  Width width{};
  switch (tensor.type) {
    case Type::kF32:
    case Type::kU32:
      width = Width::kU32;
      break;
    case Type::kI32:
      width = Width::kI32;
      break;
    case Type::kI16:
      width = Width::kI16;
      break;
    case Type::kI8:
      width = Width::kI8;
      break;
    case Type::kU8:
      width = Width::kU8;
      break;
    default:
      recorder_->fail(at, "read of tensor " + tensor.name + ": " + type_name(tensor.type) +
                              " is no scalar; allowed: f32 i32 i16 i8 u32 u8");
  }
  if (tensor.parameter >= 0) {
    recorder_->parameters[static_cast<size_t>(tensor.parameter)].control = true;
  }
  const int id = recorder_->reads++;
  const Int address =
      recorder_->now(Int(tensor.base) + element.index() * (bits_of(tensor.type) / 8));
  recorder_->append({kit::Read{id, Mem::kGm, width, address.expr()}, at});
  return {kit::leaf(kit::Op::kRead, id), tensor.type == Type::kF32, "tensor " + tensor.name};
}

Scalar Kernel::read(const Tile& tile, Where at) {
  const kit::TileInfo& info = tile.info();
  if (info.mem != Mem::kUb || bits_of(info.type) != 32) {
    recorder_->fail(at, "read of " + info.name + ": only 32-bit elements of UB are scalars");
  }
  const int id = recorder_->reads++;
  const Width width = info.type == Type::kI32 ? Width::kI32 : Width::kU32;
  recorder_->append({kit::Read{id, Mem::kUb, width, recorder_->now(info.address).expr()}, at});
  return {kit::leaf(kit::Op::kRead, id), info.type == Type::kF32, info.name};
}

Int Kernel::group() const { return recorder_->csr(Csr::kGroup); }
Int Kernel::groups() const { return recorder_->csr(Csr::kGroups); }
Int Kernel::vector() const { return recorder_->csr(Csr::kVector); }
int Kernel::vectors() const { return recorder_->limits.vectors; }
Int Kernel::chip() const { return recorder_->csr(Csr::kChip); }
Int Kernel::chips() const { return recorder_->csr(Csr::kChips); }

void Kernel::loop(std::string name, const Int& count, const IntBody& body, Where at) {
  record_loop(*recorder_, std::move(name), {.limit = count}, body, at);
}

void Kernel::tiles(std::string name, const Int& extent, const Dim& dim, const IntBody& body,
                   Where at) {
  const Int total = recorder_->now(extent);
  const auto turn = [&](Int i) {
    clip_to_tile(*recorder_, dim, total - i * dim.capacity(), at);
    body(i);
  };
  record_loop(*recorder_, std::move(name), {.limit = ceil_div(total, dim.capacity())}, turn, at);
}

void Kernel::stages(std::string name, const Int& extent, const Dim& dim,
                    std::initializer_list<Stage> stages, Where at) {
  int skew = 0;
  for (const Stage& stage : stages) {
    if (stage.skew < 0) recorder_->fail(at, "stages " + name + ": a skew is 0 or more");
    skew = std::max(skew, stage.skew);
  }
  const Int total = recorder_->now(extent);
  const Int count = recorder_->now(ceil_div(total, dim.capacity()));
  const auto turn = [&](Int t) {
    for (const Stage& stage : stages) {
      const Int j = t - stage.skew;
      // One unsigned comparison: 0 <= j < count.
      const Expr inside =
          kit::node(kit::Op::kCompare, j.expr(), count.expr(), static_cast<int64_t>(Compare::kLtu));
      const auto body = [&] {
        clip_to_tile(*recorder_, dim, total - j * dim.capacity(), at);
        stage.body(j);
      };
      if (skew == 0) {
        body();
      } else {
        When when{.condition = inside, .kind = When::Kind::kStage, .stage_skew = stage.skew};
        record_when(*recorder_, std::move(when), body, at);
      }
    }
  };
  record_loop(*recorder_, std::move(name), {.limit = count + skew, .skew = skew}, turn, at);
}

void Kernel::when(const Cond& condition, const Body& body, Where at) {
  const Expr now = recorder_->now(Int(condition.expr())).expr();
  if (!kit::is_const(now)) return record_when(*recorder_, {.condition = now}, body, at);
  if (!kit::is_const(now, 0)) body();
}

void Kernel::tasks(const Int& count, const IntBody& body, const TaskOptions& options, Where at) {
  Int first = group(), step = groups();
  if (options.per == Per::kVector) {
    first = first * vectors() + vector();
    step = step * vectors();
  }
  if (options.per == Per::kChip) {
    first = 0;
    step = 1;
  }
  record_loop(*recorder_, "task", {.first = first, .limit = count, .step = step}, body, at);
}

void Kernel::deal(Var& turn, const Int& count, const IntBody& body, Where at) {
  const Int total = recorder_->now(count);
  // `turn` is the group whose task 0 is.
  const Int first = (group() - Int(turn) + groups()) % groups();
  record_loop(*recorder_, "deal", {.first = first, .limit = total, .step = groups()}, body, at);
  recorder_->where = at;
  turn = (Int(turn) + total) % groups();
}

namespace {

// Takes a lease for a scope and gives its tile; one of a link through GM is landed first.
int open(Recorder& r, const Lease& lease, Where at) {
  const int id = r.begin_lease(lease, at);
  if (!r.lands(lease)) return id;
  const kit::RingInfo& ring = r.rings[static_cast<size_t>(lease.ring)];
  if (ring.dir == Dir::kToVector && ring.piece * r.limits.vectors != ring.shape[0]->capacity()) {
    r.fail(at, "link " + ring.name + " arrives in pieces of " + std::to_string(ring.piece) +
                   " rows; take it with pieces()");
  }
  r.land(id, 0, at);
  const int landed = r.begin_landed(id, 0, at);
  r.end_lease(id);
  return landed;
}

Tile tile_of(Recorder& r, int lease) {
  return Tile(std::make_shared<const kit::TileInfo>(r.slot(lease)));
}

}  // namespace

void Kernel::use(const Lease& a, const std::function<void(Tile)>& body, Where at) {
  const int first = open(*recorder_, a, at);
  body(tile_of(*recorder_, first));
  recorder_->end_lease(first);
}

void Kernel::use(const Lease& a, const Lease& b, const std::function<void(Tile, Tile)>& body,
                 Where at) {
  use(
      a,
      [&](Tile x) {
        use(
            b, [&](Tile y) { body(x, y); }, at);
      },
      at);
}

void Kernel::use(const Lease& a, const Lease& b, const Lease& c,
                 const std::function<void(Tile, Tile, Tile)>& body, Where at) {
  use(
      a, b,
      [&](Tile x, Tile y) {
        use(
            c, [&](Tile z) { body(x, y, z); }, at);
      },
      at);
}

void Kernel::use(const Lease& a, const Lease& b, const Lease& c, const Lease& d,
                 const std::function<void(Tile, Tile, Tile, Tile)>& body, Where at) {
  use(
      a, b, c,
      [&](Tile x, Tile y, Tile z) {
        use(
            d, [&](Tile w) { body(x, y, z, w); }, at);
      },
      at);
}

void Kernel::pieces(const Lease& lease, const std::function<void(Tile, Rows)>& body, Where at) {
  Recorder& r = *recorder_;
  const kit::RingInfo& ring = r.rings[static_cast<size_t>(lease.ring)];
  if (!ring.link || ring.dir != Dir::kToVector || lease.end != End::kPop) {
    r.fail(at, "pieces of " + ring.name + ": it takes the pop of a link to vector");
  }
  const int64_t part = ring.shape[0]->capacity() / r.limits.vectors;
  const int64_t count = part / ring.piece;
  const int id = r.begin_lease(lease, at);
  if (!r.lands(lease)) {
    const Tile slot = tile_of(r, id);
    for (int64_t i = 0; i < count; ++i)
      body(slot.rows(i, ring.piece), {i * ring.piece, ring.piece});
    r.end_lease(id);
    return;
  }
  // Loads run ahead of the bodies by as many pieces as the landing ring holds.
  const int64_t ahead = r.rings[static_cast<size_t>(ring.landing)].depth;
  int64_t loaded = 0;
  for (int64_t i = 0; i < count; ++i) {
    for (; loaded < std::min(count, i + ahead); ++loaded) r.land(id, loaded, at);
    const int landed = r.begin_landed(id, i, at);
    body(tile_of(r, landed), {i * ring.piece, ring.piece});
    r.end_lease(landed);
  }
  r.end_lease(id);
}

void Kernel::barrier(Where at) { recorder_->append({kit::GridBarrier{}, at}); }

void Kernel::print(std::string text, const Int& value, Where at) {
  recorder_->append({kit::PrintValue{std::move(text), recorder_->now(value).expr()}, at});
}

}  // namespace npu
