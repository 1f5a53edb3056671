// Operators of the catalog that run one behind the other and hand tensors on by name: what one
// kernel of a vendor's library does and npukit does with several.
#pragma once

#include <string>
#include <vector>

#include "kernels/ops/catalog.h"
#include "runtime/validate/bench.h"

namespace npu {

struct ChainLink {
  const Operator* kernel = nullptr;
  std::vector<OptionText> options;
  std::vector<std::string> tensors;  // names of its tensors, in the order of its parameters
};

// "rmsnorm rows=128 cols=1024: qr weight qr": an operator with its options, then a name for each of
// its tensors. Throws InputError for an operator or option that does not exist.
ChainLink parse_link(const std::string& text);

struct ChainRun {
  Bench::Run sum;      // cycles and times of all
  bool mixed = false;  // both cube and vector cores take part
};

// One after another, timing only: L2 is cold for the first and keeps what it holds for the others.
// Throws InputError for a name too few or too many, CannotRun for a fault.
ChainRun run_chain(Bench& bench, const std::vector<ChainLink>& chain);

}  // namespace npu
