// The verb store: from UB to GM or L1.
#include "kernels/kit/kernel.h"
#include "kernels/kit/movement.h"
#include "kernels/kit/verb.h"

namespace npu {

using kit::Core;
using kit::GmMatrix;
using kit::TileInfo;
using kit::Verb;
using kit::ViewInfo;

namespace {

void store_rows(Verb& verb, const ViewInfo& view, const TileInfo& from, Atomic atomic) {
  const kit::TensorInfo& table = *view.tensor;
  const kit::TensorInfo& list = *view.list;
  verb.need_same_type(from.type, table.type);
  kit::mark_output(verb, table.parameter);
  StoreRows<Reg> i;
  i.type = table.type;
  i.atomic = atomic;
  i.list_in = Mem::kGm;
  i.dst = verb.reg(Int(table.base) + table.offset * bits_of(table.type) / 8);
  i.src = verb.reg(from.address);
  i.list = verb.reg(Int(list.base) + list.offset * 4);
  i.rows = verb.reg(min(from.rows, view.count));
  i.cols = verb.reg(min(from.cols, table.dims[1]));
  i.dst_pitch = verb.reg(table.strides[0] * bits_of(table.type) / 8);
  i.src_pitch = verb.reg(from.pitch);
  verb.issue(i, Core::kVector, Unit::kStore);
}

}  // namespace

void Kernel::store(const View& to, const Src& from, const StoreOptions& options, Where at) {
  Verb verb(recorder_.get(), "store", at);
  const TileInfo source = verb.take(from);
  verb.need(source, "the source", {Mem::kUb});
  if (to.info().kind == ViewInfo::Kind::kGather) {
    return store_rows(verb, to.info(), source, options.atomic);
  }
  const GmMatrix gm = kit::meet(to.info(), source, kit::dense_column(source));
  verb.need_same_type(source.type, gm.type);
  kit::need_rows(verb, gm);
  kit::mark_output(verb, gm.parameter);
  const kit::Extents e = kit::extents(verb, source, gm);
  const bool one_row = is_const(e.rows.expr(), 1);
  Store<Reg> i;
  i.to = Mem::kGm;
  i.type = gm.type;
  i.atomic = options.atomic;
  i.dst = verb.reg(gm.address);
  i.src = verb.reg(source.address);
  i.rows = verb.reg(e.rows);
  i.cols = verb.reg(e.cols);
  i.dst_pitch = one_row ? Reg{} : verb.reg(gm.pitch);
  i.src_pitch = one_row ? Reg{} : verb.reg(source.pitch);
  verb.issue(i, Core::kVector, Unit::kStore);
}

void Kernel::store(const Dst& to, const Src& from, const StoreOptions& options, Where at) {
  Verb verb(recorder_.get(), "store", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kGm, Mem::kL1});
  verb.need(source, "the source", {Mem::kUb});
  verb.need_same_type(source.type, target.type);
  const Int rows = min(source.rows, target.rows), cols = min(source.cols, target.cols);
  Store<Reg> i;
  i.to = target.mem;
  i.type = target.type;
  i.layout = target.layout;
  i.atomic = options.atomic;
  i.dst = verb.reg(target.address);
  i.src = verb.reg(source.address);
  i.rows = verb.reg(rows);
  i.cols = verb.reg(cols);
  i.dst_pitch = verb.reg(target.pitch);
  i.src_pitch = verb.reg(source.pitch);
  verb.wrote(target, rows, cols);
  verb.issue(i, Core::kVector, Unit::kStore);
}

}  // namespace npu
