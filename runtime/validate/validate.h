// The model beside published measurements: predicted, measured and the error of every figure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/validate/measurement.h"
#include "sim/config/machine.h"

namespace npu {

struct ValidationRow {
  std::string family, machine, name, figure;
  double predicted = 0, measured = 0;  // in the figure's unit: cycles, or us
  std::string source;
  std::string unscored;  // why there is no prediction; empty: there is one

  double error() const { return predicted / measured - 1; }  // signed, relative
};

// Errors of one family on one machine, without sign, of the rows that are scored.
struct ValidationSummary {
  std::string family, machine;
  int scored = 0, unscored = 0;
  double mean = 0, median = 0, ninth = 0, worst = 0;  // ninth: nine in ten rows are within it
};

struct ValidateOptions {
  std::string machine;  // empty: all
  std::string family;   // empty: all
  // Called before each experiment; returns false to stop.
  std::function<bool(const Measurement&)> progress;
};

// Runs what the options choose, in the order given; machines are loaded by name. Throws InputError
// if nothing is left, with what there is.
std::vector<ValidationRow> validate(const std::vector<Measurement>& measurements,
                                    const ValidateOptions& options);

// By family and machine, in order of first appearance.
std::vector<ValidationSummary> summarise(const std::vector<ValidationRow>& rows);

// Parameters of a machine whose source says that they were fitted.
int fitted_parameters(const MachineConfig& machine);

}  // namespace npu
