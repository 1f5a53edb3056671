// The verb drain: the sums of the cube out of L0C.
#include "kernels/kit/kernel.h"
#include "kernels/kit/movement.h"
#include "kernels/kit/verb.h"

namespace npu {

using kit::Core;
using kit::GmMatrix;
using kit::TileInfo;
using kit::Verb;

namespace {

// What drain does on the way, whatever its target.
Drain<Reg> drain_modes(Verb& verb, const TileInfo& from, const DrainOptions& options) {
  verb.need(from, "the source", {Mem::kL0C});
  Drain<Reg> i;
  i.from = from.type;
  i.activation = options.activation;
  i.atomic = options.atomic;
  i.src = verb.reg(from.address);
  i.src_pitch = verb.reg(from.pitch);
  if (options.column_scale) {
    const TileInfo table = verb.take(*options.column_scale);
    verb.need(table, "the column scale", {Mem::kTable});
    i.scaling = ScaleMode::kColumn;
    i.scale = verb.reg(table.address);
  } else if (options.scale && options.scale->known() != 1.0F) {
    i.scaling = ScaleMode::kScalar;
    i.scale = verb.reg(options.scale->bits());
  }
  if (options.activation == Activation::kLeaky) i.slope = verb.reg(options.slope.bits());
  return i;
}

}  // namespace

void Kernel::drain(const Dst& to, const Src& from, const DrainOptions& options, Where at) {
  Verb verb(recorder_.get(), "drain", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kGm, Mem::kL1, Mem::kUb});
  Drain<Reg> i = drain_modes(verb, source, options);
  i.to = target.mem;
  i.type = target.type;
  i.layout = target.layout;
  const Int rows = min(source.rows, target.rows), cols = min(source.cols, target.cols);
  i.dst = verb.reg(target.address);
  i.rows = verb.reg(rows);
  i.cols = verb.reg(cols);
  i.dst_pitch = verb.reg(target.pitch);
  i.split = verb.reg(target.split);
  if (target.mem == Mem::kUb && target.split == 0) {
    verb.fail("the target " + target.name + " is no link; drain reaches UB by a link to vector");
  }
  verb.wrote(target, rows, cols);
  verb.issue(i, Core::kCube, Unit::kDrain);
}

void Kernel::drain(const View& to, const Src& from, const DrainOptions& options, Where at) {
  Verb verb(recorder_.get(), "drain", at);
  const TileInfo source = verb.take(from);
  Drain<Reg> i = drain_modes(verb, source, options);
  const GmMatrix gm = kit::meet(to.info(), source, false);
  kit::need_rows(verb, gm);
  kit::mark_output(verb, gm.parameter);
  i.to = Mem::kGm;
  i.type = gm.type;
  i.dst = verb.reg(gm.address);
  i.rows = verb.reg(min(source.rows, gm.rows));
  i.cols = verb.reg(min(source.cols, gm.cols));
  i.dst_pitch = verb.reg(gm.pitch);
  verb.issue(i, Core::kCube, Unit::kDrain);
}

}  // namespace npu
