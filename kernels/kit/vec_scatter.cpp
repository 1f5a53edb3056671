// The verbs of the vector unit whose elements go where data says, and those that sort.
#include "kernels/kit/vec.h"
#include "kernels/kit/vec_verb.h"

namespace npu {

using kit::TileInfo;
using kit::VecVerb;

void Vec::scatter(const Dst& d, const Src& a, const Src& index, Where at) {
  VecVerb v(recorder_, "scatter", at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source"),
                 list = v.take(index, "the index");
  v.verb.need_same_type(source.type, target.type);
  v.verb.need_same_type(list.type, Type::kI32);
  v.need_dense(target);
  Vscatter<Reg> i;
  i.type = target.type;
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(source.address);
  i.b = v.verb.reg(list.address);
  i.rows = v.verb.reg(npu::min(list.rows, source.rows));
  i.cols = v.verb.reg(npu::min(list.cols, source.cols));
  i.a_pitch = v.verb.pitch(source.pitch, source.max_rows);
  i.b_pitch = v.verb.pitch(list.pitch, source.max_rows);
  i.count = v.verb.reg(target.max_rows * target.max_cols);
  v.wrote(target, target.rows, target.cols);
  v.issue(i);
}

void Vec::compress(const Dst& d, const Dst& number, const Src& a, const Src& mask, Where at) {
  VecVerb v(recorder_, "compress", at);
  const TileInfo target = v.take(d, "the destination"), total = v.take(number, "the number"),
                 source = v.take(a, "the source"), bits = v.take(mask, "the mask");
  v.verb.need_same_type(source.type, target.type);
  v.verb.need_same_type(total.type, Type::kI32);
  v.verb.need_same_type(bits.type, Type::kU8);
  if (target.max_rows != 1) v.verb.fail("the destination " + target.name + " is one row");
  if (target.max_cols < source.max_rows * source.max_cols) {
    v.verb.fail("the destination " + target.name + " has no room for all " +
                std::to_string(source.max_rows * source.max_cols) + " elements");
  }
  Vcompress<Reg> i;
  i.type = target.type;
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(source.address);
  i.b = v.verb.reg(bits.address);
  i.rows = v.verb.reg(npu::min(bits.rows, source.rows));
  i.cols = v.verb.reg(npu::min(bits.cols * 8, source.cols));
  i.a_pitch = v.verb.pitch(source.pitch, source.max_rows);
  i.b_pitch = v.verb.pitch(bits.pitch, source.max_rows);
  i.count = v.verb.reg(total.address);
  v.wrote(target, target.rows, target.cols);
  v.wrote(total, 1, 1);
  v.issue(i);
}

void Vec::histogram(const Dst& bins, const Src& a, Where at) {
  VecVerb v(recorder_, "histogram", at);
  const TileInfo target = v.take(bins, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(target.type, Type::kI32);
  if (target.max_rows != 1) v.verb.fail("the destination " + target.name + " is one row");
  Vhistogram<Reg> i;
  i.type = source.type;
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(source.address);
  i.rows = v.verb.reg(source.rows);
  i.cols = v.verb.reg(source.cols);
  i.a_pitch = v.verb.pitch(source.pitch, source.max_rows);
  i.count = v.verb.reg(target.cols);
  v.wrote(target, target.rows, target.cols);
  v.issue(i);
}

void Vec::sort(const Dst& d, const Src& a, Where at) {
  VecVerb v(recorder_, "sort", at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(source.type, target.type);
  Vsort<Reg> i;
  i.type = target.type;
  const Int rows = npu::min(source.rows, target.rows), cols = npu::min(source.cols, target.cols);
  v.set(i, target, source, rows, cols / 2, source.max_rows);
  v.wrote(target, rows, cols);
  v.issue(i);
}

void Vec::merge(const Dst& d, const Src& a, Where at) {
  VecVerb v(recorder_, "merge", at);
  const TileInfo target = v.take(d, "the destination"), source = v.take(a, "the source");
  v.verb.need_same_type(source.type, target.type);
  if (source.max_cols % 8 != 0) {
    v.verb.fail("the source " + source.name + " has " + std::to_string(source.max_cols) +
                " columns; four lists of pairs have a multiple of 8");
  }
  if (target.max_rows > source.max_rows) {
    v.verb.fail("the destination " + target.name + " has more rows than the source");
  }
  Vmerge<Reg> i;
  i.type = target.type;
  const Int rows = npu::min(source.rows, target.rows), cols = npu::min(source.cols, target.cols);
  v.set(i, target, source, rows, source.cols / 8, source.max_rows);
  i.count = v.verb.reg(cols / 2);
  v.wrote(target, rows, cols);
  v.issue(i);
}

}  // namespace npu
