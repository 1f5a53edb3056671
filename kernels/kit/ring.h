// Ring and Link: queues of slots between two units of one core, and between the two kinds of core.
//
// `push` leases the next slot to its producer, `pop` the oldest to its consumer. Which units those
// are follows from the verbs that use the leases; addresses, flags and tails follow from the ring.
// A lease waits just before the first instruction that touches the slot and is released just after
// the last, in the queue of that unit.
#pragma once

#include <cstdint>
#include <variant>

#include "kernels/kit/dim.h"
#include "kernels/kit/tile.h"

namespace npu {

enum class End : uint8_t { kPush, kPop, kPeek };

// A slot to be taken: by the verb it is given to, for that one instruction, or by `Kernel::use`,
// for a whole body.
struct Lease {
  kit::Recorder* recorder = nullptr;
  int ring = -1;
  End end = End::kPush;
};

class Ring {
 public:
  Ring(kit::Recorder* recorder, int index) : recorder_(recorder), index_(index) {}
  Lease push() const { return {recorder_, index_, End::kPush}; }
  Lease pop() const { return {recorder_, index_, End::kPop}; }
  // Reads a slot that a later `pop` gives back; every slot of such a ring is peeked once, then
  // popped once, by the same unit.
  Lease peek() const { return {recorder_, index_, End::kPeek}; }
  // For a ring in L0C of depth 1: the cube hands each sub-tile to drain as it is finished, and gets
  // it back as it has been read.
  Ring& handover();

 private:
  kit::Recorder* recorder_;
  int index_;
};

enum class Dir : uint8_t { kToVector, kToCube };

struct LinkOptions {
  int depth = 2;
  int64_t piece = 0;  // rows a `Kernel::pieces` step sees; 0: all rows of a vector core
  int landing = 2;    // slots of the landing ring where the data goes through GM
};

// A queue of slots between the cube core and the vector cores of a group. Vector core v of V sees
// rows [v * capacity / V, (v + 1) * capacity / V) of each slot.
class Link {
 public:
  Link(kit::Recorder* recorder, int index) : recorder_(recorder), index_(index) {}
  Lease push() const { return {recorder_, index_, End::kPush}; }
  Lease pop() const { return {recorder_, index_, End::kPop}; }

 private:
  kit::Recorder* recorder_;
  int index_;
};

// A matrix in a local memory as a verb takes it: a tile, or a lease for this one instruction.
class Src {
 public:
  Src(const Tile& tile) : value_(tile) {}     // NOLINT: implicit
  Src(const Lease& lease) : value_(lease) {}  // NOLINT: implicit
  const std::variant<Tile, Lease>& value() const { return value_; }

 private:
  std::variant<Tile, Lease> value_;
};
using Dst = Src;

// What a vector verb reads: a tile, a lease, or one scalar for every element. A tile that is one
// row or one column where the destination is larger is repeated (1 x n row, n x 1 column, 1 x 1).
class Operand {
 public:
  Operand(const Tile& tile) : value_(tile) {}        // NOLINT: implicit
  Operand(const Lease& lease) : value_(lease) {}     // NOLINT: implicit
  Operand(const Src& src);                           // NOLINT: implicit
  Operand(const Int& value) : value_(value) {}       // NOLINT: implicit
  Operand(const F32& value) : value_(value) {}       // NOLINT: implicit
  Operand(const Scalar& value);                      // NOLINT: implicit
  Operand(const Var& value) : value_(Int(value)) {}  // NOLINT: implicit
  template <class T>
  requires std::integral<T> || std::floating_point<T> Operand(T value)
      : value_(static_cast<double>(value)) {}  // NOLINT: implicit
  const std::variant<Tile, Lease, Int, F32, double>& value() const { return value_; }

 private:
  std::variant<Tile, Lease, Int, F32, double> value_;
};

}  // namespace npu
