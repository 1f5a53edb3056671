#include "tests/unit/sim/functional/samples.h"

namespace npu::test {

namespace {

constexpr uint64_t kIndices = 0xf000;  // of UB and L1: a list

template <class C>
C unary(Type type, Source shape) {
  C c;
  c.type = type;
  c.a_is = shape;
  c.d = 0x4000;
  c.rows = 5;
  c.cols = 19;
  c.d_pitch = 160;
  c.a_pitch = 96;
  return c;
}

template <class C>
C binary(Type type, Source a, Source b) {
  C c;
  c.type = type;
  c.a_is = a;
  c.b_is = b;
  c.b = 0x2000;
  c.d = 0x4000;
  c.rows = 5;
  c.cols = 19;
  c.d_pitch = 160;
  c.a_pitch = 96;
  c.b_pitch = 128;
  return c;
}

template <class C>
C reduce(Type type) {
  C c;
  c.type = type;
  c.d = 0x4000;
  c.rows = 5;
  c.cols = 19;
  c.d_pitch = 12;
  c.a_pitch = 96;
  return c;
}

template <class C>
C shuffle(Type type) {
  C c;
  c.type = type;
  c.d = 0x4000;
  c.b = 0x2000;
  c.rows = 5;
  c.cols = 19;
  c.d_pitch = 200;
  c.a_pitch = 192;
  c.b_pitch = 128;
  return c;
}

void add_elementwise(std::vector<Sample>& all) {
  const auto vector = [&](const Command& c) { all.push_back({1, c}); };
  vector(unary<Vcopy<Value>>(Type::kU8, Source::kTile));
  vector(unary<Vcopy<Value>>(Type::kF32, Source::kColumn));
  vector(unary<Vabs<Value>>(Type::kF32, Source::kTile));
  vector(unary<Vneg<Value>>(Type::kF16, Source::kRow));
  vector(unary<Vrelu<Value>>(Type::kBf16, Source::kTile));
  vector(unary<Vexp<Value>>(Type::kF32, Source::kTile));
  vector(unary<Vln<Value>>(Type::kF32, Source::kOne));
  vector(unary<Vsqrt<Value>>(Type::kF16, Source::kTile));
  vector(unary<Vrsqrt<Value>>(Type::kF32, Source::kScalar));
  vector(unary<Vrec<Value>>(Type::kF32, Source::kTile));
  vector(unary<Vnot<Value>>(Type::kI32, Source::kTile));
  vector(unary<Vhash<Value>>(Type::kU32, Source::kTile));
  vector(binary<Vadd<Value>>(Type::kF32, Source::kTile, Source::kTile));
  vector(binary<Vsub<Value>>(Type::kF16, Source::kTile, Source::kRow));
  vector(binary<Vmul<Value>>(Type::kI16, Source::kColumn, Source::kTile));
  vector(binary<Vdiv<Value>>(Type::kF32, Source::kTile, Source::kColumn));
  vector(binary<Vmax<Value>>(Type::kF32, Source::kOne, Source::kTile));
  vector(binary<Vmin<Value>>(Type::kI32, Source::kTile, Source::kScalar));
  vector(binary<Vand<Value>>(Type::kU8, Source::kTile, Source::kTile));
  vector(binary<Vor<Value>>(Type::kU32, Source::kTile, Source::kTile));
  vector(binary<Vxor<Value>>(Type::kI8, Source::kTile, Source::kTile));
  vector(binary<Vshl<Value>>(Type::kI32, Source::kTile, Source::kTile));
  vector(binary<Vshr<Value>>(Type::kI16, Source::kTile, Source::kTile));
  Vfma<Value> fma;
  fma.b = 0x2000;
  fma.c = 0x3000;
  fma.c_is = Source::kRow;
  fma.d = 0x4000;
  fma.rows = 5;
  fma.cols = 19;
  fma.d_pitch = fma.a_pitch = fma.b_pitch = 96;
  vector(fma);
  Vcmp<Value> cmp = binary<Vcmp<Value>>(Type::kF16, Source::kTile, Source::kRow);
  cmp.cond = Compare::kLt;
  cmp.d_pitch = 5;
  vector(cmp);
  Vselect<Value> select = binary<Vselect<Value>>(Type::kF16, Source::kTile, Source::kColumn);
  select.mask = 0x6000;
  select.mask_pitch = 3;
  vector(select);
  Vband<Value> band = reduce<Vband<Value>>(Type::kF32);
  band.d_pitch = 96;
  band.hi = 3;
  band.slope = 1;
  vector(band);
}

void add_reductions(std::vector<Sample>& all) {
  const auto vector = [&](const Command& c) { all.push_back({1, c}); };
  vector(reduce<VrowSum<Value>>(Type::kF32));
  vector(reduce<VrowMax<Value>>(Type::kF16));
  vector(reduce<VrowMin<Value>>(Type::kI32));
  vector(reduce<VrowAbsmax<Value>>(Type::kBf16));
  vector(reduce<VrowArgmax<Value>>(Type::kF16));
  vector(reduce<VcolSum<Value>>(Type::kF32));
  vector(reduce<VcolMax<Value>>(Type::kI16));
  vector(reduce<Vcount<Value>>(Type::kU8));
  Vscan<Value> scan = reduce<Vscan<Value>>(Type::kI32);
  scan.d_pitch = 96;
  vector(scan);
}

void add_shuffles(std::vector<Sample>& all) {
  const auto vector = [&](const Command& c) { all.push_back({1, c}); };
  Viota<Value> iota;
  iota.d = 0x4000;
  iota.rows = 3;
  iota.cols = 7;
  iota.d_pitch = 32;
  iota.col_step = 1;
  vector(iota);
  Vconvert<Value> convert;
  convert.to = Type::kF16;
  convert.d = 0x4000;
  convert.rows = 5;
  convert.cols = 19;
  convert.d_pitch = 40;
  convert.a_pitch = 96;
  vector(convert);
  convert.a_is = Source::kColumn;
  vector(convert);
  convert.a_is = Source::kTile;
  convert.to = Type::kE2m1;
  convert.cols = 18;
  vector(convert);
  vector(shuffle<Vtranspose<Value>>(Type::kF16));
  vector(shuffle<Vzip<Value>>(Type::kF32));
  vector(shuffle<Vunzip<Value>>(Type::kI8));
  Vgather<Value> gather = shuffle<Vgather<Value>>(Type::kF32);
  gather.b = kIndices;
  gather.rows = 1;
  gather.count = 64;
  vector(gather);
  VgatherRows<Value> rows = shuffle<VgatherRows<Value>>(Type::kF32);
  rows.b = kIndices;
  rows.count = 32;
  vector(rows);
  Vscatter<Value> scatter = shuffle<Vscatter<Value>>(Type::kF16);
  scatter.b = kIndices;
  scatter.rows = 1;
  scatter.count = 40;
  vector(scatter);
  Vcompress<Value> compress = shuffle<Vcompress<Value>>(Type::kF16);
  compress.count = 0x6000;
  compress.b_pitch = 4;
  vector(compress);
  vector(shuffle<Vsort<Value>>(Type::kF32));
  Vmerge<Value> merge = shuffle<Vmerge<Value>>(Type::kI32);
  merge.b_pitch = 0;
  merge.a_pitch = 640;
  merge.count = 21;
  vector(merge);
  Vhistogram<Value> histogram = shuffle<Vhistogram<Value>>(Type::kU8);
  histogram.count = 200;
  vector(histogram);
}

}  // namespace

SampleRig::SampleRig() {
  gm_tensor = tensor(1 << 16, "tensor");
  gm_list = tensor(256, "list");
  Numbers numbers(9);
  const auto randomise = [&](std::byte* at, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) at[i] = static_cast<std::byte>(numbers.bits() >> 8);
  };
  for (Mem mem : {Mem::kL1, Mem::kL0A, Mem::kL0B, Mem::kL0C, Mem::kBias, Mem::kTable}) {
    LocalMemory& memory = memory_of(group, mem, 0);
    randomise(memory.data(), memory.size());
  }
  for (VectorCoreState& vector : group.vectors) randomise(vector.ub.data(), vector.ub.size());
  randomise(gm.row_for_write(gm_tensor, 1 << 16), 1 << 16);
  Matrix list(Type::kI32, 1, 19);
  for (uint32_t& code : list.codes) code = numbers.bits() % 20;
  put(Mem::kUb, 1, kIndices, list);
  put(Mem::kL1, 0, kIndices, list);
  list.codes[2] = 0xffffffff;
  put(Mem::kGm, 0, gm_list, list);
}

std::vector<Sample> SampleRig::samples() const {
  std::vector<Sample> all;
  const auto cube = [&](const Command& c) { all.push_back({0, c}); };
  const auto vector = [&](const Command& c) { all.push_back({1, c}); };
  cube(SetWord<Value>{Unit::kCube, gm_tensor + 8, 1});
  vector(WaitWord<Value>{Unit::kStore, gm_tensor + 8, 1});
  Load<Value> load;
  load.type = Type::kF16;
  load.layout = Layout::kFractal;
  load.dst = 512 + 64;
  load.src = gm_tensor + 6;
  load.rows = 21;
  load.cols = 37;
  load.dst_pitch = 2048;
  load.src_pitch = 90;
  load.planes = 2;
  load.dst_plane = 8192;
  load.src_plane = 4000;
  cube(load);
  load.layout = Layout::kTiled;
  load.dst = 1024;
  load.src_pitch = 0;
  cube(load);
  load.layout = Layout::kScale;
  load.type = Type::kE8m0;
  load.dst_pitch = 25;
  load.src_pitch = 90;
  cube(load);
  load.type = Type::kF16;
  load.layout = Layout::kRow;
  load.to = Mem::kUb;
  load.src_pitch = 90;
  load.dst_pitch = 96;
  vector(load);
  LoadRows<Value> rows;
  rows.type = Type::kF16;
  rows.layout = Layout::kFractal;
  rows.dst = 512;
  rows.src = gm_tensor;
  rows.list = gm_list;
  rows.rows = 6;
  rows.cols = 37;
  rows.src_pitch = 100;
  cube(rows);
  rows.layout = Layout::kRow;
  rows.to = rows.list_in = Mem::kUb;
  rows.list = kIndices;
  rows.dst_pitch = 96;
  vector(rows);
  Fill<Value> fill;
  fill.type = Type::kF16;
  fill.dst = 64;
  fill.rows = 3;
  fill.cols = 5;
  fill.dst_pitch = 32;
  fill.value = 0x3c00;
  cube(fill);
  Feed<Value> feed;
  feed.type = Type::kF16;
  feed.src = 1024;
  feed.dst = 512;
  feed.rows = 21;
  feed.cols = 37;
  feed.src_pitch = 1024;
  cube(feed);
  feed.transpose = true;
  feed.to = Mem::kL0B;
  cube(feed);
  feed.type = Type::kI8;
  cube(feed);
  feed.type = Type::kI4;
  feed.transpose = false;
  feed.widen = true;
  feed.cols = 98;
  feed.dst_pitch = 0;
  cube(feed);
  cube(FeedScale<Value>{Mem::kL0B, 100, 77, 21, 7, 16, 4, 5, {}});
  cube(FeedBias<Value>{Type::kF16, 16, 64, 11, {}});
  cube(FeedTable<Value>{16, 64, 11, {}});
  Drain<Value> drain;
  drain.type = Type::kF16;
  drain.dst = gm_tensor + 2;
  drain.src = 1024;
  drain.rows = 21;
  drain.cols = 37;
  drain.dst_pitch = 80;
  drain.scaling = ScaleMode::kColumn;
  cube(drain);
  drain.layout = Layout::kTransposed;
  cube(drain);
  drain.to = Mem::kL1;
  drain.layout = Layout::kFractal;
  drain.dst = 512;
  drain.dst_pitch = 1024;
  cube(drain);
  drain.to = Mem::kUb;
  drain.layout = Layout::kRow;
  drain.dst_pitch = 96;
  drain.split = 16;
  cube(drain);
  drain.to = Mem::kGm;
  drain.type = Type::kF32;
  drain.atomic = Atomic::kAdd;
  drain.dst = gm_tensor;
  drain.dst_pitch = 160;
  drain.split = 0;
  cube(drain);
  Store<Value> store;
  store.type = Type::kF16;
  store.dst = gm_tensor + 2;
  store.src = 64;
  store.rows = 5;
  store.cols = 19;
  store.dst_pitch = 50;
  store.src_pitch = 64;
  vector(store);
  store.to = Mem::kL1;
  store.layout = Layout::kFractal;
  store.dst = 512 + 96;
  store.dst_pitch = 1024;
  vector(store);
  StoreRows<Value> scatter;
  scatter.list_in = Mem::kUb;
  scatter.type = Type::kF16;
  scatter.atomic = Atomic::kMax;
  scatter.dst = gm_tensor;
  scatter.list = kIndices;
  scatter.rows = 6;
  scatter.cols = 19;
  scatter.dst_pitch = 50;
  scatter.src_pitch = 64;
  vector(scatter);
  Mma<Value> mma;
  mma.type = Type::kF16;
  mma.a = 512;
  mma.b = 1024;
  mma.c = 1024;
  mma.m = 21;
  mma.n = 18;
  mma.k = 37;
  cube(mma);
  mma.accumulate = 1;
  cube(mma);
  mma.accumulate = 0;
  mma.use_bias = true;
  mma.bias = 16;
  cube(mma);
  MmaScaled<Value> scaled;
  scaled.type_a = Type::kE4m3;
  scaled.type_b = Type::kE2m1;
  scaled.a = 512;
  scaled.b = 1024;
  scaled.c = 1024;
  scaled.m = 21;
  scaled.n = 18;
  scaled.k = 74;
  scaled.a_scale = 8000;
  scaled.b_scale = 8000;
  cube(scaled);
  add_elementwise(all);
  add_reductions(all);
  add_shuffles(all);
  return all;
}

}  // namespace npu::test
