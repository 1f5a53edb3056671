// Sums of tiles that come from several chips. Private to kernels/ops.
#pragma once

#include <array>
#include <functional>

#include "kernels/kit/kit.h"
#include "kernels/ops/collective_tiles.h"

namespace npu::detail {

// Sums of tiles in f32.
class Adder {
 public:
  // What UB holds of each tile: slots of the type, and sums in f32.
  static constexpr int kOut = 4, kSlots = kUnderWay + kOut, kSums = 2;
  Adder(Kernel& kernel, Type type, const std::array<Extent, 2>& shape)
      : kernel_(kernel),
        in_(kernel.ring("in", Mem::kUb, type, shape, kUnderWay)),
        out_(kernel.ring("out", Mem::kUb, type, shape, kOut)),
        sum_(kernel.buffer("sum", Type::kF32, shape)),
        next_(kernel.buffer("next", Type::kF32, shape)) {}

  void start(const View& from) const {
    kernel_.load(in_.push(), from);
    kernel_.vec.convert(sum_, in_.pop());
  }
  void add(const View& from) const {
    kernel_.load(in_.push(), from);
    add(in_);
  }
  void add(Ring& slots) const {
    kernel_.vec.convert(next_, slots.pop());
    kernel_.vec.add(sum_, sum_, next_);
  }
  // The sum, to several places: body(tile) stores it.
  void finish(const std::function<void(Tile)>& body) const {
    kernel_.vec.convert(out_.push(), sum_);
    kernel_.use(out_.pop(), body);
  }
  void finish(const View& to) const {
    finish([&](Tile tile) { kernel_.store(to, tile); });
  }

 private:
  Kernel& kernel_;
  Ring& in_;
  Ring& out_;
  Tile sum_, next_;
};

}  // namespace npu::detail
