// A kernel's body as it was recorded: blocks of statements. Both cores' programs are cut from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "isa/instructions/instruction.h"
#include "kernels/kit/objects.h"
#include "kernels/kit/where.h"

namespace npu::kit {

struct Stmt;
using Block = std::vector<Stmt>;

// How an mma in loops tells the first and the last of its lease: the first has an accumulate switch
// of 0, the last is in the last turn of every loop since the lease began.
struct HandoverMma {
  int lease = -1;
  Expr accumulate;
  struct Turn {
    Expr first, next, limit;  // of the loop's variable; next: in the turn to come
  };
  std::vector<Turn> turns;
};

// One instruction of a unit. The register numbers in `instruction` are places in `operands`,
// counted from 1; 0 is r0.
struct Issue {
  Instruction instruction;
  std::vector<Expr> operands;
  Core core{};
  Unit unit{};
  std::vector<int> leases;   // touched
  std::vector<int> buffers;  // touched
  std::string text;          // the verb and what it is about
  std::optional<HandoverMma> handover;
};

struct Assign {
  int cell = -1;
  Expr value;
};

// cell = the next slot of the ring.
struct Advance {
  int cell = -1;
  int ring = -1;
};

struct Loop {
  int id = -1;
  Expr first, limit, step;
  int skew = 0;   // of a pipeline: turns it has beyond its tiles
  int ahead = 0;  // of a prefetch: the items it begins with
  Block body;
};

struct When {
  enum class Kind : uint8_t {
    kPlain,
    kStage,     // the guard of a pipeline's stage
    kPrefetch,  // of the next item of a prefetch
  };
  Expr condition;
  Kind kind{};
  int stage_skew = 0;
  int prefetch = -1;  // the loop over the items that it begins with
  Block body;
};

// Fetches a scalar into `id`. From UB it waits for the vector unit first.
struct Read {
  int id = -1;
  Mem mem{};
  Width width{};
  Expr address;
};

struct BeginLease {
  int lease = -1;
};
struct EndLease {
  int lease = -1;
};
struct GridBarrier {};
struct PrintValue {
  std::string text;
  Expr value;
};

struct Stmt {
  std::variant<Issue, Assign, Advance, Loop, When, Read, BeginLease, EndLease, GridBarrier,
               PrintValue>
      what;
  Where where;
  int64_t stamp = 0;      // in the order of recording
  int64_t end_stamp = 0;  // loop and when: behind the body
  int64_t scope = 0;      // loop and when: number of the body's scope; the root is 0
};

struct LoopInfo {
  std::string name;
  int skew = 0;
};

}  // namespace npu::kit
