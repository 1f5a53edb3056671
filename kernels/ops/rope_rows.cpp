#include "kernels/ops/rope_rows.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 7 / 8; }

// Bytes of UB for a head of a token, and for its angles.
int64_t head_bytes(const RopeShape& s) {
  return s.head_dim * 4 * bytes_of(s.type) +
         s.turned() * (s.interleaved ? 3 : 2) * bytes_of(Type::kF32);
}
int64_t angle_bytes(const RopeShape& s) {
  return (s.interleaved ? 7 : 6) * s.half() * bytes_of(Type::kF32);
}

struct RopeTiling {
  int64_t tokens = 0, heads = 0;  // of a task; heads divides those of the shape
};

RopeTiling rope_tiling(const Limits& machine, const RopeShape& s) {
  // Tasks enough that the last round of them leaves few cores idle.
  constexpr int64_t kTasksEach = 4;
  const int64_t each =
      std::max<int64_t>(1, s.tokens * s.heads / (kTasksEach * vector_cores(machine)));
  RopeTiling tiling;
  tiling.heads = std::min({s.heads, each, (room(machine) - angle_bytes(s)) / head_bytes(s)});
  while (s.heads % tiling.heads != 0) --tiling.heads;
  tiling.tokens = std::min({s.tokens, std::max<int64_t>(1, each / tiling.heads),
                            room(machine) / (tiling.heads * head_bytes(s) + angle_bytes(s))});
  return tiling;
}

}  // namespace

bool fits_whole_rows(const Limits& machine, const RopeShape& s) {
  const auto whole = [&](int64_t channels, Type type) {
    return channels * bytes_of(type) % machine.ub_align == 0;
  };
  return whole(s.half(), Type::kF32) && whole(s.turned(), s.type) &&
         whole(s.head_dim - s.turned(), s.type) && head_bytes(s) + angle_bytes(s) <= room(machine);
}

// A task is some heads of some tokens, whole rows to load and store; those that follow each other
// in memory come at a time. With cosines twice and sines with both signs, a head is x cos + (x with
// the channels of each pair exchanged) sin.
Program rope_rows(const Limits& machine, const RopeShape& s) {
  const int64_t dim = s.head_dim, half = s.half(), turned = s.turned(), still = dim - turned;
  const RopeTiling tiling = rope_tiling(machine, s);
  const int64_t tile = tiling.tokens, heads = tiling.heads;

  Kernel k{"rope", machine};
  Vec& v = k.vec;
  const Dim tokens = k.dim("tokens", tile);
  const Tensor x = k.tensor("x", s.type, {s.tokens, s.heads * dim});
  const Tensor cos = k.tensor("cos", Type::kF32, {s.positions, half});
  const Tensor sin = k.tensor("sin", Type::kF32, {s.positions, half});
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.heads * dim});
  const Int position = k.arg("position");
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {tokens, heads * dim}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {tokens, heads * dim}, 2);
  Ring& cos_ub = k.ring("cos_ub", Mem::kUb, Type::kF32, {tokens, half}, 1);
  Ring& sin_ub = k.ring("sin_ub", Mem::kUb, Type::kF32, {tokens, half}, 1);
  const Tile straight = k.buffer("straight", Type::kF32, {tokens, heads * turned}),
             exchanged = k.buffer("exchanged", Type::kF32, {tokens, heads * turned});
  const Tile cosines = k.buffer("cosines", Type::kF32, {tokens, turned}),
             sines = k.buffer("sines", Type::kF32, {tokens, turned});
  std::optional<Tile> first, second, other_sign;  // of pairs that are neighbours
  if (s.interleaved) {
    first = k.buffer("first", Type::kF32, {tokens, heads * half});
    second = k.buffer("second", Type::kF32, {tokens, heads * half});
    other_sign = k.buffer("other_sign", Type::kF32, {tokens, half});
  }

  // The heads of all tokens as rows.
  const auto by_head = [&](const Tile& t) {
    const int64_t width = t.max_cols() / heads;
    return t.reshape(tile * heads, width).clipped(heads * Int(tokens), width);
  };
  const auto spread_angles = [&](const Tile& c, const Tile& n) {
    if (s.interleaved) {
      v.neg(*other_sign, n);
      v.zip(cosines, c, c);
      return s.inverse ? v.zip(sines, n, *other_sign) : v.zip(sines, *other_sign, n);
    }
    v.copy(cosines.cols(0, half), c);
    v.copy(cosines.cols(1, half), c);
    v.neg(sines.cols(s.inverse ? 1 : 0, half), n);
    v.copy(sines.cols(s.inverse ? 0 : 1, half), n);
  };
  const auto exchange = [&] {
    if (s.interleaved) {
      v.unzip(*first, *second, straight);
      return v.zip(exchanged, *second, *first);
    }
    const Tile from = by_head(straight), to = by_head(exchanged);
    v.copy(to.cols(0, half), from.cols(1, half));
    v.copy(to.cols(1, half), from.cols(0, half));
  };
  // Long instructions: over the tokens of each head, or the heads of each token.
  const auto by_angles = [&](const Tile& values, const Tile& angles) {
    if (heads < tile) {
      k.loop("head", heads, [&](Int h) {
        const Tile head = values.cols(h, turned);
        v.mul(head, head, angles);
      });
    } else {
      k.loop("token", tokens, [&](Int t) {
        const Tile token = values.row(t).reshape(heads, turned);
        v.mul(token, token, angles.row(t));
      });
    }
  };
  const auto some_heads = [&](Int task) {
    const auto [h, t] = k.split(task, s.heads / heads);
    const Int row = t * tile, col = h * (heads * dim);
    tokens.clip(s.tokens - row);
    k.load(cos_ub.push(), cos.from(position + row, 0));
    k.load(sin_ub.push(), sin.from(position + row, 0));
    k.load(x_ub.push(), x.from(row, col), {.hint = Hint::kStream});  // nobody wants x again
    k.use(cos_ub.pop(), sin_ub.pop(), spread_angles);
    k.use(x_ub.pop(), y_ub.push(), [&](Tile in, Tile out) {
      const Tile from = by_head(in), to = by_head(out);
      v.convert(by_head(straight), from.cols_from(still, turned));
      if (still > 0) v.copy(to.cols_from(0, still), from.cols_from(0, still));
      exchange();
      by_angles(straight, cosines);
      by_angles(exchanged, sines);
      v.add(straight, straight, exchanged);
      v.convert(to.cols_from(still, turned), by_head(straight));
    });
    k.store(y.from(row, col), y_ub.pop());
  };
  k.tasks(ceil_div(s.tokens, tile) * (s.heads / heads), some_heads, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu::detail
