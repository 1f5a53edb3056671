// The verbs of the vector unit that change the shape: reductions, transposes, gathers, sequences.
#include "kernels/kit/vec.h"
#include "kernels/kit/vec_verb.h"

namespace npu {
namespace {

using kit::Recorder;
using kit::TileInfo;
using kit::VecVerb;

template <class I>
void reduce_rows(Recorder* r, const char* name, const Dst& d, const Src& a, Where at,
                 std::optional<Type> result, int64_t per_col = 1) {
  VecVerb v(r, name, at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(target.type, result.value_or(source.type));
  if (target.max_cols != 1) v.verb.fail("the destination " + target.name + " is one column");
  I i;
  i.type = source.type;
  const Int rows = min(source.rows, target.rows);
  v.set(i, target, source, rows, source.cols * per_col, source.max_rows);
  v.wrote(target, rows, 1);
  v.issue(i);
}

template <class I>
void reduce_cols(Recorder* r, const char* name, const Dst& d, const Src& a, Where at) {
  VecVerb v(r, name, at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(target.type, source.type);
  if (target.max_rows != 1) v.verb.fail("the destination " + target.name + " is one row");
  I i;
  i.type = source.type;
  const Int cols = min(source.cols, target.cols);
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(source.address);
  i.rows = v.verb.reg(source.rows);
  i.cols = v.verb.reg(cols);
  i.a_pitch = v.verb.pitch(source.pitch, source.max_rows);
  v.wrote(target, 1, cols);
  v.issue(i);
}

}  // namespace

void Vec::row_sum(const Dst& d, const Src& a, Where at) {
  reduce_rows<VrowSum<Reg>>(recorder_, "row_sum", d, a, at, std::nullopt);
}
void Vec::row_max(const Dst& d, const Src& a, Where at) {
  reduce_rows<VrowMax<Reg>>(recorder_, "row_max", d, a, at, std::nullopt);
}
void Vec::row_min(const Dst& d, const Src& a, Where at) {
  reduce_rows<VrowMin<Reg>>(recorder_, "row_min", d, a, at, std::nullopt);
}
void Vec::row_absmax(const Dst& d, const Src& a, Where at) {
  reduce_rows<VrowAbsmax<Reg>>(recorder_, "row_absmax", d, a, at, std::nullopt);
}
void Vec::row_argmax(const Dst& d, const Src& a, Where at) {
  reduce_rows<VrowArgmax<Reg>>(recorder_, "row_argmax", d, a, at, Type::kI32);
}
void Vec::count(const Dst& d, const Src& mask, Where at) {
  reduce_rows<Vcount<Reg>>(recorder_, "count", d, mask, at, Type::kI32, 8);
}
void Vec::col_sum(const Dst& d, const Src& a, Where at) {
  reduce_cols<VcolSum<Reg>>(recorder_, "col_sum", d, a, at);
}
void Vec::col_max(const Dst& d, const Src& a, Where at) {
  reduce_cols<VcolMax<Reg>>(recorder_, "col_max", d, a, at);
}

void Vec::scan(const Dst& d, const Src& a, const ScanOptions& options, Where at) {
  VecVerb v(recorder_, "scan", at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(target.type, source.type);
  Vscan<Reg> i;
  i.type = source.type;
  i.by_column = options.by_column;
  i.exclusive = options.exclusive;
  const Int rows = npu::min(source.rows, target.rows), cols = npu::min(source.cols, target.cols);
  v.set(i, target, source, rows, cols, target.max_rows);
  v.wrote(target, rows, cols);
  v.issue(i);
}

void Vec::iota(const Dst& d, const IotaOptions& options, Where at) {
  VecVerb v(recorder_, "iota", at);
  const TileInfo target = v.take(d, "the destination");
  v.verb.need_same_type(target.type, Type::kI32);
  Viota<Reg> i;
  i.d = v.verb.reg(target.address);
  i.rows = v.verb.reg(target.rows);
  i.cols = v.verb.reg(target.cols);
  i.d_pitch = v.verb.pitch(target.pitch, target.max_rows);
  i.start = v.verb.reg(options.start);
  i.col_step = v.verb.reg(options.col_step);
  i.row_step = v.verb.reg(options.row_step);
  v.wrote(target, target.rows, target.cols);
  v.issue(i);
}

void Vec::transpose(const Dst& d, const Src& a, Where at) {
  VecVerb v(recorder_, "transpose", at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(target.type, source.type);
  Vtranspose<Reg> i;
  i.type = source.type;
  const Int rows = npu::min(source.rows, target.cols), cols = npu::min(source.cols, target.rows);
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(source.address);
  i.rows = v.verb.reg(rows);
  i.cols = v.verb.reg(cols);
  i.d_pitch = v.verb.reg(target.pitch);
  i.a_pitch = v.verb.reg(source.pitch);
  v.wrote(target, cols, rows);
  v.issue(i);
}

void Vec::zip(const Dst& d, const Src& a, const Src& b, Where at) {
  VecVerb v(recorder_, "zip", at);
  const TileInfo target = v.take(d, "the destination"), first = v.take(a, "the first source"),
                 second = v.take(b, "the second source");
  v.verb.need_same_type(first.type, target.type);
  v.verb.need_same_type(second.type, target.type);
  Vzip<Reg> i;
  i.type = target.type;
  const Int rows = npu::min(npu::min(first.rows, second.rows), target.rows);
  const Int cols = npu::min(first.cols, second.cols);
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(first.address);
  i.b = v.verb.reg(second.address);
  i.rows = v.verb.reg(rows);
  i.cols = v.verb.reg(cols);
  i.d_pitch = v.verb.pitch(target.pitch, target.max_rows);
  i.a_pitch = v.verb.pitch(first.pitch, target.max_rows);
  i.b_pitch = v.verb.pitch(second.pitch, target.max_rows);
  v.wrote(target, rows, cols * 2);
  v.issue(i);
}

void Vec::unzip(const Dst& even, const Dst& odd, const Src& a, Where at) {
  VecVerb v(recorder_, "unzip", at);
  const TileInfo first = v.take(even, "the even half"), second = v.take(odd, "the odd half"),
                 source = v.take(a, "the source");
  v.verb.need_same_type(source.type, first.type);
  v.verb.need_same_type(source.type, second.type);
  Vunzip<Reg> i;
  i.type = source.type;
  const Int rows = npu::min(npu::min(first.rows, second.rows), source.rows);
  const Int cols = npu::min(npu::min(first.cols, second.cols), source.cols / 2);
  i.d = v.verb.reg(first.address);
  i.a = v.verb.reg(source.address);
  i.b = v.verb.reg(second.address);
  i.rows = v.verb.reg(rows);
  i.cols = v.verb.reg(cols);
  i.d_pitch = v.verb.pitch(first.pitch, source.max_rows);
  i.a_pitch = v.verb.pitch(source.pitch, source.max_rows);
  i.b_pitch = v.verb.pitch(second.pitch, source.max_rows);
  v.wrote(first, rows, cols);
  v.wrote(second, rows, cols);
  v.issue(i);
}

void Vec::gather(const Dst& d, const Src& a, const Src& index, Where at) {
  VecVerb v(recorder_, "gather", at);
  const TileInfo target = v.take(d, "the destination"), table = v.take(a, "the table"),
                 list = v.take(index, "the index");
  v.verb.need_same_type(table.type, target.type);
  v.verb.need_same_type(list.type, Type::kI32);
  v.need_dense(table);
  Vgather<Reg> i;
  i.type = target.type;
  const Int rows = npu::min(list.rows, target.rows), cols = npu::min(list.cols, target.cols);
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(table.address);
  i.b = v.verb.reg(list.address);
  i.rows = v.verb.reg(rows);
  i.cols = v.verb.reg(cols);
  i.d_pitch = v.verb.pitch(target.pitch, target.max_rows);
  i.b_pitch = v.verb.pitch(list.pitch, target.max_rows);
  i.count = v.verb.reg(table.max_rows * table.max_cols);
  v.wrote(target, rows, cols);
  v.issue(i);
}

void Vec::gather_rows(const Dst& d, const Src& a, const Src& index, Where at) {
  VecVerb v(recorder_, "gather_rows", at);
  const TileInfo target = v.take(d, "the destination"), table = v.take(a, "the table"),
                 list = v.take(index, "the index");
  v.verb.need_same_type(table.type, target.type);
  v.verb.need_same_type(list.type, Type::kI32);
  VgatherRows<Reg> i;
  i.type = target.type;
  const Int rows = npu::min(list.cols, target.rows), cols = npu::min(table.cols, target.cols);
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(table.address);
  i.b = v.verb.reg(list.address);
  i.rows = v.verb.reg(rows);
  i.cols = v.verb.reg(cols);
  i.d_pitch = v.verb.pitch(target.pitch, target.max_rows);
  i.a_pitch = v.verb.reg(table.pitch);
  i.count = v.verb.reg(table.max_rows);
  v.wrote(target, rows, cols);
  v.issue(i);
}

}  // namespace npu
