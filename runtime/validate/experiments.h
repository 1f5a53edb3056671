// The experiments that measurements name, run on the model.
//
//   copy          from, to, bytes, [rate: 1]      one transfer alone, or one of many
//   mma           m, n, k, [rate: 1]              one f16 mma alone, or one of many
//   vector        op, type, count, [to, row, a, b, d, rate: 0]
//   tile_copy     core (cube|vector), rows, cols, tile_rows, tile_cols, [order, rounds]
//   matmul        m, n, k and the numbers of MatmulStep, [parts: simulate one and two of so many]
//   add           count and the numbers of AddStep, [groups, parts]
//   operators     the measurement's operators, one behind the other, [stages, tokens, parts]
#pragma once

#include <map>
#include <string>

#include "runtime/validate/bench.h"
#include "runtime/validate/measurement.h"

namespace npu {

// What the model predicts, by figure; at least those that the measurement asks for. Throws
// InputError for an experiment that is not known or that the machine cannot run.
std::map<std::string, double> run_experiment(Bench& bench, const Measurement& measurement);

}  // namespace npu
