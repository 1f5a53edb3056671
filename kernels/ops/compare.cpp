#include "kernels/ops/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

#include "isa/errors.h"

namespace npu {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Error over bound: at most 1 is a pass. Whatever is not a number is infinitely wrong.
double ratio_of(double got, double want, double bound) {
  const double error = std::fabs(got - want);
  if (!std::isfinite(got) || !std::isfinite(want) || !std::isfinite(bound)) return kInfinity;
  if (error == 0) return 0;
  return bound > 0 ? error / bound : kInfinity;
}

std::vector<int64_t> index_of(int64_t flat, const std::vector<int64_t>& dims) {
  std::vector<int64_t> index(dims.size());
  for (size_t d = dims.size(); d-- > 0;) {
    index[d] = flat % dims[d];
    flat /= dims[d];
  }
  return index;
}

}  // namespace

CheckResult compare(const HostTensor& got, std::span<const double> want,
                    std::span<const double> bound) {
  CheckResult result;
  result.elements = got.count();
  NPU_ASSERT(static_cast<size_t>(result.elements) == want.size() && want.size() == bound.size());
  bool all_zero = true, tells_zero = false;
  for (int64_t i = 0; i < result.elements; ++i) {
    const size_t at = static_cast<size_t>(i);
    const double value = got.at(i);
    const double ratio = ratio_of(value, want[at], bound[at]);
    if (ratio > 1) ++result.failures;
    if (result.worst < 0 || ratio > result.ratio) {
      result.worst = i;
      result.ratio = ratio;
      result.got = value;
      result.want = want[at];
      result.error = std::fabs(value - want[at]);
      result.bound = bound[at];
    }
    all_zero = all_zero && want[at] == 0;
    tells_zero = tells_zero || std::fabs(want[at]) > bound[at];
  }
  if (result.worst >= 0) result.worst_at = index_of(result.worst, got.dims);
  if (result.elements == 0) result.reason = "there are no elements to compare";
  if (result.failures == 0 && !all_zero && !tells_zero) {
    result.reason = "the bounds are so wide that zeros would pass";
  }
  result.passed = result.failures == 0 && result.reason.empty();
  return result;
}

std::string CheckResult::text() const {
  if (elements == 0) return "FAIL: " + reason;
  std::string head =
      passed ? fmt::format("pass: {} elements", elements)
             : fmt::format("FAIL: {} of {} elements beyond their bound", failures, elements);
  if (!reason.empty()) head += ", " + reason;
  return fmt::format(
      "{}, largest error {:.3g} of its bound at [{}] (got {:.9g}, want {:.9g}, bound {:.3g})", head,
      ratio, fmt::join(worst_at, ", "), got, want, bound);
}

}  // namespace npu
