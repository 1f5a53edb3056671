#include "kernels/ops/compressor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "kernels/kit/kit.h"
#include "kernels/ops/compressor_blocks.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Channels worked on at a time: two slots of kv, gate and ape, one of each state's way back.
int64_t piece_of(const Limits& machine, const CompressorShape& s) {
  constexpr int64_t kSlots = 8;
  const int64_t fit =
      static_cast<int64_t>(machine.ub) * 3 / 4 / (kSlots * s.state_rows() * bytes_of(Type::kF32));
  const int64_t unit = std::max<int64_t>(1, machine.ub_align / bytes_of(Type::kF32));
  return std::min(s.dim, fit / unit * unit);
}

}  // namespace

void CompressorShape::check(const Limits& machine) const {
  detail::ShapeCheck check("compressor", machine);
  check.dimension("sequences", sequences);
  check.dimension("tokens", tokens);
  check.dimension("dim", dim);
  check.dimension("ratio", ratio);
  check.dimension("entries", entries);
  check.require(rope_dim >= 0 && rope_dim <= dim && rope_dim % 2 == 0,
                "rope_dim must be even and at most dim");
  check.require(rope_dim == 0 || positions >= 1, "rotation needs tables of angles");
  check.require(dim != 1, "dim must be at least 2");
  check.type("type", type, {Type::kF32, Type::kBf16});
  check.done();
  check.require(piece_of(machine, *this) >= 2,
                fmt::format("blocks of {} tokens do not fit the {} bytes of UB of machine {}",
                            ratio, machine.ub, machine.machine));
  check.done();
}

// First a task an entry, then, when every core has read the state, a task a piece of a sequence's
// channels.
Program compressor(const Limits& machine, const CompressorShape& s) {
  s.check(machine);
  const int64_t piece = piece_of(machine, s), half = s.rope_dim / 2;

  Kernel k{"compressor", machine};
  Vec& v = k.vec;
  detail::CompressorBlocks blocks(k, s, piece);
  const Tensor norm = k.tensor("norm", Type::kF32, {s.dim});
  std::optional<Tensor> cos, sin;
  if (half > 0) {
    cos = k.tensor("cos", Type::kF32, {s.positions, half});
    sin = k.tensor("sin", Type::kF32, {s.positions, half});
  }
  const Tensor kv_state =
      k.tensor("kv_state", Type::kF32, {s.sequences * s.state_rows(), s.width()});
  const Tensor gate_state =
      k.tensor("gate_state", Type::kF32, {s.sequences * s.state_rows(), s.width()});
  const Tensor cache = k.tensor("cache", s.type, {s.sequences * s.entries, s.dim});
  const Tensor position = k.tensor("position", Type::kI32, {s.sequences});
  const auto sequence_at = [&](const Int& sequence) {
    const Int at = k.read(position.at(sequence));
    blocks.of(sequence, kv_state, gate_state, at);
    return at;
  };
  const Dim& cols = blocks.cols;
  Ring& norm_ub = k.ring("norm_ub", Mem::kUb, Type::kF32, {1, s.dim}, 1);
  Ring& entry_ub = k.ring("entry_ub", Mem::kUb, s.type, {1, s.dim}, 2);
  const Tile weight = k.buffer("weight", Type::kF32, {1, s.dim});
  const Tile entry = k.buffer("entry", Type::kF32, {1, s.dim});
  const Tile square = k.buffer("square", Type::kF32, {1, s.dim});
  const Tile scale = k.buffer("scale", Type::kF32, {1, 1});
  const Tile top = k.buffer("top", Type::kF32, {1, cols}),
             sum = k.buffer("sum", Type::kF32, {1, cols});
  const Tile rounded = k.buffer("rounded", Type::kBf16, {1, s.dim});
  const auto round = [&](const Tile& x) {
    if (s.type != Type::kBf16) return;
    v.convert(rounded, x);
    v.convert(x, rounded);
  };

  const auto pool = [&](const Int& number) {
    k.tiles("piece", s.dim, cols, [&](Int i) {
      blocks.with(number, i * piece, s.dim, [&](const Tile& kv, const Tile& gate) {
        v.col_max(top, gate);
        v.sub(gate, gate, top);
        v.exp(gate, gate);
        v.col_sum(sum, gate);
        v.mul(gate, gate, kv);
        v.col_sum(top, gate);
        v.div(entry.cols(i, piece), top, sum);
      });
    });
  };
  const auto normalise = [&] {
    v.mul(square, entry, entry);
    v.row_sum(scale, square);
    v.mul(scale, scale, 1.0 / static_cast<double>(s.dim));
    v.add(scale, scale, s.eps);
    v.rsqrt(scale, scale);
    v.mul(entry, entry, scale);
    v.mul(entry, entry, weight);
  };
  Ring* cos_ub = nullptr;
  Ring* sin_ub = nullptr;
  std::optional<Tile> x0, x1, y0, y1;
  if (half > 0) {
    cos_ub = &k.ring("cos_ub", Mem::kUb, Type::kF32, {1, half}, 2);
    sin_ub = &k.ring("sin_ub", Mem::kUb, Type::kF32, {1, half}, 2);
    for (std::optional<Tile>* t : {&x0, &x1, &y0, &y1})
      *t = k.buffer("pair", Type::kF32, {1, half});
  }
  const auto turn = [&](const Int& at) {
    k.load(cos_ub->push(), cos->from(at, 0));
    k.load(sin_ub->push(), sin->from(at, 0));
    const Tile turned = entry.cols_from(s.dim - s.rope_dim, s.rope_dim);
    v.unzip(*x0, *x1, turned);
    k.use(cos_ub->pop(), sin_ub->pop(), [&](Tile c, Tile n) {
      v.mul(*y0, *x1, n);
      v.neg(*y0, *y0);
      v.fma(*y0, *x0, c, *y0);
      v.mul(*y1, *x0, n);
      v.fma(*y1, *x1, c, *y1);
    });
    v.zip(turned, *y0, *y1);
  };

  k.load(norm_ub.push(), norm);
  v.copy(weight, norm_ub.pop());
  // Of one sequence at most so many blocks close.
  const int64_t most = detail::ceil_div(s.tokens, s.ratio);
  k.tasks(s.sequences * most,
          [&](Int task) {
            const auto [nth, sequence] = k.split(task, most);
            const Int at = sequence_at(sequence), number = at / s.ratio + nth;
            const Int row = sequence * s.entries + number;
            k.when(number < (at + s.tokens) / s.ratio, [&] {
              pool(number);
              round(entry);
              normalise();
              round(entry);
              if (half > 0) turn(number * s.ratio);
              v.convert(entry_ub.push(), entry);
              k.store(cache.from(row, 0), entry_ub.pop());
            });
          },
          {.per = Per::kVector});
  k.barrier();

  Ring& kv_out =
      k.ring("kv_out", Mem::kUb, Type::kF32, {k.dim("out_rows", s.state_rows()), cols}, 1);
  Ring& gate_out =
      k.ring("gate_out", Mem::kUb, Type::kF32, {k.dim("out_rows", s.state_rows()), cols}, 1);
  const int64_t pieces = detail::ceil_div(s.width(), piece);
  k.tasks(s.sequences * pieces,
          [&](Int task) {
            const auto [i, sequence] = k.split(task, pieces);
            const Int at = sequence_at(sequence), end = at + s.tokens, open = end / s.ratio;
            const Int col = i * piece;
            cols.clip(s.width() - col);
            const auto append = [&](Ring& out, const Tile& x, const Tensor& state) {
              const auto rows = [&](const Tile& t) { return t.clipped(s.tokens, cols); };
              k.use(out.push(), [&](Tile slot) { v.copy(rows(slot), x); });
              k.use(out.pop(), [&](Tile slot) {
                k.store(state.from((s.overlap() - 1) * s.ratio + at % s.ratio, col), rows(slot));
              });
            };
            const auto replace = [&](Ring& out, const Tile& x, const Tensor& state) {
              const auto rows = [&](const Tile& t, int64_t h) {
                const bool closed = h + 1 < s.overlap();
                return blocks.part(t, h).clipped(closed ? Int(s.ratio) : end % s.ratio, cols);
              };
              k.use(out.push(), [&](Tile slot) {
                for (int64_t h = 0; h < s.overlap(); ++h) v.copy(rows(slot, h), rows(x, h));
              });
              k.use(out.pop(), [&](Tile slot) {
                for (int64_t h = 0; h < s.overlap(); ++h) {
                  k.store(state.from(h * s.ratio, col), rows(slot, h));
                }
              });
            };
            if (s.tokens < s.ratio) {
              k.when(open == at / s.ratio, [&] {
                blocks.with_new(col, [&](const Tile& kv, const Tile& gate) {
                  append(kv_out, kv, blocks.kv_state());
                  append(gate_out, gate, blocks.gate_state());
                });
              });
            }
            k.when(open > at / s.ratio, [&] {
              blocks.with(open, col, 0, [&](const Tile& kv, const Tile& gate) {
                replace(kv_out, kv, blocks.kv_state());
                replace(gate_out, gate, blocks.gate_state());
              });
            });
          },
          {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
