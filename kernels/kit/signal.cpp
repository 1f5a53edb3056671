#include "kernels/kit/signal.h"

#include "kernels/kit/kernel.h"
#include "kernels/kit/recorder.h"
#include "kernels/kit/verb.h"

namespace npu {

using kit::Core;
using kit::SignalInfo;
using kit::Verb;

namespace {

constexpr int64_t kWordBytes = 8;

// Whose queue a set or wait joins.
Core core_of(const Verb& verb, Unit unit) {
  if (unit == Unit::kDrain) return Core::kCube;
  if (unit == Unit::kLoad || unit == Unit::kStore) return Core::kVector;
  verb.fail("signals are of the cube core's drain and of the vector cores' load and store");
}

}  // namespace

Signal Signal::on(const Int& chip) const {
  SignalInfo info = *info_;
  info.address = kit::on_chip(*info.recorder, info.address, chip);
  return Signal(std::make_shared<const SignalInfo>(std::move(info)));
}

Counter Signal::at(const Int& i) const {
  SignalInfo info = *info_;
  info.address = info.address + i * kWordBytes;
  return Counter(std::make_shared<const SignalInfo>(std::move(info)));
}

Signal Kernel::signal(std::string name, int64_t count, Where at) {
  if (count < 1)
    recorder_->fail(
        at, "signal " + name + " has " + std::to_string(count) + " counters; allowed: 1 or more");
  const auto index = static_cast<int64_t>(recorder_->workspaces.size());
  recorder_->workspaces.push_back({name, static_cast<uint64_t>(count * kWordBytes), false, true});
  SignalInfo info{recorder_.get(), std::move(name), Int(kit::leaf(kit::Op::kWorkspace, index))};
  return Signal(std::make_shared<const SignalInfo>(std::move(info)));
}

void Kernel::set(const Counter& counter, Unit after, const Int& count, Where at) {
  Verb verb(recorder_.get(), "set " + counter.info().name, at);
  SetWord<Reg> i;
  i.unit = after;
  i.address = verb.reg(counter.info().address);
  i.count = verb.reg(count);
  verb.issue(i, core_of(verb, after), after);
}

void Kernel::wait(const Counter& counter, Unit before, const Int& count, Where at) {
  Verb verb(recorder_.get(), "wait " + counter.info().name, at);
  WaitWord<Reg> i;
  i.unit = before;
  i.address = verb.reg(counter.info().address);
  i.count = verb.reg(count);
  verb.issue(i, core_of(verb, before), before);
}

}  // namespace npu
