// The elementwise verbs of the vector unit.
#include "kernels/kit/vec.h"

#include "kernels/kit/vec_verb.h"

namespace npu {
namespace {

using kit::Recorder;
using kit::TileInfo;
using kit::VecVerb;

template <class I>
void unary(Recorder* r, const char* name, const Dst& d, const Operand& a, Where at) {
  VecVerb v(r, name, at);
  const TileInfo target = v.take(d, "the destination");
  v.extent_of(target);
  const auto source = v.source(a, target.type);
  const Int rows = v.rows, cols = v.cols;
  v.settle(target);
  I i;
  i.type = target.type;
  i.a_is = source.shape;
  i.d = v.verb.reg(target.address);
  i.a = v.reg(source);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.a_pitch = v.pitch_of(source);
  v.wrote(target, rows, cols);
  v.issue(i);
}

template <class I>
void binary(Recorder* r, const char* name, const Dst& d, const Operand& a, const Operand& b,
            Where at) {
  VecVerb v(r, name, at);
  const TileInfo target = v.take(d, "the destination");
  v.extent_of(target);
  const auto first = v.source(a, target.type), second = v.source(b, target.type);
  const Int rows = v.rows, cols = v.cols;
  v.settle(target);
  I i;
  i.type = target.type;
  i.a_is = first.shape;
  i.b_is = second.shape;
  i.d = v.verb.reg(target.address);
  i.a = v.reg(first);
  i.b = v.reg(second);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.a_pitch = v.pitch_of(first);
  i.b_pitch = v.pitch_of(second);
  v.wrote(target, rows, cols);
  v.issue(i);
}

}  // namespace

void Vec::fill(const Dst& d, const Operand& value, Where at) {
  unary<Vcopy<Reg>>(recorder_, "fill", d, value, at);
}
void Vec::copy(const Dst& d, const Operand& a, Where at) {
  unary<Vcopy<Reg>>(recorder_, "copy", d, a, at);
}
void Vec::abs(const Dst& d, const Operand& a, Where at) {
  unary<Vabs<Reg>>(recorder_, "abs", d, a, at);
}
void Vec::neg(const Dst& d, const Operand& a, Where at) {
  unary<Vneg<Reg>>(recorder_, "neg", d, a, at);
}
void Vec::relu(const Dst& d, const Operand& a, Where at) {
  unary<Vrelu<Reg>>(recorder_, "relu", d, a, at);
}
void Vec::exp(const Dst& d, const Operand& a, Where at) {
  unary<Vexp<Reg>>(recorder_, "exp", d, a, at);
}
void Vec::ln(const Dst& d, const Operand& a, Where at) {
  unary<Vln<Reg>>(recorder_, "ln", d, a, at);
}
void Vec::sqrt(const Dst& d, const Operand& a, Where at) {
  unary<Vsqrt<Reg>>(recorder_, "sqrt", d, a, at);
}
void Vec::rsqrt(const Dst& d, const Operand& a, Where at) {
  unary<Vrsqrt<Reg>>(recorder_, "rsqrt", d, a, at);
}
void Vec::rec(const Dst& d, const Operand& a, Where at) {
  unary<Vrec<Reg>>(recorder_, "rec", d, a, at);
}
void Vec::bit_not(const Dst& d, const Operand& a, Where at) {
  unary<Vnot<Reg>>(recorder_, "bit_not", d, a, at);
}

void Vec::hash(const Dst& d, const Operand& a, Where at) {
  unary<Vhash<Reg>>(recorder_, "hash", d, a, at);
}

void Vec::add(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vadd<Reg>>(recorder_, "add", d, a, b, at);
}
void Vec::sub(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vsub<Reg>>(recorder_, "sub", d, a, b, at);
}
void Vec::mul(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vmul<Reg>>(recorder_, "mul", d, a, b, at);
}
void Vec::div(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vdiv<Reg>>(recorder_, "div", d, a, b, at);
}
void Vec::max(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vmax<Reg>>(recorder_, "max", d, a, b, at);
}
void Vec::min(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vmin<Reg>>(recorder_, "min", d, a, b, at);
}
void Vec::bit_and(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vand<Reg>>(recorder_, "bit_and", d, a, b, at);
}
void Vec::bit_or(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vor<Reg>>(recorder_, "bit_or", d, a, b, at);
}
void Vec::bit_xor(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vxor<Reg>>(recorder_, "bit_xor", d, a, b, at);
}
void Vec::shl(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vshl<Reg>>(recorder_, "shl", d, a, b, at);
}
void Vec::shr(const Dst& d, const Operand& a, const Operand& b, Where at) {
  binary<Vshr<Reg>>(recorder_, "shr", d, a, b, at);
}

void Vec::fma(const Dst& d, const Operand& a, const Operand& b, const Operand& c, Where at) {
  VecVerb v(recorder_, "fma", at);
  const TileInfo target = v.take(d, "the destination");
  v.extent_of(target);
  const auto first = v.source(a, target.type), second = v.source(b, target.type),
             third = v.source(c, target.type);
  const Int rows = v.rows, cols = v.cols;
  v.settle(target);
  Vfma<Reg> i;
  i.type = target.type;
  i.a_is = first.shape;
  i.b_is = second.shape;
  i.c_is = third.shape;
  i.d = v.verb.reg(target.address);
  i.a = v.reg(first);
  i.b = v.reg(second);
  i.c = v.reg(third);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.a_pitch = v.pitch_of(first);
  i.b_pitch = v.pitch_of(second);
  i.c_pitch = v.pitch_of(third);
  v.wrote(target, rows, cols);
  v.issue(i);
}

void Vec::convert(const Dst& d, const Src& a, const ConvertOptions& options, Where at) {
  VecVerb v(recorder_, "convert", at);
  const TileInfo target = v.take(d, "the destination");
  const TileInfo seen = v.take(a, "the source");
  v.extent_of(target);
  const auto source = v.source(Tile(std::make_shared<const TileInfo>(seen)), seen.type);
  const Int rows = v.rows, cols = v.cols;
  v.settle(target);
  Vconvert<Reg> i;
  i.to = target.type;
  i.from = seen.type;
  i.round = options.round;
  i.a_is = source.shape;
  i.d = v.verb.reg(target.address);
  i.a = v.reg(source);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.a_pitch = v.pitch_of(source);
  v.wrote(target, rows, cols);
  v.issue(i);
}

void Vec::cmp(const Dst& mask, const Operand& a, Compare cond, const Operand& b, Where at) {
  VecVerb v(recorder_, "cmp", at);
  const TileInfo target = v.take(mask, "the mask");
  v.verb.need_same_type(target.type, Type::kU8);
  const Tile* tile = std::get_if<Tile>(&a.value());
  const Lease* lease = std::get_if<Lease>(&a.value());
  if (tile == nullptr && lease == nullptr) v.verb.fail("the first source is a tile");
  const TileInfo left = v.take(tile != nullptr ? Src(*tile) : Src(*lease), "the source");
  v.extent_of(left);
  const auto second = v.source(b, left.type);
  v.rows = npu::min(v.rows, target.rows);
  v.cols = npu::min(v.cols, target.cols * 8);
  Vcmp<Reg> i;
  i.cond = cond;
  i.type = left.type;
  i.b_is = second.shape;
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(left.address);
  i.b = v.reg(second);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.a_pitch = v.pitch_of(left);
  i.b_pitch = v.pitch_of(second);
  v.wrote(target, v.rows, ceil_div(v.cols, 8));
  v.issue(i);
}

void Vec::select(const Dst& d, const Src& mask, const Operand& a, const Operand& b, Where at) {
  VecVerb v(recorder_, "select", at);
  const TileInfo target = v.take(d, "the destination");
  const TileInfo bits = v.take(mask, "the mask");
  v.verb.need_same_type(bits.type, Type::kU8);
  v.extent_of(target);
  const auto first = v.source(a, target.type), second = v.source(b, target.type);
  v.rows = npu::min(v.rows, bits.rows);
  v.cols = npu::min(v.cols, bits.cols * 8);
  Vselect<Reg> i;
  i.type = target.type;
  i.a_is = first.shape;
  i.b_is = second.shape;
  i.d = v.verb.reg(target.address);
  i.mask = v.verb.reg(bits.address);
  i.a = v.reg(first);
  i.b = v.reg(second);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.mask_pitch = v.pitch_of(bits);
  i.a_pitch = v.pitch_of(first);
  i.b_pitch = v.pitch_of(second);
  v.wrote(target, v.rows, v.cols);
  v.issue(i);
}

void Vec::band(const Dst& d, const Src& a, const BandOptions& band, const Operand& outside,
               Where at) {
  VecVerb v(recorder_, "band", at);
  const TileInfo target = v.take(d, "the destination");
  const TileInfo source = v.take(a, "the source");
  v.verb.need_same_type(source.type, target.type);
  v.extent_of(target);
  v.rows = npu::min(v.rows, source.rows);
  v.cols = npu::min(v.cols, source.cols);
  const Int fill = kit::scalar_bits(v.verb, outside, target.type);
  // The instruction counts from the tile's own corner.
  const Int corner = source.col0 - band.slope * source.row0;
  Vband<Reg> i;
  i.type = target.type;
  i.d = v.verb.reg(target.address);
  i.a = v.verb.reg(source.address);
  i.rows = v.rows_reg();
  i.cols = v.cols_reg();
  i.d_pitch = v.pitch_of(target);
  i.a_pitch = v.pitch_of(source);
  i.lo = v.verb.reg(band.lowest ? *band.lowest - corner : Int(-2147483647));
  i.hi = v.verb.reg(band.diagonal - corner);
  i.slope = v.verb.reg(band.slope);
  i.fill = v.verb.reg(fill);
  v.wrote(target, v.rows, v.cols);
  v.issue(i);
}

}  // namespace npu
