// Verb: what all verbs have in common while they are recorded: leases taken for one instruction,
// operands bound to registers, the statement appended.
#pragma once

#include <string>
#include <vector>

#include "kernels/kit/recorder.h"

namespace npu::kit {

class Verb {
 public:
  Verb(Recorder* recorder, std::string name, Where at);

  // The tile that an operand stands for, with its extents as they are now. A lease is taken here
  // and given back by `issue`.
  TileInfo take(const Src& src);
  // Binds an operand. 0 is r0.
  Reg reg(const Int& value);
  Reg reg(const Expr& value) { return reg(Int(value)); }
  // A pitch that no row needs is left out.
  Reg pitch(int64_t bytes, int64_t rows) { return rows > 1 ? reg(Int(bytes)) : Reg{}; }

  // Says what the instruction wrote into a slot.
  void wrote(const TileInfo& tile, const Int& rows, const Int& cols);
  void issue(const Instruction& instruction, Core core, Unit unit);
  void hand_over(HandoverMma handover) { statement_.handover = std::move(handover); }

  [[noreturn]] void fail(const std::string& problem) const;
  // Fails unless the tile lies in one of the memories.
  void need(const TileInfo& tile, const char* role, std::initializer_list<Mem> allowed) const;
  void need_same_type(Type a, Type b) const;

  Recorder& recorder;

 private:
  std::string name_;
  Where at_;
  Issue statement_;
  std::vector<int> taken_;
};

// A view that has met a slot: the matrix in GM it stands for.
struct GmMatrix {
  Int address;
  Int rows, cols;        // from there to the tensor's edge
  Int pitch;             // bytes
  bool one_run = false;  // its single column is contiguous
  bool tiled = false;    // pitch is that of columns of native tiles
  Type type{};
  std::string name;
  int parameter = -1;
};

// `column`: the slot is a dense column, so a tensor of rank 1 counts as one.
GmMatrix meet(const ViewInfo& view, const TileInfo& slot, bool column);

const char* mem_name(Mem mem);

}  // namespace npu::kit
