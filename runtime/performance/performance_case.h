// The rows of the performance table as data: which kernel with which options on which machine, and
// of which bounds it is said how near the run comes. They lie in configs/performance.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/ops/options.h"

namespace npu {

// What a run is a share of.
enum class Bound : uint8_t {
  kCubeBusy,  // native tiles' cycles over those in which a cube had an mma under way
  kCubePeak,  // the same over all cycles of all cubes
  kRoofline,  // the run's own: the fullest of cubes, vector units, L2 and HBM
  kHbm,       // bytes that must move at the bandwidth that a stream reaches
  kDense,     // cycles of one dense product of as many rows
};
inline constexpr int kBounds = 5;
const char* bound_key(Bound bound);   // "cube_busy", in the file
const char* bound_text(Bound bound);  // "busy cube", in the table

struct BoundShare {
  Bound bound{};
  std::optional<double> target;  // in percent; none: reported
};

struct KernelCall {
  std::string kernel;  // of the catalog
  std::vector<OptionText> options;
};

struct PerformanceCase {
  std::string name;
  std::string machine;  // a preset
  KernelCall call;
  std::vector<BoundShare> shares;
  std::optional<KernelCall> dense;  // of kDense
  bool slow = false;                // takes more than some twenty seconds of the host
};

// All rows of a file, in its order. Throws InputError with all problems of it.
std::vector<PerformanceCase> read_performance_cases(const std::string& file);

}  // namespace npu
