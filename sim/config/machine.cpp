#include "sim/config/machine.h"

namespace npu {

void SequencerConfig::visit(FieldVisitor& v) {
  v.field("instructions_per_cycle", instructions_per_cycle, {1, 16}, "scalar instructions a cycle");
  v.field("branch", branch, {0, 1000}, "cycles more of a branch taken, jump, call or return");
  v.field("instruction_cache", instruction_cache, {0, 1 << 24},
          "bytes of the instruction cache; 0: every fetch hits");
  v.field("instruction_line", instruction_line, {64, 65536},
          "bytes of its lines, fetched through L2");
  v.field("data_cache", data_cache, {64, 1 << 24}, "bytes of the scalar data cache, 64-byte lines");
  v.field("cache_hit", cache_hit, {1, 1000}, "cycles of a scalar load that hits the cache");
  v.field("ub_access", ub_access, {1, 1000}, "cycles of a scalar access to UB");
}

void QueueConfig::visit(FieldVisitor& v) {
  v.field("load", load, {1, 4096}, "commands that load's queue holds");
  v.field("feed", feed, {1, 4096}, "commands that feed's queue holds");
  v.field("cube", cube, {1, 4096}, "commands that cube's queue holds");
  v.field("drain", drain, {1, 4096}, "commands that drain's queue holds");
  v.field("vector", vector, {1, 4096}, "commands that vector's queue holds");
  v.field("store", store, {1, 4096}, "commands that store's queue holds");
}

int QueueConfig::depth(Unit unit) const {
  switch (unit) {
    case Unit::kLoad:
      return load;
    case Unit::kFeed:
      return feed;
    case Unit::kCube:
      return cube;
    case Unit::kDrain:
      return drain;
    case Unit::kVector:
      return vector;
    case Unit::kStore:
      return store;
    case Unit::kSequencer:
      break;
  }
  return 1;
}

void CubeConfig::visit(FieldVisitor& v) {
  v.field("fractal_rows", fractal_rows, {1, 128}, "rows of a native tile of A, B and C");
  v.field("fractal_row_bytes", fractal_row_bytes, {4, 1024}, "bytes of a row of a native tile");
  v.field("startup", startup, {0, 10000}, "cycles from the last native tile to the result");
  v.field("gap", gap, {0, 10000}, "cycles between one mma and the next");
  v.field("cycles", cycles, {0, 10000},
          "cycles of one native tile by type of A and B; types left out are not supported");
  v.field("scaled", scaled, "takes e8m0 scales for each 32 of K of its 4- and 8-bit float types");
}

void BufferConfig::visit(FieldVisitor& v) {
  constexpr double kMost = 1 << 30;
  v.field("l1", l1, {64, kMost}, "bytes of a cube core's L1");
  v.field("l0a", l0a, {64, kMost}, "bytes of L0A");
  v.field("l0b", l0b, {64, kMost}, "bytes of L0B");
  v.field("l0c", l0c, {64, kMost}, "bytes of L0C");
  v.field("bias", bias, {0, kMost}, "bytes of the bias buffer");
  v.field("table", table, {0, kMost}, "bytes of drain's table of column scales");
  v.field("ub", ub, {64, kMost}, "bytes of a vector core's UB");
  v.field("ub_align", ub_align, {1, 512}, "bytes that UB addresses and pitches are multiples of");
  v.field("gm_align", gm_align, {1, 512}, "bytes that GM addresses and pitches are multiples of");
  v.field(
      "l1_bytes_per_cycle", l1_bytes_per_cycle, {0, 1e6},
      "written through the port of L1 that feed reads by and stands still for; 0: another port");
  v.field("l0c_bytes_per_cycle", l0c_bytes_per_cycle, {0, 1e6},
          "that drain reads from L0C while the cube stands still; 0: through another port");
}

void PathConfig::visit(FieldVisitor& v) {
  v.field("l0c_to_ub", l0c_to_ub, "drain reaches the UB of the group's vector cores");
  v.field("ub_to_l1", ub_to_l1, "store reaches the L1 of the group's cube core");
}

namespace {
constexpr FieldRange kCycles{0, 100000};
constexpr FieldRange kBytesPerCycle{0.01, 1e6};
}  // namespace

void SustainedConfig::visit(FieldVisitor& v) {
  v.field("bytes_per_cycle", bytes_per_cycle, {0, 1e6}, "over a long time; 0: no limit");
  v.field("burst", burst, {0, 1 << 30}, "bytes taken at the unit's own rate before");
}

void LoadConfig::visit(FieldVisitor& v) {
  v.field("head", head, kCycles, "cycles before a load's first request");
  v.field("vector_tail", vector_tail, kCycles, "cycles from the last byte to its place in UB");
  v.field("cube_bytes_per_cycle", cube_bytes_per_cycle, kBytesPerCycle,
          "GM to L1, one cube core's port");
  v.field("vector_bytes_per_cycle", vector_bytes_per_cycle, kBytesPerCycle,
          "GM to UB, one vector core's port");
  v.group("cube_sustained", cube_sustained, "what GM to L1 carries over a long time");
  v.group("vector_sustained", vector_sustained, "what GM to UB carries over a long time");
  v.field("fill_bytes_per_cycle", fill_bytes_per_cycle, kBytesPerCycle, "fill of L1 or UB");
  constexpr FieldRange kPart{0, 1000};
  v.field("row", row, kPart, "cycles that a row with a gap behind it takes at least");
  v.field(
      "request", request, kPart,
      "cycles of a request; a row is asked for in pieces aligned to their size, a line at most");
  v.field("fractal_request", fractal_request, kPart, "the same where rows become fractals");
  v.field("fractal_bytes_per_cycle", fractal_bytes_per_cycle, {0, 1e6},
          "rate at which rows become fractals; 0: no limit");
}

void FeedConfig::visit(FieldVisitor& v) {
  v.field("head", head, kCycles, "cycles before the first byte");
  v.field("l0a_bytes_per_cycle", l0a_bytes_per_cycle, kBytesPerCycle, "L1 to L0A");
  v.field("l0b_bytes_per_cycle", l0b_bytes_per_cycle, kBytesPerCycle, "L1 to L0B");
  v.field("table_head", table_head, kCycles, "head of a feed to the bias buffer or the table");
  v.field("table_bytes_per_cycle", table_bytes_per_cycle, kBytesPerCycle,
          "L1 to the bias buffer and the table");
}

void DrainConfig::visit(FieldVisitor& v) {
  v.field("head", head, kCycles, "cycles before the first byte");
  v.field("tail", tail, kCycles, "cycles more until what goes to GM is visible");
  v.field("l0c_bytes_per_cycle", l0c_bytes_per_cycle, kBytesPerCycle, "read from L0C");
  v.field("gm_bytes_per_cycle", gm_bytes_per_cycle, kBytesPerCycle, "written to GM");
  v.group("gm_sustained", gm_sustained, "what L0C to GM carries over a long time");
  v.field("l1_bytes_per_cycle", l1_bytes_per_cycle, kBytesPerCycle, "written to L1");
  v.field("ub_bytes_per_cycle", ub_bytes_per_cycle, kBytesPerCycle, "written to UB");
}

void StoreConfig::visit(FieldVisitor& v) {
  v.field("head", head, kCycles, "cycles before the first byte");
  v.field("tail", tail, kCycles, "cycles more until what goes to GM is visible");
  v.field("gm_bytes_per_cycle", gm_bytes_per_cycle, kBytesPerCycle, "UB to GM");
  v.group("gm_sustained", gm_sustained, "what UB to GM carries over a long time");
  v.field("l1_bytes_per_cycle", l1_bytes_per_cycle, kBytesPerCycle, "UB to L1");
}

void VectorRate::visit(FieldVisitor& v) {
  constexpr FieldRange kElements{0.001, 1e6};
  v.field("b4", b4, kElements, "elements a cycle of 4-byte types");
  v.field("b2", b2, kElements, "elements a cycle of 2-byte types");
  v.field("b1", b1, kElements, "elements a cycle of 1-byte types");
}

double VectorRate::of(int element_bytes) const {
  if (element_bytes >= 4) return b4;
  return element_bytes == 2 ? b2 : b1;
}

void VectorCycles::visit(FieldVisitor& v) {
  v.field("b4", b4, {0, 10000}, "cycles with 4-byte types");
  v.field("b2", b2, {0, 10000}, "cycles with 2-byte types");
  v.field("b1", b1, {0, 10000}, "cycles with 1-byte types");
}

double VectorCycles::of(int element_bytes) const {
  if (element_bytes >= 4) return b4;
  return element_bytes == 2 ? b2 : b1;
}

void BankConfig::visit(FieldVisitor& v) {
  v.field("groups", groups, {1, 32}, "groups of banks that successive words go round");
  v.field("word", word, {1, 4096}, "bytes of a word");
  v.field("bank_span", bank_span, {1, 1 << 30}, "bytes of UB of which one group has one bank");
  v.field("group_reads", group_reads, {1, 64}, "words a cycle that a group gives");
  v.field("group_accesses", group_accesses, {1, 64}, "words a cycle that a group gives and takes");
  v.field("bank_accesses", bank_accesses, {1, 64}, "words a cycle that a bank gives and takes");
  v.field("write_lag", write_lag, {0, 64},
          "steps by which a result is written later than its sources are read");
}

void VectorConfig::visit(FieldVisitor& v) {
  v.field("head", head, kCycles, "cycles from an instruction's last element to its result");
  v.field("issue", issue, kCycles, "cycles that an instruction takes the unit at least");
  v.field("repeat", repeat, {1, 65536},
          "bytes of the widest operand that one step works on; rows with gaps take whole steps");
  v.field("block", block, {1, 4096}, "bytes; one step may gather rows of at most a block each");
  v.field("types", types, "element types of vector arithmetic");
  v.group("simple", simple, "add, multiply, maximum, compare, select, copy, logic, shift");
  v.group("multiply_add", multiply_add, "vfma of three tiles");
  v.group("transcendental", transcendental, "vexp, vln, vsqrt");
  v.group("divide", divide, "vdiv");
  v.group("reduce", reduce, "row reductions of rows of one block, vcount and vscan");
  v.group("gather", gather, "vgather, vscatter and vhistogram, by element");
  v.group("transpose", transpose, "vtranspose, vzip, vunzip");
  v.group("convert", convert, "vconvert, by the wider of the two types");
  v.group("compress", compress, "vcompress, by elements of the source");
  v.group("sort", sort, "vsort and vmerge, by pairs of the result");
  v.group("row_sum", row_sum, "to close each row of vrow_sum, once folded to one step");
  v.group("row_extreme", row_extreme, "the same of the other row reductions");
  v.field("partial_mask", partial_mask, kCycles,
          "cycles more of a vcmp whose mask ends within a word of UB, which is read and merged");
  v.group("bank", bank, "banks of UB");
}

void SyncConfig::visit(FieldVisitor& v) {
  v.field("group_flag", group_flag, kCycles, "cycles until another core of the group sees a set");
  v.field("barrier", barrier, kCycles,
          "cycles from the last arrival at the barrier to its release");
}

void LaunchConfig::visit(FieldVisitor& v) {
  v.field("microseconds", microseconds, {0, 1e6},
          "from the host's call to the first instruction; not part of a run's cycles");
  v.field("graph_microseconds", graph_microseconds, {0, 1e6},
          "from the end of one kernel of a captured graph to the start of the next");
  v.field("core_nanoseconds", core_nanoseconds, {0, 1e6}, "more for each group that is started");
  v.field("mixed_microseconds", mixed_microseconds, {0, 1e6},
          "more for a kernel with both cube and vector code");
}

double LaunchConfig::seconds(bool graph, int groups, bool mixed) const {
  return (graph ? graph_microseconds : microseconds) * 1e-6 + groups * core_nanoseconds * 1e-9 +
         (mixed ? mixed_microseconds * 1e-6 : 0);
}

void LinkConfig::visit(FieldVisitor& v) {
  v.field("topology", topology, "full_mesh, ring, mesh or switch");
  v.field("gigabytes_per_second", gigabytes_per_second, {0.001, 1e6},
          "one way: of each link, or of a chip's port to its switch");
  v.field("latency_nanoseconds", latency_nanoseconds, {0, 1e6}, "of one hop");
  v.field("leaf", leaf, {1, 1024}, "switch: chips under one leaf; mesh: chips of a row");
  v.field("uplink_gigabytes_per_second", uplink_gigabytes_per_second, {0.001, 1e6},
          "switch: of a leaf to the spine, one way");
}

void EnergyConfig::visit(FieldVisitor& v) {
  constexpr FieldRange kPicojoules{0, 1e6};
  v.field("mac_femtojoules", mac_femtojoules, {0, 1e6},
          "of one multiply-add of the cube by type; types left out cost nothing");
  v.field("vector_picojoules", vector_picojoules, kPicojoules, "of a busy cycle of a vector unit");
  v.field("l2_picojoules", l2_picojoules, kPicojoules, "of a byte between a core and L2");
  v.field("hbm_picojoules", hbm_picojoules, kPicojoules, "of a byte between L2 and HBM");
  v.field("link_picojoules", link_picojoules, kPicojoules, "of a byte that a link carries");
  v.field("static_watts", static_watts, {0, 1e5}, "of a chip, whatever it does");
}

void MachineConfig::visit(FieldVisitor& v) {
  v.field("about", about, "the machine in one line");
  v.field("clock_ghz", clock_ghz, {0.001, 100}, "GHz");
  v.field("chips", chips, {1, 1024}, "chips, joined by links");
  v.field("groups", groups, {1, 1024}, "groups of a chip");
  v.field("vectors", vectors, {1, 8}, "vector cores of a group");
  v.group("sequencer", sequencer, "the scalar processor of each core");
  v.group("queue", queue, "depths of the units' queues");
  v.group("cube", cube, "the matrix unit");
  v.group("buffer", buffer, "local memories");
  v.group("path", path, "data paths that some machines lack");
  v.group("load", load, "GM to L1 or UB");
  v.group("feed", feed, "L1 to L0A, L0B, bias buffer and table");
  v.group("drain", drain, "L0C to GM, L1 or UB");
  v.group("store", store, "UB to GM or L1");
  v.group("vector", vector, "the vector unit");
  v.group("sync", sync, "flags between cores and the grid barrier");
  v.group("memory", memory, "global memory, L2 and HBM");
  v.group("launch", launch, "the host's side of a launch");
  v.group("link", link, "what joins the chips");
  v.group("energy", energy, "energy of the parts");
}

namespace {

// What a cube core loads for long: rows that become fractals.
double cube_load_rate(const LoadConfig& load) {
  double rate = load.cube_bytes_per_cycle;
  for (const double limit : {load.cube_sustained.bytes_per_cycle, load.fractal_bytes_per_cycle}) {
    if (limit > 0) rate = std::min(rate, limit);
  }
  return rate;
}

}  // namespace

Limits limits_of(const MachineConfig& machine) {
  Limits limits;
  limits.machine = machine.name;
  limits.groups = machine.groups;
  limits.vectors = machine.vectors;
  limits.chips = machine.chips;
  limits.fractal_rows = machine.cube.fractal_rows;
  limits.fractal_row_bytes = machine.cube.fractal_row_bytes;
  const auto bytes = [](int64_t value) { return static_cast<uint64_t>(value); };
  limits.l1 = bytes(machine.buffer.l1);
  limits.l0a = bytes(machine.buffer.l0a);
  limits.l0b = bytes(machine.buffer.l0b);
  limits.l0c = bytes(machine.buffer.l0c);
  limits.bias = bytes(machine.buffer.bias);
  limits.table = bytes(machine.buffer.table);
  limits.ub = bytes(machine.buffer.ub);
  limits.gm = bytes(machine.memory.gm);
  limits.ub_align = machine.buffer.ub_align;
  limits.gm_align = machine.buffer.gm_align;
  limits.ub_stripe = machine.vector.bank.groups * machine.vector.bank.word;
  for (int type = 0; type < kTypeCount; ++type) {
    if (machine.cube.cycles[static_cast<size_t>(type)] > 0) {
      limits.cube_types.push_back(static_cast<Type>(type));
    }
  }
  limits.cube_scaled = machine.cube.scaled;
  limits.vector_types = machine.vector.types;
  limits.l0c_to_ub = machine.path.l0c_to_ub;
  limits.ub_to_l1 = machine.path.ub_to_l1;
  limits.gm_bytes_per_cycle_core = cube_load_rate(machine.load);
  limits.gm_bytes_per_cycle_chip = machine.memory.l2.bytes_per_cycle;
  limits.hbm_bytes_per_cycle = machine.hbm_bytes_per_cycle();
  limits.l2_fetches_again = machine.memory.l2.sector > 0;
  const int f16_cycles = machine.cube.cycles[static_cast<size_t>(Type::kF16)];
  if (f16_cycles > 0) {
    limits.cube_macs_per_cycle_f16 = static_cast<double>(limits.fractal_rows) *
                                     limits.fractal_rows * limits.fractal_cols(Type::kF16) /
                                     f16_cycles;
  }
  return limits;
}

}  // namespace npu
