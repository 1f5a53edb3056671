// Declarations: arguments, extents, local memory.
#include "kernels/kit/kernel.h"

#include "isa/errors.h"
#include "kernels/kit/lower/lower.h"
#include "kernels/kit/recorder.h"

namespace npu {

using kit::Recorder;
using kit::RingInfo;

Kernel::Kernel(std::string name, const Limits& machine)
    : recorder_(std::make_unique<Recorder>(std::move(name), machine)), vec(recorder_.get()) {}

Kernel::~Kernel() = default;

const Limits& Kernel::machine() const { return recorder_->limits; }

namespace {

int add_parameter(Recorder& r, Parameter parameter, Where at) {
  for (const Parameter& other : r.parameters) {
    if (other.name == parameter.name) r.fail(at, "two arguments are named " + parameter.name);
  }
  r.parameters.push_back(std::move(parameter));
  return static_cast<int>(r.parameters.size()) - 1;
}

Tensor make_tensor(Recorder* r, std::string name, Type type, std::vector<Int> dims, kit::Expr base,
                   int parameter, Where at) {
  if (dims.empty()) r->fail(at, "tensor " + name + " has no dimension");
  kit::TensorInfo info;
  info.recorder = r;
  info.name = std::move(name);
  info.type = type;
  info.dims = std::move(dims);
  info.strides.assign(info.dims.size(), Int(1));
  for (size_t i = info.dims.size(); i-- > 1;) {
    info.strides[i - 1] = info.strides[i] * info.dims[i];
  }
  info.base = std::move(base);
  info.parameter = parameter;
  return Tensor(std::make_shared<const kit::TensorInfo>(std::move(info)));
}

void check_shape(const Recorder& r, Where at, const std::string& name,
                 const std::array<Extent, 2>& shape) {
  for (const Extent& extent : shape) {
    if (extent.capacity() >= 1) continue;
    r.fail(at, name + " has an extent of " + std::to_string(extent.capacity()) +
                   "; allowed: 1 or more");
  }
}

void check_scaled(const Recorder& r, Where at, const std::string& name, const ElementType& type) {
  const ScaleBlock& block = type.block();
  const Type t = type.type();
  const bool takes_scales = t == Type::kE4m3 || t == Type::kE5m2 || t == Type::kE2m1;
  if (!takes_scales || block.rows < 1 || block.cols < 32 || block.cols % 32 != 0) {
    r.fail(at, name + ": scales of " + std::to_string(block.rows) + " x " +
                   std::to_string(block.cols) + " " + type_name(t) +
                   "; allowed: e4m3, e5m2 or e2m1, a multiple of 32 columns");
  }
  if (!r.limits.cube_scaled) {
    r.fail(at, name + ": the cube of " + r.limits.machine + " takes no block scales");
  }
}

// Gives the ring its layout, its memory and the cells of its slot addresses.
int add_ring(Recorder& r, RingInfo ring) {
  if (ring.depth < 1) {
    r.fail(ring.where,
           ring.name + " has depth " + std::to_string(ring.depth) + "; allowed: 1 or more");
  }
  const bool in_part = ring.link && ring.mem == Mem::kUb;
  const int64_t rows = ring.shape[0]->capacity() / (in_part ? r.limits.vectors : 1);
  const kit::Geometry g =
      kit::geometry(r.limits, ring.mem, ring.type, rows, ring.shape[1]->capacity());
  ring.layout = g.layout;
  ring.pitch = g.pitch;
  ring.slot_bytes = g.bytes;
  if (ring.mem == Mem::kL1) ring.slot_bytes = std::max(ring.slot_bytes, g.pitch);
  if (ring.block) {
    ring.scales = kit::scale_geometry(r.limits, ring.mem, ring.type, *ring.block, rows,
                                      ring.shape[1]->capacity());
    if (ring.scales_only) {
      ring.scales.slot_bytes -= ring.scales.offset;
      ring.scales.offset = 0;
    }
    ring.slot_bytes = ring.scales.slot_bytes;
  }
  const int64_t bytes = ring.slot_bytes * ring.depth;
  if (ring.mem == Mem::kGm) {
    ring.workspace = static_cast<int>(r.workspaces.size());
    r.workspaces.push_back({ring.name, static_cast<uint64_t>(bytes), true, false});
  } else {
    ring.object = r.add_object(ring.name, ring.mem, bytes);
  }
  if (ring.depth > 1) {
    const char* ends[3] = {" push", " pop", " peek"};
    const kit::Expr base =
        ring.object >= 0 ? kit::leaf(kit::Op::kBase, ring.object) : kit::constant(0);
    const kit::Expr last =
        kit::node(kit::Op::kAdd, base, kit::constant(ring.slot_bytes * (ring.depth - 1)));
    for (size_t end = 0; end < 3; ++end) {
      ring.cells[end] = r.add_cell({ring.name + ends[end], false, 0});
      r.where = ring.where;
      r.assign(ring.cells[end], last);
    }
  }
  r.rings.push_back(std::move(ring));
  return static_cast<int>(r.rings.size()) - 1;
}

}  // namespace

Int Kernel::arg(std::string name, Where at) {
  const int index = add_parameter(*recorder_, {std::move(name), Parameter::Kind::kInt}, at);
  return Int(kit::leaf(kit::Op::kParameter, index));
}

F32 Kernel::argf(std::string name, Where at) {
  const int index = add_parameter(*recorder_, {std::move(name), Parameter::Kind::kF32}, at);
  return F32(kit::leaf(kit::Op::kParameter, index));
}

namespace {

Tensor tensor_argument(Recorder& r, const std::string& name, Type type, std::vector<Int> sizes,
                       Where at) {
  Parameter parameter{name, Parameter::Kind::kTensor, type};
  parameter.rank = static_cast<uint32_t>(sizes.size());
  const int index = add_parameter(r, std::move(parameter), at);
  return make_tensor(&r, name, type, std::move(sizes), kit::leaf(kit::Op::kParameter, index), index,
                     at);
}

}  // namespace

Tensor Kernel::tensor(std::string name, ElementType type, std::initializer_list<TensorDim> dims,
                      Where at) {
  std::vector<Int> sizes;
  for (const TensorDim& dim : dims) sizes.push_back(dim.value());
  const Tensor values = tensor_argument(*recorder_, name, type.type(), sizes, at);
  if (!type.scaled()) return values;
  check_scaled(*recorder_, at, "tensor " + name, type);
  if (sizes.size() < 2) recorder_->fail(at, "tensor " + name + ": a scaled tensor has rows");
  sizes[sizes.size() - 2] = ceil_div(sizes[sizes.size() - 2], type.block().rows);
  sizes.back() = ceil_div(sizes.back(), type.block().cols);
  kit::TensorInfo info = values.info();
  info.block = type.block();
  info.scales = tensor_argument(*recorder_, name + "_scale", Type::kE8m0, sizes, at).shared_info();
  return Tensor(std::make_shared<const kit::TensorInfo>(std::move(info)));
}

Tensor Kernel::workspace(std::string name, Type type, std::initializer_list<int64_t> dims, Per per,
                         bool zeroed, Where at) {
  if (per == Per::kVector) {
    recorder_->fail(at, "workspace " + name + " is per group or per chip");
  }
  std::vector<Int> sizes;
  size_t elements = 1;
  for (const int64_t dim : dims) {
    sizes.emplace_back(dim);
    elements *= static_cast<size_t>(std::max<int64_t>(dim, 0));
  }
  const auto index = static_cast<int64_t>(recorder_->workspaces.size());
  recorder_->workspaces.push_back({name, bytes_of(type, elements), per == Per::kGroup, zeroed});
  return make_tensor(recorder_.get(), std::move(name), type, std::move(sizes),
                     kit::leaf(kit::Op::kWorkspace, index), -1, at);
}

Dim Kernel::dim(std::string name, int64_t max, Where at) {
  if (max < 1) recorder_->fail(at, "dim " + name + " has capacity " + std::to_string(max));
  const int cell = recorder_->add_cell({name, true, max});
  recorder_->dims.push_back({std::move(name), max, cell, -1});
  return {recorder_.get(), static_cast<int>(recorder_->dims.size()) - 1};
}

Dim Kernel::share(const Dim& dim, Where at) {
  const int vectors = recorder_->limits.vectors;
  if (dim.capacity() % vectors != 0) {
    recorder_->fail(at, "share of " + dim.name() + ": its capacity " +
                            std::to_string(dim.capacity()) + " is no multiple of the " +
                            std::to_string(vectors) + " vector cores");
  }
  recorder_->dims.push_back({"share of " + dim.name(), dim.capacity() / vectors, -1, dim.index()});
  return {recorder_.get(), static_cast<int>(recorder_->dims.size()) - 1};
}

View Kernel::share(const View& view) const {
  kit::ViewInfo info = view.info();
  info.shared = true;
  return View(std::make_shared<const kit::ViewInfo>(std::move(info)));
}

Tile Kernel::buffer(std::string name, Type type, std::array<Extent, 2> shape, Where at) {
  recorder_->require_top(at, "buffer " + name);
  check_shape(*recorder_, at, "buffer " + name, shape);
  const kit::Geometry g =
      kit::geometry(recorder_->limits, Mem::kUb, type, shape[0].capacity(), shape[1].capacity());
  kit::TileInfo tile;
  tile.recorder = recorder_.get();
  tile.name = name;
  tile.mem = Mem::kUb;
  tile.type = type;
  tile.layout = g.layout;
  tile.pitch = g.pitch;
  const int object = recorder_->add_object(name, Mem::kUb, g.bytes);
  tile.address = Int(kit::leaf(kit::Op::kBase, object));
  const auto extent = [](const Extent& e) {
    return e.dim() ? Int(kit::leaf(kit::Op::kDim, e.dim()->index())) : Int(e.capacity());
  };
  tile.rows = extent(shape[0]);
  tile.cols = extent(shape[1]);
  tile.max_rows = shape[0].capacity();
  tile.max_cols = shape[1].capacity();
  tile.buffer = static_cast<int>(recorder_->buffers.size());
  recorder_->buffers.push_back({std::move(name), object});
  return Tile(std::make_shared<const kit::TileInfo>(std::move(tile)));
}

namespace {

RingInfo local_ring(Recorder& r, std::string name, Mem mem, const ElementType& type,
                    const std::array<Extent, 2>& shape, int depth, Where at) {
  r.require_top(at, "ring " + name);
  check_shape(r, at, "ring " + name, shape);
  if (mem == Mem::kGm) r.fail(at, "ring " + name + ": a ring lies in a local memory");
  RingInfo info;
  info.name = std::move(name);
  info.mem = mem;
  info.type = type.type();
  info.shape = {shape[0], shape[1]};
  info.depth = depth;
  info.where = at;
  if (!type.scaled()) return info;
  check_scaled(r, at, "ring " + info.name, type);
  if (mem != Mem::kL1 && mem != Mem::kL0A && mem != Mem::kL0B) {
    r.fail(at, "ring " + info.name + ": scales lie in L1, L0A or L0B");
  }
  info.block = type.block();
  return info;
}

}  // namespace

Ring& Kernel::ring(std::string name, Mem mem, ElementType type, std::array<Extent, 2> shape,
                   int depth, Where at) {
  Recorder& r = *recorder_;
  const int index = add_ring(r, local_ring(r, std::move(name), mem, type, shape, depth, at));
  return r.ring_handles.emplace_back(&r, index);
}

Ring& Kernel::scale_ring(std::string name, ElementType type, std::array<Extent, 2> shape, int depth,
                         Where at) {
  Recorder& r = *recorder_;
  if (!type.scaled()) r.fail(at, "ring " + name + " of scales: its type has none");
  RingInfo info = local_ring(r, std::move(name), Mem::kL1, type, shape, depth, at);
  info.scales_only = true;
  const int index = add_ring(r, std::move(info));
  return r.ring_handles.emplace_back(&r, index);
}

Link& Kernel::link(std::string name, Dir dir, Type type, std::array<Extent, 2> shape,
                   const LinkOptions& options, Where at) {
  Recorder& r = *recorder_;
  r.require_top(at, "link " + name);
  check_shape(r, at, "link " + name, shape);
  const int64_t rows = shape[0].capacity(), part = rows / r.limits.vectors;
  const int64_t piece = options.piece == 0 ? part : options.piece;
  if (rows % r.limits.vectors != 0 || piece < 1 || part % piece != 0) {
    r.fail(at, "link " + name + ": its " + std::to_string(rows) +
                   " rows do not divide into pieces of " + std::to_string(piece) + " for " +
                   std::to_string(r.limits.vectors) + " vector cores");
  }
  const bool to_vector = dir == Dir::kToVector;
  const bool direct = to_vector ? r.limits.l0c_to_ub : r.limits.ub_to_l1;
  RingInfo info;
  info.name = name;
  info.mem = direct ? (to_vector ? Mem::kUb : Mem::kL1) : Mem::kGm;
  info.type = type;
  info.shape = {shape[0], shape[1]};
  info.depth = options.depth;
  info.where = at;
  info.link = true;
  info.dir = dir;
  info.piece = piece;
  if (!direct) {
    RingInfo landing;
    landing.name = name + " landing";
    landing.mem = to_vector ? Mem::kUb : Mem::kL1;
    landing.type = type;
    landing.shape = {to_vector ? Extent(piece) : shape[0], shape[1]};
    landing.depth = options.landing;
    landing.where = at;
    info.landing = add_ring(r, std::move(landing));
  }
  const int index = add_ring(r, std::move(info));
  return r.link_handles.emplace_back(&r, index);
}

Program Kernel::finish() {
  recorder_->finish_body();
  return kit::lower(*recorder_);
}

}  // namespace npu
