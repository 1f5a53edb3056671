// What the collectives are made of: tiles of one long row that go from chip to chip through UB.
// Private to kernels/ops.
#pragma once

#include <algorithm>
#include <functional>

#include "kernels/kit/kit.h"
#include "kernels/ops/collectives.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

// A tile is small, so that those of all cores do not queue on one link; and a core has several
// under way, as many bytes as its share of the links carries while a request goes there and back.
inline constexpr int64_t kTileBytes = 8192;
inline constexpr int kUnderWay = 6;

// What the kernels share: one long row in tiles, dealt to the vector cores.
class Tiles {
 public:
  // A core's UB holds `slots` slots of the type and `sums` of f32.
  Tiles(Kernel& kernel, const CollectiveShape& s, int64_t longest, int slots, int sums = 0)
      : kernel_(kernel),
        size_(std::min(kTileBytes / bytes_of(s.type),
                       row_portion(kernel.machine(), longest,
                                   slots * bytes_of(s.type) + sums * bytes_of(Type::kF32)))),
        cols_(kernel.dim("cols", size_)) {}

  void each(const Int& count, const Kernel::IntBody& body) const {
    kernel_.tasks((count + (size_ - 1)) / size_,
                  [&](Int i) {
                    cols_.clip(count - i * size_);
                    body(i);
                  },
                  {.per = Per::kVector});
  }
  const Dim& cols() const { return cols_; }

 private:
  Kernel& kernel_;
  int64_t size_;
  Dim cols_;
};

// Tiles from GM to GM, bit for bit.
class Copier {
 public:
  static constexpr int kSlots = kUnderWay;
  Copier(Kernel& kernel, const Tiles& tiles, Type type)
      : kernel_(kernel), slot_(kernel.ring("pass", Mem::kUb, type, {1, tiles.cols()}, kSlots)) {}

  void copy(const View& from, const View& to) const {
    kernel_.load(slot_.push(), from);
    kernel_.store(to, slot_.pop());
  }
  // To several places: body(tile) stores it.
  void copy(const View& from, const std::function<void(Tile)>& body) const {
    kernel_.load(slot_.push(), from);
    kernel_.use(slot_.pop(), body);
  }

 private:
  Kernel& kernel_;
  Ring& slot_;
};

// The part of a vector that belongs to a chip.
inline Tensor part_of(const Tensor& whole, const CollectiveShape& s, const Int& chip) {
  const Int first = chip * s.part();
  return whole.rows(first, max(min(s.count - first, s.part()), 0));
}

// body(chip) for every other chip. Which is the first goes round with the tile and the chip: all
// links are at work from the beginning, and no two chips begin with the same.
inline void others(Kernel& k, const CollectiveShape& s, const Int& tile,
                   const Kernel::IntBody& body) {
  if (s.chips == 1) return;
  k.loop("away", s.chips - 1,
         [&](Int away) { body((k.chip() + 1 + (tile + away) % (s.chips - 1)) % s.chips); });
}

// y[this chip] = x on every chip.
inline void to_all(Kernel& k, const CollectiveShape& s, const Tiles& tiles, const Copier& copier,
                   const Tensor& x, const Tensor& y) {
  const Tensor to = y[k.chip()];
  tiles.each(x.dim(0), [&](Int i) {
    copier.copy(x.tile(0, i), [&](Tile tile) {
      k.store(to.tile(0, i), tile);
      others(k, s, i, [&](Int chip) { k.store(to.on(chip).tile(0, i), tile); });
    });
  });
}

}  // namespace npu::detail
