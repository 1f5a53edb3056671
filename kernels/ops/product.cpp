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
                  tiling.a_packets);
  b_l1_ = &k.ring("b_l1", Mem::kL1, shape.b.type(), turned(!shape.b_transposed, cols, depth_),
                  tiling.b_packets);
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
ProductTile Product::place(const Tensor& a, const Tensor& b, const Int& task) const {
  constexpr int64_t kMost = 8, kLeast = 4;
  int64_t band = std::min(kMost, m_tiles());
  while (m_tiles() % band != 0) --band;
  if (band < kLeast) band = m_tiles();
  const auto [m, n, number] = k_.split(task, band, n_tiles());
  return {a, b, number * band + m, n};
}

void Product::clip(const ProductTile& tile) {
  const Int& height = tile.a.dim(shape_.a_transposed ? 1 : 0);
  const Int& width = tile.b.dim(shape_.b_transposed ? 0 : 1);
  rows.clip(height - tile.m * tiling_.m);
  cols.clip(width - tile.n * tiling_.n);
}

void Product::tasks(const Int& count, const TileOf& tile_of, const Body& body) {
  load_ahead(k_.group(), count, tile_of);
  k_.tasks(count, each(tile_of, body));
  packets_.reset();
  spans_.reset();
}

void Product::deal(Var& turn, const Int& count, const TileOf& tile_of, const Body& body) {
  load_ahead((k_.group() - Int(turn) + k_.groups()) % k_.groups(), count, tile_of);
  k_.deal(turn, count, each(tile_of, body));
  packets_.reset();
  spans_.reset();
}

Kernel::IntBody Product::each(const TileOf& tile_of, const Body& body) {
  return [this, &tile_of, &body](Int task) {
    const ProductTile tile = tile_of(task);
    clip(tile);
    body(task, tile);
  };
}

void Product::load_ahead(const Int& first, const Int& count, const TileOf& tile_of) {
  const Int groups = k_.groups(), tasks = (count - first + groups - 1) / groups;
  const auto ahead = [&](const char* name, int64_t parts, int distance, const auto& load) {
    return k_.prefetch(name, tasks * parts, distance,
                       [this, first, groups, tile_of, parts, load](Int item) {
                         const auto [part, turn] = k_.split(item, parts);
                         const ProductTile tile = tile_of(first + turn * groups);
                         clip(tile);
                         load(tile, part);
                       });
  };
  if (span_) {
    spans_ = ahead("spans ahead", ceil_div(shape_.k, tiling_.span), 1,
                   [this](const ProductTile& tile, Int span) { load_scales(tile, span); });
  }
  packets_ = ahead("packets ahead", packets(), std::max(tiling_.a_packets, tiling_.b_packets) - 1,
                   [this](const ProductTile& tile, Int turn) {
                     load_packet(tile, packet_of(tile, turn, packets()));
                   });
}

Int Product::packet_of(const ProductTile& tile, const Int& turn, const Int& count) const {
  return tiling_.apart ? (turn + tile.m + tile.n) % count : turn;
}

void Product::load_packet(const ProductTile& tile, const Int& index) {
  const auto& [a, b, m, n] = tile;
  depth_.clip(shape_.k - index * tiling_.depth);
  k_.load(a_l1_->push(),
          shape_.a_transposed ? a.values().tile(index, m) : a.values().tile(m, index));
  k_.load(b_l1_->push(),
          shape_.b_transposed ? b.values().tile(n, index) : b.values().tile(index, n));
}

void Product::load_scales(const ProductTile& tile, const Int& index) {
  span_->clip(shape_.k - index * tiling_.span);
  k_.load(a_scales_->push(), tile.a.tile(tile.m, index));
  k_.load(b_scales_->push(), tile.b.tile(tile.n, index));
}

// sum += one packet of a times one packet of b
void Product::packet(const Tile& sum, const ProductTile& tile, const Int& index,
                     const MmaOptions& options, const std::optional<Scales>& scales) {
  if (packets_) {
    packets_->next();
    clip(tile);
    depth_.clip(shape_.k - index * tiling_.depth);
  } else {
    load_packet(tile, index);
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
void Product::scaled_packets(const Tile& sum, const ProductTile& tile, const MmaOptions& options) {
  const int64_t depth = tiling_.depth, each = tiling_.span / depth;
  k_.loop("span", ceil_div(shape_.k, tiling_.span), [&](Int span) {
    if (spans_) {
      spans_->next();
      clip(tile);
      span_->clip(shape_.k - span * tiling_.span);
    } else {
      load_scales(tile, span);
    }
    k_.use(a_scales_->pop(), b_scales_->pop(), [&](Tile as, Tile bs) {
      k_.tiles("packet", span_->value(), depth_, [&](Int i) {
        packet(sum, tile, span * each + i, options, Scales{as.cols(i, depth), bs.cols(i, depth)});
      });
    });
  });
}

void Product::multiply(const ProductTile& tile, const MmaOptions& options) {
  k_.use(sums_->push(), [&](Tile sum) {
    if (span_) return scaled_packets(sum, tile, options);
    k_.loop("packet", packets(),
            [&](Int turn) { packet(sum, tile, packet_of(tile, turn, packets()), options); });
  });
  clip(tile);
}

void Product::part(const ProductTile& tile, const Int& first, const Int& last) {
  k_.use(sums_->push(), [&](Tile sum) {
    k_.loop("packet", last - first,
            [&](Int turn) { packet(sum, tile, first + packet_of(tile, turn, last - first), {}); });
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
