// Signal: counters in GM by which units of different groups and chips tell each other how far they
// are. Each chip has its own row of them, all 0 when a launch begins and when it ends: what is set
// must be waited for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/kit/scalar.h"

namespace npu {

namespace kit {
struct SignalInfo;
}

// One counter of one chip.
class Counter {
 public:
  explicit Counter(std::shared_ptr<const kit::SignalInfo> info) : info_(std::move(info)) {}
  const kit::SignalInfo& info() const { return *info_; }

 private:
  std::shared_ptr<const kit::SignalInfo> info_;
};

class Signal {
 public:
  explicit Signal(std::shared_ptr<const kit::SignalInfo> info) : info_(std::move(info)) {}
  // The counters of another chip.
  Signal on(const Int& chip) const;
  Counter at(const Int& i) const;

 private:
  std::shared_ptr<const kit::SignalInfo> info_;
};

}  // namespace npu
