// Every way of leaving out one piece of synchronisation: what the sanitizer is measured against. A
// mutant is the program without one set or one wait, riding on an instruction or standing alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isa/fault.h"
#include "isa/program/program.h"
#include "sim/check/report.h"

namespace npu {

struct Mutant {
  Program program;
  bool is_set = false;   // a set was left out; otherwise a wait
  bool on_cube = false;  // in the cube cores' code; otherwise in the vector cores'
  uint32_t pc = 0;       // of the instruction
  std::string what;      // "set of flag 3 (+1) by mma, cube 17 (kernel.npuasm:40)"
};

// All mutants, the cube core's code first, in the order of the code. Instructions keep their
// places: a set or wait of its own becomes an addition that does nothing.
std::vector<Mutant> sync_mutants(const Program& program);

enum class Verdict : uint8_t {
  kFoundByCheck,  // the sanitizer reports a hazard
  kFoundByFault,  // the run faults: deadlock, a flag not at its initial value, over its limit, ...
  kHarmless,      // same result bits, and no two accesses left unordered
  kNotReached,    // no core has executed the instruction in the run of the program: says nothing
  kMissed,        // none of these: the sanitizer has failed
};
inline constexpr int kVerdicts = 5;

const char* verdict_name(Verdict verdict);

// What the run of a mutant says. `original` is the report of the program's own run. A hazard counts
// before a fault.
Verdict judge(const Mutant& mutant, const CheckReport& original, const std::optional<Fault>& fault,
              const CheckReport& report, bool same_results);

}  // namespace npu
