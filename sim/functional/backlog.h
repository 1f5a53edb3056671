// What the feed and cube units of a group have retired, carried out late: many products in a row,
// which keeps C in the host's cache, takes several steps of k through it at once, and reads
// operands where they lie in L1: a feed overwritten before L1 changes is never copied.
//
// Nobody can tell the difference who gives the backlog all commands of the group in the order in
// which they retire: what others could see is carried out before they look, what they change is
// changed after it was read. L0A, L0B, L0C and the bias buffer themselves are up to date only after
// settle_all().
#pragma once

#include <vector>

#include "isa/instructions/instruction.h"
#include "sim/functional/state.h"

namespace npu {

class Backlog {
 public:
  // As npu::execute; what does not touch the cube is carried out at once.
  void execute(const Place& place, const Command& command);

  // Carries out everything; `place` is anywhere in the group.
  void settle_all(const Place& place);

  // Forgets it instead.
  void clear();

 private:
  // Bytes [begin, end) of a memory.
  struct Bytes {
    uint64_t begin = 0, end = 0;
    bool meets(const Bytes& other) const { return begin < other.end && other.begin < end; }
    bool holds(const Bytes& other) const { return begin <= other.begin && other.end <= end; }
  };
  // A feed that later products read through, and that has not been carried out.
  struct Pending {
    Feed<Value> feed;
    Bytes from, to;
  };
  class Settling;

  void wait(const Place& place, const Command& command);
  void settle(const Place& place);
  // Carries out the pending feeds to that memory that touch these bytes.
  void make_real(const Place& place, Mem to, const Bytes& bytes);
  void before_l1_changes(const Place& place, const Bytes& bytes);

  std::vector<Command> waiting_;
  std::vector<Bytes> read_;       // of L1, by waiting_
  std::vector<Pending> pending_;  // oldest first
};

}  // namespace npu
