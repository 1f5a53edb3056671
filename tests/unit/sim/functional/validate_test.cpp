#include "tests/unit/sim/functional/samples.h"

using namespace npu;
using namespace npu::test;

namespace {

// The fault of a command, which must have one, and a piece of its text.
void check_fault(const Place& place, const Command& command, FaultCode code,
                 const std::string& piece) {
  const auto wrong = validate(place, command);
  REQUIRE(wrong);
  CHECK(fault_name(wrong->code) == std::string(fault_name(code)));
  CHECK_THAT(wrong->detail, Catch::Contains(piece));
}

bool valid(const Place& place, const Command& command) { return !validate(place, command); }

Load<Value> load_of(SampleRig& rig) {
  Load<Value> c;
  c.type = Type::kF16;
  c.layout = Layout::kFractal;
  c.src = rig.gm_tensor;
  c.rows = c.cols = 32;
  c.src_pitch = 64;
  return c;
}

Load<Value> row_load(SampleRig& rig) {
  Load<Value> c = load_of(rig);
  c.to = Mem::kUb;
  c.layout = Layout::kRow;
  c.dst_pitch = 64;
  return c;
}

Vadd<Value> add_of() {
  Vadd<Value> c;
  c.a = 0;
  c.b = 4096;
  c.d = 8192;
  c.rows = c.cols = 16;
  c.a_pitch = c.b_pitch = c.d_pitch = 64;
  return c;
}

Mma<Value> mma_of() {
  Mma<Value> c;
  c.type = Type::kF16;
  c.m = c.n = c.k = 32;
  return c;
}

Drain<Value> drain_of(SampleRig& rig) {
  Drain<Value> c;
  c.type = Type::kF16;
  c.dst = rig.gm_tensor;
  c.rows = c.cols = 32;
  c.dst_pitch = 64;
  return c;
}

Store<Value> store_of(SampleRig& rig) {
  Store<Value> c;
  c.type = Type::kF16;
  c.dst = rig.gm_tensor;
  c.rows = c.cols = 32;
  c.dst_pitch = c.src_pitch = 64;
  return c;
}

}  // namespace

TEST_CASE("the samples are valid") {
  SampleRig rig;
  for (const Sample& sample : rig.samples()) {
    const Place place{rig.gm, rig.group, rig.limits, sample.core};
    const auto wrong = validate(place, sample.command);
    INFO(sample.command.index() << ": " << (wrong ? wrong->detail : ""));
    CHECK_FALSE(wrong);
  }
}

TEST_CASE("a command for a unit that the core lacks is illegal") {
  SampleRig rig;
  check_fault(rig.vector(), mma_of(), FaultCode::kIllegalInstruction,
              "vector core has no unit for mma");
  check_fault(rig.vector(), Feed<Value>{}, FaultCode::kIllegalInstruction, "feed");
  check_fault(rig.vector(), drain_of(rig), FaultCode::kIllegalInstruction, "drain");
  check_fault(rig.cube(), add_of(), FaultCode::kIllegalInstruction,
              "cube core has no unit for vadd");
  check_fault(rig.cube(), store_of(rig), FaultCode::kIllegalInstruction, "store");
  check_fault(rig.cube(), Set<Value>{Unit::kVector, 1, 1}, FaultCode::kIllegalInstruction, "set");
}

TEST_CASE("4-bit elements come in pairs, and widen or convert as whole tiles") {
  SampleRig rig;
  Feed<Value> widen;
  widen.type = Type::kF16;
  widen.widen = true;
  check_fault(rig.cube(), widen, FaultCode::kBadOperand, "type f16 is not one of e2m1 i4");
  widen.type = Type::kI4;
  widen.rows = 16;
  widen.cols = 63;
  check_fault(rig.cube(), widen, FaultCode::kBadOperand, "63 elements of i4");
  Mma<Value> narrow = mma_of();
  narrow.type = Type::kI4;
  narrow.k = 31;
  rig.limits.cube_types.push_back(Type::kI4);
  check_fault(rig.cube(), narrow, FaultCode::kBadOperand, "31 elements of i4");
  Vconvert<Value> pack;
  pack.to = Type::kE2m1;
  pack.a_is = Source::kColumn;
  check_fault(rig.vector(), pack, FaultCode::kBadOperand, "tiles and rows only");
}

TEST_CASE("block scales are for machines that have them and types that take them") {
  SampleRig rig;
  MmaScaled<Value> mma;
  mma.type_a = mma.type_b = Type::kE4m3;
  mma.m = mma.n = mma.k = 32;
  mma.a_scale = mma.b_scale = 8192;
  CHECK(valid(rig.cube(), mma));
  mma.type_b = Type::kF16;
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "type f16 is not one of e4m3 e5m2 e2m1");
  mma.type_b = Type::kE2m1;
  CHECK(valid(rig.cube(), mma));
  mma.b_scale = rig.limits.l0b - 31;
  check_fault(rig.cube(), mma, FaultCode::kOutOfBounds, "b_scale");
  rig.limits.cube_types = {Type::kE4m3};
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "does not multiply e2m1");
  rig.limits.cube_scaled = false;
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "takes no block scales");
  check_fault(rig.cube(), FeedScale<Value>{}, FaultCode::kBadOperand, "takes no block scales");
  Load<Value> scale = load_of(rig);
  scale.layout = Layout::kScale;
  check_fault(rig.cube(), scale, FaultCode::kBadOperand, "type f16 is not one of e8m0 u8");
}

TEST_CASE("what vscatter, vcompress and vmerge write lies apart from all they read") {
  SampleRig rig;
  Vcompress<Value> compress;
  compress.b = 4096;
  compress.d = 8192;
  compress.count = 256;
  compress.rows = 2;
  compress.cols = 16;
  compress.a_pitch = 64;
  compress.b_pitch = 2;
  CHECK(valid(rig.vector(), compress));
  compress.d = 100;
  check_fault(rig.vector(), compress, FaultCode::kBadOperand, "d 0x64");
  compress.d = 8192;
  compress.count = 8192 + 124;
  check_fault(rig.vector(), compress, FaultCode::kBadOperand, "count");
  Vscatter<Value> scatter;
  scatter.b = 4096;
  scatter.d = 8192;
  scatter.count = 50;
  scatter.rows = 1;
  scatter.cols = 10;
  CHECK(valid(rig.vector(), scatter));
  scatter.b = 8192 + 160;
  check_fault(rig.vector(), scatter, FaultCode::kBadOperand, "overlaps b");
  Vmerge<Value> merge;
  merge.rows = 1;
  merge.cols = 32;
  merge.d = 1024;
  CHECK(valid(rig.vector(), merge));
  merge.b_pitch = 512;
  check_fault(rig.vector(), merge, FaultCode::kBadOperand, "overlaps a");
}

TEST_CASE("types are ones that the instruction and the machine allow") {
  SampleRig rig;
  Vadd<Value> add = add_of();
  add.type = static_cast<Type>(15);
  check_fault(rig.vector(), add, FaultCode::kBadOperand, "code 15 names no type");
  add.type = Type::kE4m3;
  check_fault(rig.vector(), add, FaultCode::kBadOperand,
              "type e4m3 is not one of f32 f16 bf16 i32 i16 u32");
  rig.limits.vector_types = {Type::kF32};
  add.type = Type::kBf16;
  check_fault(rig.vector(), add, FaultCode::kBadOperand,
              "vector unit of rig does not compute in bf16");
  Vcopy<Value> copy;
  copy.type = Type::kBf16;
  CHECK(valid(rig.vector(), copy));
  rig.limits.cube_types = {Type::kF16};
  Mma<Value> mma = mma_of();
  mma.type = Type::kBf16;
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "cube of rig does not multiply bf16");
  mma.type = Type::kI32;
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "i32");
  Drain<Value> drain = drain_of(rig);
  drain.from = Type::kF16;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "f16");
  drain.from = Type::kF32;
  drain.type = Type::kI32;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "i32");
  check_fault(rig.cube(), FeedBias<Value>{Type::kI8, 0, 0, 1, {}}, FaultCode::kBadOperand, "i8");
  Store<Value> store = store_of(rig);
  store.type = Type::kI8;
  store.atomic = Atomic::kAdd;
  check_fault(rig.vector(), store, FaultCode::kBadOperand, "i8");
  Vcmp<Value> cmp;
  cmp.cond = Compare::kLtu;
  check_fault(rig.vector(), cmp, FaultCode::kBadOperand, "ltu");
}

TEST_CASE("modes are ones that the instruction allows") {
  SampleRig rig;
  Load<Value> load = row_load(rig);
  load.layout = Layout::kFractal;
  check_fault(rig.vector(), load, FaultCode::kBadOperand, "ub takes row layout only");
  load = load_of(rig);
  load.layout = Layout::kTransposed;
  check_fault(rig.cube(), load, FaultCode::kBadOperand, "lays out");
  Drain<Value> drain = drain_of(rig);
  drain.layout = Layout::kFractal;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "only l1");
  drain.layout = Layout::kTiled;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "lays out");
  drain = drain_of(rig);
  drain.to = Mem::kL1;
  drain.atomic = Atomic::kAdd;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "atomic needs gm");
  drain = drain_of(rig);
  drain.split = 16;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "split needs ub");
  drain.to = Mem::kUb;
  drain.split = 15;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "32 rows, 15 to a vector core");
  drain = drain_of(rig);
  drain.from = drain.type = Type::kI32;
  drain.scaling = ScaleMode::kScalar;
  check_fault(rig.cube(), drain, FaultCode::kBadOperand, "i32 to i32");
  Vabs<Value> abs;
  abs.a_is = static_cast<Source>(6);
  check_fault(rig.vector(), abs, FaultCode::kBadOperand, "source shape");
  check_fault(rig.cube(), Set<Value>{Unit::kLoad, 64, 1}, FaultCode::kBadOperand, "flag 64");
  check_fault(rig.cube(), Wait<Value>{Unit::kLoad, ~uint64_t{0}, 1}, FaultCode::kBadOperand,
              "flag");
  Feed<Value> feed;
  feed.type = Type::kI4;
  feed.transpose = true;
  check_fault(rig.cube(), feed, FaultCode::kBadOperand, "transpose i4");
}

TEST_CASE("4-bit elements come in pairs") {
  SampleRig rig;
  Load<Value> load = load_of(rig);
  load.type = Type::kI4;
  load.cols = 33;
  check_fault(rig.cube(), load, FaultCode::kBadOperand, "pairs");
  load.cols = 34;
  CHECK(valid(rig.cube(), load));
}

TEST_CASE("a path that the machine or the core lacks is missing") {
  SampleRig rig;
  check_fault(rig.cube(), row_load(rig), FaultCode::kMissingPath, "cube core reaches l1, not ub");
  check_fault(rig.vector(), load_of(rig), FaultCode::kMissingPath,
              "vector core reaches ub, not l1");
  Fill<Value> fill;
  fill.to = Mem::kL0A;
  check_fault(rig.cube(), fill, FaultCode::kMissingPath, "l0a");
  Feed<Value> feed;
  feed.to = Mem::kL0C;
  check_fault(rig.cube(), feed, FaultCode::kMissingPath, "l0c");
  Drain<Value> drain = drain_of(rig);
  drain.to = Mem::kUb;
  CHECK(valid(rig.cube(), [&] {
    auto d = drain;
    d.dst = 0;
    return d;
  }()));
  rig.limits.l0c_to_ub = false;
  check_fault(rig.cube(), drain, FaultCode::kMissingPath, "rig has no path from l0c to ub");
  drain.to = Mem::kL0A;
  check_fault(rig.cube(), drain, FaultCode::kMissingPath, "l0a");
  Store<Value> store = store_of(rig);
  store.to = Mem::kL1;
  rig.limits.ub_to_l1 = false;
  check_fault(rig.vector(), store, FaultCode::kMissingPath, "rig has no path from ub to l1");
  LoadRows<Value> rows;
  rows.list_in = Mem::kUb;
  check_fault(rig.cube(), rows, FaultCode::kMissingPath, "list may be in gm or l1");
}

TEST_CASE("a command with an extent of 0 is legal whatever its addresses") {
  SampleRig rig;
  Load<Value> load = load_of(rig);
  load.rows = 0;
  load.dst = load.src = load.cols = ~uint64_t{0};
  CHECK(valid(rig.cube(), load));
  Mma<Value> mma = mma_of();
  mma.k = 0;
  mma.a = 1;
  CHECK(valid(rig.cube(), mma));
}

TEST_CASE("extents have a limit") {
  SampleRig rig;
  Load<Value> load = load_of(rig);
  load.rows = (1 << 24) + 1;
  check_fault(rig.cube(), load, FaultCode::kBadOperand, "rows = 16777217");
  load = load_of(rig);
  load.planes = ~uint64_t{0};
  check_fault(rig.cube(), load, FaultCode::kBadOperand, "planes");
  Mma<Value> mma = mma_of();
  mma.k = uint64_t{1} << 60;
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "k = ");
}

TEST_CASE("addresses and pitches are aligned as their memory asks") {
  SampleRig rig;
  Load<Value> load = row_load(rig);
  load.dst = 16;
  check_fault(rig.vector(), load, FaultCode::kMisaligned, "dst 0x10 in ub is not a multiple of 32");
  load = row_load(rig);
  load.dst_pitch = 72;
  check_fault(rig.vector(), load, FaultCode::kMisaligned, "dst's pitch 0x48");
  load.rows = 1;
  CHECK(valid(rig.vector(), load));  // a pitch that is not used does not matter
  rig.limits.gm_align = 4;
  load.src += 2;
  check_fault(rig.vector(), load, FaultCode::kMisaligned, "src");
  Load<Value> fractal = load_of(rig);
  fractal.dst = 32;
  fractal.dst_pitch = 1536;
  CHECK(valid(rig.cube(), fractal));
  fractal.dst = 16;
  check_fault(rig.cube(), fractal, FaultCode::kMisaligned, "dst");
  fractal.dst = 0;
  fractal.dst_pitch = 1024 + 256;
  check_fault(rig.cube(), fractal, FaultCode::kMisaligned, "multiple of 512");
  Feed<Value> feed;
  feed.type = Type::kF16;
  feed.rows = feed.cols = 16;
  feed.src = 32;
  check_fault(rig.cube(), feed, FaultCode::kMisaligned, "src");
  feed.src = 0;
  feed.dst = 256;
  check_fault(rig.cube(), feed, FaultCode::kMisaligned, "dst");
  Mma<Value> mma = mma_of();
  mma.c = 512;
  check_fault(rig.cube(), mma, FaultCode::kMisaligned, "c 0x200 in l0c is not a multiple of 1024");
  Drain<Value> drain = drain_of(rig);
  drain.src = 64;
  CHECK(valid(rig.cube(), drain));
  drain.src = 32;
  check_fault(rig.cube(), drain, FaultCode::kMisaligned, "multiple of 64");
  drain = drain_of(rig);
  drain.atomic = Atomic::kAdd;
  drain.dst += 1;
  check_fault(rig.cube(), drain, FaultCode::kMisaligned, "multiple of 4");
  Vadd<Value> add = add_of();
  add.b += 2;
  check_fault(rig.vector(), add, FaultCode::kMisaligned, "b 0x1002");
  check_fault(rig.cube(), SetWord<Value>{Unit::kLoad, rig.gm_tensor + 4, 1}, FaultCode::kMisaligned,
              "multiple of 8");
}

TEST_CASE("rows of an operand do not overlap each other, but for sources in GM") {
  SampleRig rig;
  Load<Value> load = row_load(rig);
  load.src_pitch = 0;
  CHECK(valid(rig.vector(), load));
  load.dst_pitch = 32;
  check_fault(rig.vector(), load, FaultCode::kBadOperand, "rows overlap each other");
  load = row_load(rig);
  load.planes = 2;
  load.dst_plane = 1024;
  check_fault(rig.vector(), load, FaultCode::kBadOperand, "overlap each other");
  load.dst_plane = 64;
  load.dst_pitch = 128;
  CHECK(valid(rig.vector(), load));  // a plane in the gaps of the other
  Vadd<Value> add = add_of();
  add.a_pitch = 0;
  check_fault(rig.vector(), add, FaultCode::kBadOperand, "a 0x0");
  Store<Value> store = store_of(rig);
  store.dst_pitch = 0;
  check_fault(rig.vector(), store, FaultCode::kBadOperand, "dst");
  Mma<Value> mma = mma_of();
  mma.a_pitch = 512;
  check_fault(rig.cube(), mma, FaultCode::kBadOperand, "a 0x0");
}

TEST_CASE("every access lies inside its memory") {
  SampleRig rig;
  Load<Value> load = row_load(rig);
  load.dst = rig.limits.ub - 31 * 64 - 64;
  CHECK(valid(rig.vector(), load));
  load.dst += 32;
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds,
              "does not fit into the 65536 bytes of ub");
  load = row_load(rig);
  load.dst_pitch = uint64_t{1} << 62;
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds, "dst");
  load.dst_pitch = ~uint64_t{31};
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds, "dst");
  load = row_load(rig);
  load.dst = ~uint64_t{31};
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds, "dst");
  Mma<Value> mma = mma_of();
  mma.b = rig.limits.l0b - 512;
  check_fault(rig.cube(), mma, FaultCode::kOutOfBounds, "l0b");
  mma = mma_of();
  mma.use_bias = true;
  mma.bias = rig.limits.bias - 64;
  check_fault(rig.cube(), mma, FaultCode::kOutOfBounds, "bias");
  Drain<Value> drain = drain_of(rig);
  drain.scaling = ScaleMode::kColumn;
  drain.scale = rig.limits.table - 64;
  check_fault(rig.cube(), drain, FaultCode::kOutOfBounds, "table");
}

TEST_CASE("every access to GM lies inside one allocation") {
  SampleRig rig;
  Load<Value> load = row_load(rig);
  load.src = 0;
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds, "outside every allocation of gm");
  load.src = rig.gm_tensor + (1 << 16) - 31 * 64 - 64;
  CHECK(valid(rig.vector(), load));
  load.src += 1;
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds,
              "does not fit into 'tensor', 65536 bytes");
  load.src = rig.gm_tensor | (uint64_t{1} << 48);
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds, "outside");
  load.src = rig.gm_tensor;
  load.src_pitch = uint64_t{1} << 63;
  check_fault(rig.vector(), load, FaultCode::kOutOfBounds, "src");
  check_fault(rig.cube(), WaitWord<Value>{Unit::kLoad, 8, 1}, FaultCode::kOutOfBounds, "address");
}

TEST_CASE("a destination overlaps a source only where both are the same view") {
  SampleRig rig;
  Vadd<Value> add = add_of();
  add.d = add.a;
  CHECK(valid(rig.vector(), add));
  add.d += 4;
  check_fault(rig.vector(), add, FaultCode::kBadOperand, "overlaps a");
  add.d = 64;  // the rows of a from the second on
  check_fault(rig.vector(), add, FaultCode::kBadOperand, "overlaps a");
  add = add_of();
  add.a_pitch = add.d_pitch = 128;
  add.d = 64;  // in the gaps between the rows
  CHECK(valid(rig.vector(), add));
  add.d_pitch = 64 + 256;
  add.d = 192;
  check_fault(rig.vector(), add, FaultCode::kBadOperand, "overlaps a");
  Vadd<Value> row = add_of();
  row.b_is = Source::kRow;
  row.b = row.d;
  check_fault(rig.vector(), row, FaultCode::kBadOperand, "overlaps b");
  Vconvert<Value> convert;
  convert.to = Type::kF16;
  convert.rows = 1;
  convert.cols = 16;
  check_fault(rig.vector(), convert, FaultCode::kBadOperand, "overlaps");
  Vunzip<Value> unzip;
  unzip.type = Type::kF32;
  unzip.d = unzip.b = 4096;
  unzip.rows = 1;
  unzip.cols = 8;
  check_fault(rig.vector(), unzip, FaultCode::kBadOperand, "overlaps b");
  Vtranspose<Value> transpose;
  transpose.type = Type::kF32;
  transpose.rows = transpose.cols = 1;
  check_fault(rig.vector(), transpose, FaultCode::kBadOperand, "overlaps a");
}

TEST_CASE("entries of a list select rows inside the table") {
  SampleRig rig;
  LoadRows<Value> rows;
  rows.type = Type::kF16;
  rows.src = rig.gm_tensor;
  rows.list = rig.gm_list;
  rows.rows = 4;
  rows.cols = 16;
  rows.src_pitch = 32;
  rows.dst_pitch = 32;
  CHECK_FALSE(validate_indices(rig.cube(), rows));
  Matrix far(Type::kI32, 1, 1);
  far.codes[0] = 2048;
  rig.put(Mem::kGm, 0, rig.gm_list + 4, far);
  CHECK(valid(rig.cube(), rows));
  const auto wrong = validate_indices(rig.cube(), rows);
  REQUIRE(wrong);
  CHECK(wrong->code == FaultCode::kOutOfBounds);
  CHECK_THAT(wrong->detail, Catch::Contains("entry 1 of the list is 2048"));
  rows.src_pitch = ~uint64_t{0};
  check_fault(rig.cube(), rows, FaultCode::kBadOperand, "pitch");
}

TEST_CASE("entries of a gather are from 0 to the count") {
  SampleRig rig;
  Matrix index(Type::kI32, 1, 2);
  index.codes = {3, 9};
  rig.put(Mem::kUb, 1, 4096, index);
  Vgather<Value> c;
  c.type = Type::kF32;
  c.b = 4096;
  c.d = 8192;
  c.rows = 1;
  c.cols = 2;
  c.count = 10;
  CHECK_FALSE(validate_indices(rig.vector(), c));
  c.count = 9;
  CHECK(validate_indices(rig.vector(), c)->code == FaultCode::kOutOfBounds);
  index.codes[1] = 0xffffffff;
  rig.put(Mem::kUb, 1, 4096, index);
  CHECK(validate_indices(rig.vector(), c)->code == FaultCode::kOutOfBounds);
  c.count = 1 << 20;
  check_fault(rig.vector(), c, FaultCode::kOutOfBounds, "does not fit");
  c.count = 2000;  // the table would reach the destination
  c.d = 4000;
  check_fault(rig.vector(), c, FaultCode::kBadOperand, "overlaps");
}

TEST_CASE("in timing-only a list or word in data is an unknown value that names its tensor") {
  Limits limits = machine();
  Gm gm(1 << 26, 1, true);
  GroupState group = make_group_state(limits, false);
  const Place place{gm, group, limits, 0};
  const uint64_t table = gm.allocate(4096, Storage::kData, "table");
  const uint64_t data = gm.allocate(64, Storage::kData, "ids"),
                 real = gm.allocate(64, Storage::kControl, "real");
  LoadRows<Value> rows;
  rows.type = Type::kF16;
  rows.src = table;
  rows.list = data;
  rows.rows = 4;
  rows.cols = 16;
  rows.src_pitch = rows.dst_pitch = 32;
  CHECK(valid(place, rows));
  const auto wrong = validate_indices(place, rows);
  REQUIRE(wrong);
  CHECK(wrong->code == FaultCode::kUnknownValue);
  CHECK_THAT(wrong->detail, Catch::Contains("'ids'"));
  rows.list = real;
  CHECK_FALSE(validate_indices(place, rows));
  CHECK(footprint(place, rows).size() == 6);
  check_fault(place, SetWord<Value>{Unit::kLoad, data, 1}, FaultCode::kUnknownValue, "'ids'");
  execute(place, SetWord<Value>{Unit::kLoad, real, 3});
  uint64_t word = 0;
  gm.read(real, &word, 8);
  CHECK(word == 3);
}

TEST_CASE("scalar accesses are checked like any other") {
  SampleRig rig;
  CHECK_FALSE(validate_scalar(rig.cube(), Mem::kGm, rig.gm_tensor + 8, 8));
  CHECK(validate_scalar(rig.cube(), Mem::kGm, rig.gm_tensor + 4, 8)->code ==
        FaultCode::kMisaligned);
  CHECK(validate_scalar(rig.cube(), Mem::kGm, 0, 8)->code == FaultCode::kOutOfBounds);
  CHECK(validate_scalar(rig.cube(), Mem::kUb, 0, 4)->code == FaultCode::kMissingPath);
  CHECK_FALSE(validate_scalar(rig.vector(), Mem::kUb, rig.limits.ub - 4, 4));
  CHECK(validate_scalar(rig.vector(), Mem::kUb, rig.limits.ub, 4)->code == FaultCode::kOutOfBounds);
  CHECK(validate_scalar(rig.vector(), Mem::kL1, 0, 4)->code == FaultCode::kMissingPath);
}
