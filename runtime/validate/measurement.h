// Published measurements as data: what was run, on which machine, and what came out. They lie in
// configs/hardware/*.yaml, and as bulk tables in a folder that the caller names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace npu {

// One run on hardware. `with` are the parameters of the experiment, `figures` what was measured:
// `cycles`, or microseconds as `task_us` (with launch) and `cube_us`, `load_us`, ... (the mean busy
// time of a unit over the cores of its kind).
struct Measurement {
  std::string family;
  std::string name;
  std::string machine;     // a preset
  std::string experiment;  // see experiments.h
  std::map<std::string, std::string> with;
  std::vector<std::string> operators;  // of the experiment operators: see operator_chain.h
  std::map<std::string, double> figures;
  std::string source;
  std::string unscored;  // not empty: why it is reported and not compared

  // A parameter as a number. Throws InputError if it is missing or none; with a fallback only if it
  // is none.
  int64_t number(const std::string& key) const;
  int64_t number(const std::string& key, int64_t fallback) const;
  const std::string& text(const std::string& key) const;
};

// All *.yaml of a folder, in order of file name and line. Throws InputError with all problems of a
// file.
std::vector<Measurement> read_measurements(const std::string& folder);

// The folder of the published measurements that come with npukit. Throws InputError if it is not
// found.
std::string hardware_folder();

}  // namespace npu
