#include "kernels/ops/product.h"

#include <algorithm>

namespace npu::detail {

namespace {

using Shape = std::array<Extent, 2>;

Shape turned(bool transposed, const Dim& first, const Dim& second) {
  return transposed ? Shape{second, first} : Shape{first, second};
}

}  // namespace

Product::Product(Kernel& k, const ProductShape& shape, const ProductTiling& tiling)
    : rows(k.dim("rows", tiling.m)),
      cols(k.dim("cols", tiling.n)),
      k_(k),
      shape_(shape),
      tiling_(tiling),
      depth_(k.dim("depth", tiling.depth)) {
  a_l1_ = &k.ring("a_l1", Mem::kL1, shape.a.type(), turned(shape.a_transposed, rows, depth_),
                  tiling.packets);
  b_l1_ = &k.ring("b_l1", Mem::kL1, shape.b.type(), turned(!shape.b_transposed, cols, depth_),
                  tiling.packets);
  a_l0_ = &k.ring("a_l0", Mem::kL0A, shape.a, {rows, tiling.step}, 2);
  b_l0_ = &k.ring("b_l0", Mem::kL0B, shape.b, {cols, tiling.step}, 2);
  sums_ = &k.ring("sums", Mem::kL0C, shape.sum_type(), {rows, cols}, tiling.handover ? 1 : 2);
  if (tiling.handover) sums_->handover();
  if (tiling.span == 0) return;
  span_ = k.dim("span", tiling.span);
  a_scales_ = &k.scale_ring("a_scales", shape.a, {rows, *span_}, 2);
  b_scales_ = &k.scale_ring("b_scales", shape.b, {cols, *span_}, 2);
}

// Bands of rows of tiles, m fastest inside: a whole part of them of about the root of the groups.
std::array<Int, 2> Product::place(const Int& task) const {
  constexpr int64_t kMost = 8, kLeast = 4;
  int64_t band = std::min(kMost, m_tiles());
  while (m_tiles() % band != 0) --band;
  if (band < kLeast) band = m_tiles();
  const auto [m, n, number] = k_.split(task, band, n_tiles());
  return {number * band + m, n};
}

void Product::clip(const Int& m, const Int& n) {
  rows.clip(shape_.m - m * tiling_.m);
  cols.clip(shape_.n - n * tiling_.n);
}

void Product::clip_packet(const Int& m, const Int& n, const Int& index) {
  clip(m, n);
  depth_.clip(shape_.k - index * tiling_.depth);
}

void Product::clip_span(const Int& m, const Int& n, const Int& index) {
  clip(m, n);
  span_->clip(shape_.k - index * tiling_.span);
}

void Product::load_packet(const Tensor& a, const Tensor& b, const Int& m, const Int& n,
                          const Int& index) {
  const bool ta = shape_.a_transposed, tb = shape_.b_transposed;
  k_.load(a_l1_->push(), ta ? a.values().tile(index, m) : a.values().tile(m, index));
  k_.load(b_l1_->push(), tb ? b.values().tile(n, index) : b.values().tile(index, n));
}

void Product::load_scales(const Tensor& a, const Tensor& b, const Int& m, const Int& n,
                          const Int& index) {
  k_.load(a_scales_->push(), a.tile(m, index));
  k_.load(b_scales_->push(), b.tile(n, index));
}

// Over the parts of k of all tiles of this group.
Prefetch Product::prefetch(const char* name, int64_t parts, int distance,
                           const std::function<void(Int, Int, Int)>& load) {
  const Int tiles = (m_tiles() * n_tiles() - k_.group() + k_.groups() - 1) / k_.groups();
  return k_.prefetch(name, tiles * parts, distance, [this, parts, load](Int item) {
    const auto [index, turn] = k_.split(item, parts);
    const auto [m, n] = place(k_.group() + turn * k_.groups());
    load(m, n, index);
  });
}

void Product::tasks(const Tensor& a, const Tensor& b, const std::function<void(Int, Int)>& body) {
  if (span_) {
    spans_ = prefetch("spans ahead", ceil_div(shape_.k, tiling_.span), 1,
                      [this, a, b](Int m, Int n, Int i) {
                        clip_span(m, n, i);
                        load_scales(a, b, m, n, i);
                      });
  }
  packets_ = prefetch("packets ahead", ceil_div(shape_.k, tiling_.depth), tiling_.packets - 1,
                      [this, a, b](Int m, Int n, Int i) {
                        clip_packet(m, n, i);
                        load_packet(a, b, m, n, i);
                      });
  k_.tasks(m_tiles() * n_tiles(), [&](Int task) {
    const auto [m, n] = place(task);
    clip(m, n);
    body(m, n);
  });
  packets_.reset();
  spans_.reset();
}

// sum += one packet of a times one packet of b
void Product::packet(const Tile& sum, const Tensor& a, const Tensor& b, const Int& m, const Int& n,
                     const Int& index, const MmaOptions& options,
                     const std::optional<Scales>& scales) {
  if (packets_) {
    packets_->next();
    clip_packet(m, n, index);
  } else {
    load_packet(a, b, m, n, index);
  }
  const bool ta = shape_.a_transposed, tb = shape_.b_transposed;
  k_.use(a_l1_->pop(), b_l1_->pop(), [&](Tile a_slot, Tile b_slot) {
    const Tile at = scales ? a_slot.scaled_by(scales->a) : a_slot,
               bt = scales ? b_slot.scaled_by(scales->b) : b_slot;
    const int64_t step = tiling_.step;
    k_.loop("step", ceil_div(depth_, step), [&](Int i) {
      k_.feed(a_l0_->push(), ta ? at.rows(i, step).t() : at.cols(i, step));
      k_.feed(b_l0_->push(), tb ? bt.cols(i, step).t() : bt.rows(i, step));
      k_.mma(sum, a_l0_->pop(), b_l0_->pop(), options);
    });
  });
}

// Spans of k, whose scales come at once, and the packets of each.
void Product::scaled_packets(const Tile& sum, const Tensor& a, const Tensor& b, const Int& m,
                             const Int& n, const MmaOptions& options) {
  const int64_t depth = tiling_.depth, packets = tiling_.span / depth;
  k_.tiles("span", shape_.k, *span_, [&](Int span) {
    if (spans_) {
      spans_->next();
      clip_span(m, n, span);
    } else {
      load_scales(a, b, m, n, span);
    }
    k_.use(a_scales_->pop(), b_scales_->pop(), [&](Tile as, Tile bs) {
      k_.tiles("packet", span_->value(), depth_, [&](Int i) {
        packet(sum, a, b, m, n, span * packets + i, options,
               Scales{as.cols(i, depth), bs.cols(i, depth)});
      });
    });
  });
}

void Product::tile(const Tensor& a, const Tensor& b, const Int& m, const Int& n,
                   const MmaOptions& options) {
  k_.use(sums_->push(), [&](Tile sum) {
    if (span_) return scaled_packets(sum, a, b, m, n, options);
    k_.tiles("packet", shape_.k, depth_,
             [&](Int index) { packet(sum, a, b, m, n, index, options); });
  });
  if (packets_) clip(m, n);
}

void Product::part(const Tensor& a, const Tensor& b, const Int& m, const Int& n, const Int& first,
                   const Int& last) {
  k_.use(sums_->push(), [&](Tile sum) {
    k_.loop("packet", last - first, [&](Int i) {
      const Int index = first + i;
      depth_.clip(shape_.k - index * tiling_.depth);
      packet(sum, a, b, m, n, index, {});
    });
  });
}

BiasRow::BiasRow(Kernel& k, const Tensor& bias, const Dim& cols)
    : k_(k),
      bias_(bias),
      l1_(k.ring("bias_l1", Mem::kL1, bias.type(), {1, cols}, 1)),
      row_(k.ring("bias_row", Mem::kBias, bias.type(), {1, cols}, 1)) {}

void BiasRow::use(const Int& n, const std::function<void(Tile)>& body) {
  k_.load(l1_.push(), bias_.tile(0, n));
  k_.feed_bias(row_.push(), l1_.pop());
  k_.use(row_.pop(), body);
}

}  // namespace npu::detail
