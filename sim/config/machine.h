// A machine in numbers: what a YAML file in configs/machines says, as plain structs.
//
// Every field is declared once, in its struct's visit(): name, range and meaning there drive
// reading, defaults, checking, help and dump. Times are in cycles of the machine's clock, sizes in
// bytes, rates in bytes or elements per cycle.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "isa/instructions/operands.h"
#include "isa/limits/limits.h"
#include "sim/config/fields.h"
#include "sim/config/memory.h"

namespace npu {

struct SequencerConfig {
  int instructions_per_cycle = 1;
  int branch = 0;                 // cycles more of a branch taken, jump, call or return
  int64_t instruction_cache = 0;  // bytes; 0: every fetch hits
  int instruction_line = 2048;    // bytes fetched through L2 at a miss
  int64_t data_cache = 16384;     // bytes, lines of 64
  int cache_hit = 2;              // cycles of ld that hits
  int ub_access = 2;              // cycles of ld from UB
  void visit(FieldVisitor& v);
};

// Commands that a unit's queue holds; a full queue stops the sequencer.
struct QueueConfig {
  int load = 32, feed = 32, cube = 32, drain = 32, vector = 32, store = 32;
  void visit(FieldVisitor& v);
  int depth(Unit unit) const;
};

struct CubeConfig {
  int fractal_rows = 16;
  int fractal_row_bytes = 32;
  int startup = 21;     // cycles from the last native tile to the result
  int gap = 2;          // cycles between two mma
  TypeTable cycles;     // cycles of one native tile by type of A and B; 0: not a type of this cube
  bool scaled = false;  // mma_scaled
  void visit(FieldVisitor& v);
};

struct BufferConfig {
  int64_t l1 = 524288, l0a = 65536, l0b = 65536, l0c = 131072, bias = 1024, table = 7168,
          ub = 196608;
  int ub_align = 32;
  int gm_align = 1;
  double l1_bytes_per_cycle = 512;   // written to L1 while feed stands still; 0: it never does
  double l0c_bytes_per_cycle = 512;  // drain reads of L0C while the cube stands still; 0: the same
  void visit(FieldVisitor& v);
};

struct PathConfig {
  bool l0c_to_ub = false;
  bool ub_to_l1 = false;
  void visit(FieldVisitor& v);
};

// What a path carries over a long time, behind a buffer that takes a burst at the unit's own rate.
struct SustainedConfig {
  double bytes_per_cycle = 0;  // 0: no limit
  int64_t burst = 0;           // bytes
  void visit(FieldVisitor& v);
};

// Units that move data. `head` is the fixed part of an instruction during which its unit is taken,
// `tail` the part after its last byte during which the next instruction may be at work.
struct LoadConfig {
  int head = 4;
  int vector_tail = 0;                  // GM -> UB
  double cube_bytes_per_cycle = 164;    // GM -> L1, one core's port
  double vector_bytes_per_cycle = 109;  // GM -> UB
  SustainedConfig cube_sustained, vector_sustained;
  double fill_bytes_per_cycle = 256;
  double row = 0;              // cycles that a row of its own takes at least
  double request = 0;          // cycles of a request: bytes of one line, aligned to their size
  double fractal_request = 0;  // the same where rows become fractals
  double fractal_bytes_per_cycle = 0;  // rows become fractals no faster; 0: no limit
  void visit(FieldVisitor& v);
};

struct FeedConfig {
  int head = 4;
  double l0a_bytes_per_cycle = 256;
  double l0b_bytes_per_cycle = 128;
  int table_head = 4;  // to the bias buffer and the table
  double table_bytes_per_cycle = 128;
  void visit(FieldVisitor& v);
};

struct DrainConfig {
  int head = 8;
  int tail = 0;                      // to GM
  double l0c_bytes_per_cycle = 512;  // read side
  double gm_bytes_per_cycle = 117;
  SustainedConfig gm_sustained;
  double l1_bytes_per_cycle = 128;
  double ub_bytes_per_cycle = 128;
  void visit(FieldVisitor& v);
};

struct StoreConfig {
  int head = 4;
  int tail = 0;  // to GM
  double gm_bytes_per_cycle = 66;
  SustainedConfig gm_sustained;
  double l1_bytes_per_cycle = 128;
  void visit(FieldVisitor& v);
};

// Elements per cycle of one class of vector instructions, by bytes of the element.
struct VectorRate {
  double b4 = 64, b2 = 128, b1 = 256;
  void visit(FieldVisitor& v);
  double of(int element_bytes) const;
};

// Cycles of one class of vector instructions, by bytes of the element.
struct VectorCycles {
  double b4 = 0, b2 = 0, b1 = 0;
  void visit(FieldVisitor& v);
  double of(int element_bytes) const;
};

// How UB's bytes lie in banks. A word is `word` bytes; successive words go round the groups; a bank
// is the words of one group within `bank_span` bytes.
struct BankConfig {
  int groups = 16;
  int word = 32;
  int64_t bank_span = 65536;
  int group_reads = 2;     // words that a group gives a cycle
  int group_accesses = 3;  // words that it gives and takes a cycle
  int bank_accesses = 3;   // the same of one bank
  int write_lag = 1;       // steps after which a result is written, beside the reads of a later one
  void visit(FieldVisitor& v);
};

struct VectorConfig {
  int head = 20;     // cycles from the last element to the result
  int issue = 3;     // cycles that an instruction takes the unit at least
  int repeat = 256;  // bytes of the widest operand that one step works on
  int block = 32;    // bytes; a step may gather rows of at most one block
  TypeList types;    // of arithmetic
  VectorRate simple, multiply_add, transcendental, divide, reduce, gather, transpose, convert;
  VectorRate compress{32, 64, 64}, sort{2, 2, 2};
  VectorCycles row_sum, row_extreme;  // to close a row that has been folded to one step
  int partial_mask = 0;               // more of a vcmp whose mask ends within a word of UB
  BankConfig bank;
  void visit(FieldVisitor& v);
};

struct SyncConfig {
  int group_flag = 10;  // cycles until a set is seen by another core of the group
  int barrier = 100;    // from the last arrival to the release
  void visit(FieldVisitor& v);
};

// How a kernel is started; none of it is part of a run's cycles.
struct LaunchConfig {
  double microseconds = 20;       // from the host's call to the first instruction, all cores
  double graph_microseconds = 5;  // from one kernel of a captured graph to the next
  double core_nanoseconds = 0;    // more for each group that starts
  double mixed_microseconds = 0;  // more for a kernel with cube and vector code
  double seconds(bool graph, int groups, bool mixed) const;
  void visit(FieldVisitor& v);
};

// What joins the chips of a system: see sim/memory/link.h for the topologies.
struct LinkConfig {
  std::string topology = "full_mesh";  // full_mesh, ring, mesh or switch
  double gigabytes_per_second = 50;    // one way: of each link, or of a chip's port to its switch
  double latency_nanoseconds = 1000;   // of one hop
  int leaf = 8;                        // switch: chips under one; mesh: chips of a row
  double uplink_gigabytes_per_second = 400;  // switch: of a leaf to the spine, one way
  void visit(FieldVisitor& v);
};

// Dynamic energy by operation and by byte, and what the chip takes for being on.
struct EnergyConfig {
  TypeTable mac_femtojoules;      // of one multiply-add of the cube by type
  double vector_picojoules = 60;  // of a busy cycle of a vector unit
  double l2_picojoules = 8, hbm_picojoules = 31, link_picojoules = 12;  // of a byte
  double static_watts = 80;                                             // of a chip
  void visit(FieldVisitor& v);
};

struct MachineConfig {
  std::string name;   // of the file
  std::string about;  // one line
  double clock_ghz = 1.8;
  int chips = 1;
  int groups = 32;
  int vectors = 2;
  SequencerConfig sequencer;
  QueueConfig queue;
  CubeConfig cube;
  BufferConfig buffer;
  PathConfig path;
  LoadConfig load;
  FeedConfig feed;
  DrainConfig drain;
  StoreConfig store;
  VectorConfig vector;
  SyncConfig sync;
  MemoryConfig memory;
  LaunchConfig launch;
  LinkConfig link;
  EnergyConfig energy;
  std::map<std::string, std::string> sources;  // where a field's value comes from, by dotted name

  void visit(FieldVisitor& v);
  double hbm_bytes_per_cycle() const { return memory.hbm.gigabytes_per_second / clock_ghz; }
};

// Reads a machine by preset name ("base") or by path ("my/machine.yaml"; anything with a '/' or
// ending in .yaml). A file may name another as its `base` and give only what differs. Presets are
// looked for in machines/ and systems/ of $NPU_CONFIGS, then where the sources or the installation
// keep them. Throws
// InputError with all problems of the file.
MachineConfig load_machine(const std::string& name_or_path);

// The same from text, for messages called file_name; `base` is looked up as above.
MachineConfig parse_machine(const std::string& text, const std::string& file_name);

// Names of the presets that load_machine finds, sorted.
std::vector<std::string> machine_names();
// The same of configs/systems: machines of several chips.
std::vector<std::string> system_names();

// Every field with its value, meaning, range and source as YAML that load_machine reads back.
std::string dump_machine(const MachineConfig& machine);

// What software may know of the machine.
Limits limits_of(const MachineConfig& machine);

}  // namespace npu
