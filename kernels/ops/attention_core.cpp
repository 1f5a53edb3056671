#include "kernels/ops/attention_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "isa/errors.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace detail {

namespace {

constexpr int64_t kSumBytes = 4;
constexpr int kSharedSlots = 2;  // of keys that are values too

// Whether every buffer holds its slots, all of them twice.
bool fits(const Limits& machine, const AttentionShape& s, const AttentionTiling& t,
          int64_t reserved) {
  const int64_t native = std::max(machine.fractal_rows, machine.fractal_cols(s.type));
  const int64_t size = bytes_of(s.type), rows = round_up(t.rows, machine.fractal_rows);
  const int64_t channels = round_up(s.head_dim, native), values = round_up(s.values(), native);
  const int64_t widest = std::max(t.keys, values);
  const int64_t mine = ceil_div(t.rows, machine.vectors), column = machine.ub_align;
  const int64_t output = padded_row(machine, s.values(), Type::kF32);
  const int64_t key_slots = s.shared ? kSharedSlots * channels : 2 * (channels + values);
  const int64_t l1 = size * (2 * rows * channels + t.keys * key_slots + 2 * rows * t.keys);
  const int64_t ub = reserved +
                     mine * (2 * padded_row(machine, t.keys, Type::kF32) + 2 * output  // links
                             + 2 * output   // of the task, and on its way to GM
                             + 8 * column)  // maximum, sum, decay, sink
                     + t.piece * (2 * padded_row(machine, t.keys, s.type) + 2 * column);
  const auto holds = [](uint64_t memory, int64_t bytes) {
    return bytes <= static_cast<int64_t>(memory);
  };
  return holds(machine.l0a, 2 * size * rows * t.step) &&
         holds(machine.l0b, 2 * size * widest * t.step) &&
         holds(machine.l0c, 2 * kSumBytes * rows * widest) && holds(machine.l1, l1) &&
         holds(machine.ub, ub);
}

}  // namespace

// Rows first: the more queries share a tile of keys, the fewer times keys are loaded and fed.
AttentionTiling attention_tiling(const Limits& machine, const AttentionShape& s, int64_t wanted,
                                 int64_t reserved) {
  constexpr int64_t kLargest = 128, kPiece = 32;
  const int64_t native = std::max(machine.fractal_rows, machine.fractal_cols(s.type));
  AttentionTiling t;
  for (int64_t most = kLargest; most >= machine.vectors; most /= 2) {
    for (t.keys = kLargest; t.keys >= std::max(native, most / 2); t.keys /= 2) {
      const int64_t part = ceil_div(std::min(most, wanted), machine.vectors);
      t.piece = std::min(kPiece, part);
      t.rows = round_up(part, t.piece) * machine.vectors;
      t.step = std::min(t.keys, std::max(native, 4 * int64_t{machine.fractal_cols(s.type)}));
      for (; t.step >= native; t.step /= 2) {
        if (fits(machine, s, t, reserved)) return t;
      }
    }
  }
  throw InputError(
      fmt::format("attention: the buffers of machine {} do not hold a tile of head_dim {} of {}",
                  machine.machine, s.head_dim, type_name(s.type)));
}

AttentionCore::AttentionCore(Kernel& k, const AttentionShape& s, const AttentionTiling& t)
    : rows(k.dim("rows", t.rows)),
      mine(k.share(rows)),
      keys(k.dim("keys", t.keys)),
      max(k.buffer("max", Type::kF32, {mine, 1})),
      sum(k.buffer("sum", Type::kF32, {mine, 1})),
      output(k.buffer("output", Type::kF32, {mine, s.values()})),
      k_(k),
      v_(k.vec),
      shape_(s),
      tiling_(t),
      q_l1_(k.ring("q_l1", Mem::kL1, s.type, {rows, s.head_dim}, 2)),
      k_l1_(k.ring("k_l1", Mem::kL1, s.type, {keys, s.head_dim}, s.shared ? kSharedSlots : 2)),
      v_l1_(s.shared ? nullptr : &k.ring("v_l1", Mem::kL1, s.type, {keys, s.values()}, 2)),
      a_l0_(k.ring("a_l0", Mem::kL0A, s.type, {rows, t.step}, 2)),
      b_l0_(k.ring("b_l0", Mem::kL0B, s.type, {std::max(t.keys, s.values()), t.step}, 2)),
      sums_(k.ring("sums", Mem::kL0C, Type::kF32, {rows, std::max(t.keys, s.values())}, 2)),
      p_ub_(k.ring("p_ub", Mem::kUb, s.type, {t.piece, keys}, 2)),
      decay_(k.ring("decay", Mem::kUb, Type::kF32, {mine, 1}, kSkew + 1)),
      scores_(k.link("scores", Dir::kToVector, Type::kF32, {rows, keys},
                     {.depth = 2, .piece = t.piece})),
      probs_(k.link("probs", Dir::kToCube, s.type, {rows, keys}, {.depth = 2, .piece = t.piece})),
      parts_(k.link("parts", Dir::kToVector, Type::kF32, {rows, s.values()},
                    {.depth = 2, .piece = t.piece})),
      top_(k.buffer("top", Type::kF32, {t.piece, 1})),
      part_(k.buffer("part", Type::kF32, {t.piece, 1})),
      weight_(k.buffer("weight", Type::kF32, {mine, 1})) {}

void AttentionCore::attend(const View& query, const Keys& wanted) {
  v_.fill(max, kLowest);
  v_.fill(sum, 0);
  v_.fill(output, 0);
  k_.load(q_l1_.push(), query);
  k_.use(q_l1_.pop(), [&](Tile q) {  // the query stays for the whole task
    k_.stages(
        "j", wanted.count, keys,
        {Stage{0, [&](Int j) { score(q, wanted, j); }},
         Stage{0, [&](Int j) { probabilities(wanted, j); }},
         Stage{kSkew, [&](Int j) { weigh(wanted, j); }}, Stage{kSkew, [&](Int) { accumulate(); }}});
  });
}

void AttentionCore::add_sink(const Operand& sink) {
  v_.max(weight_, max, sink);
  v_.sub(max, max, weight_);
  v_.exp(max, max);
  v_.mul(sum, sum, max);
  v_.mul(output, output, max);
  v_.sub(weight_, sink, weight_);
  v_.exp(weight_, weight_);
  v_.add(sum, sum, weight_);
}

void AttentionCore::divide() {
  v_.max(sum, sum, kSmallestSum);
  v_.div(output, output, sum);
}

// Cube: scores = q k^T.
void AttentionCore::score(const Tile& q, const Keys& wanted, const Int& j) {
  k_.use(k_l1_.push(), [&](Tile slot) { wanted.load_key(slot, j); });
  k_.use(shape_.shared ? k_l1_.peek() : k_l1_.pop(), [&](Tile kt) {
    const auto part_of_q = [&](Int i, int64_t n) { return q.cols(i, n); };
    const auto part_of_k = [&](Int i, int64_t n) { return kt.cols(i, n).t(); };
    multiply(shape_.head_dim, shape_.head_dim, part_of_q, part_of_k);
  });
  k_.drain(scores_.push(), sums_.pop(), {.scale = shape_.scale_or_default()});
}

// Cube: partial output = p v.
void AttentionCore::weigh(const Keys& wanted, const Int& j) {
  if (shape_.shared) {
    k_.use(probs_.pop(), k_l1_.pop(), [&](Tile p, Tile key) { multiply_value(p, key); });
  } else {
    k_.use(v_l1_->push(), [&](Tile slot) { wanted.load_value(slot, j); });
    k_.use(probs_.pop(), v_l1_->pop(), [&](Tile p, Tile value) { multiply_value(p, value); });
  }
  k_.drain(parts_.push(), sums_.pop());
}

void AttentionCore::multiply_value(const Tile& p, const Tile& value) {
  const Tile channels = value.clipped(tiling_.keys, shape_.values());
  const auto part_of_p = [&](Int i, int64_t n) { return p.cols(i, n); };
  const auto part_of_v = [&](Int i, int64_t n) { return channels.rows(i, n); };
  multiply(keys, tiling_.keys, part_of_p, part_of_v);
}

// sums.push() = a b, in steps of the contracted dimension, `most` of which are in the slots and
// `depth` in use.
void AttentionCore::multiply(const Int& depth, int64_t most, const Part& a, const Part& b) {
  const int64_t count = std::min(tiling_.step, most);
  k_.use(sums_.push(), [&](Tile c) {
    const auto step = [&](Int i) {
      k_.feed(a_l0_.push(), a(i, count));
      k_.feed(b_l0_.push(), b(i, count));
      k_.mma(c, a_l0_.pop(), b_l0_.pop());
    };
    count == most ? step(0) : k_.loop("step", ceil_div(depth, count), step);
  });
}

// Vector: scores become probabilities relative to the rows' new maximum; the factor by which older
// sums and outputs shrink is kept for accumulate().
void AttentionCore::probabilities(const Keys& wanted, const Int& j) {
  if (wanted.prepare) wanted.prepare(j);
  k_.use(decay_.push(), probs_.push(), [&](Tile decays, Tile p_slot) {
    k_.pieces(scores_.pop(), [&](Tile x, Rows at) {
      const Tile old_max = max.rows(at), old_sum = sum.rows(at), decay = decays.rows(at);
      if (wanted.mask) wanted.mask(x, j);
      v_.row_max(top_, x);
      v_.max(top_, top_, old_max);
      v_.sub(decay, old_max, top_);
      v_.exp(decay, decay);
      v_.copy(old_max, top_);
      v_.sub(x, x, top_);
      v_.exp(x, x);
      v_.row_sum(part_, x);
      v_.fma(old_sum, old_sum, decay, part_);
      v_.convert(p_ub_.push(), x);
      k_.store(p_slot.rows(at), p_ub_.pop());
    });
  });
}

// Vector: output = output * decay + partial output.
void AttentionCore::accumulate() {
  k_.use(decay_.pop(), [&](Tile decays) {
    k_.pieces(parts_.pop(), [&](Tile x, Rows at) {
      v_.fma(output.rows(at), output.rows(at), decays.rows(at), x);
    });
  });
}

}  // namespace detail

float AttentionShape::scale_or_default() const {
  return scale != 0 ? scale : static_cast<float>(1 / std::sqrt(static_cast<double>(head_dim)));
}

void AttentionShape::check(const Limits& machine) const {
  detail::ShapeCheck check("attention", machine);
  check.dimension("tokens", tokens);
  check.dimension("heads", heads);
  check.dimension("kv_heads", kv_heads);
  check.dimension("head_dim", head_dim);
  check.require(head_dim != 1,
                "head_dim is 1; it must be at least 2: a single column lies dense in UB, but the "
                "cube hands over rows that begin at aligned addresses");
  check.dimension("capacity", capacity);
  check.require(kv_heads < 1 || heads % kv_heads == 0, "heads must be a multiple of kv_heads");
  check.float_type("dtype", type);
  check.cube_type("dtype", type);
  check.done();
}

void AttentionShape::check_mla(const Limits& machine) const {
  check(machine);
  detail::ShapeCheck check("mla", machine);
  const int64_t native = machine.fractal_cols(type);
  check.dimension("value_dim", values());
  check.require(values() != 1, "value_dim must be at least 2");
  check.require(!shared || values() <= head_dim, "a value is the first channels of a key");
  check.require(shared || (rope_dim > 0 && rope_dim < head_dim),
                "rope_dim must be a part of head_dim");
  check.require(
      shared || (head_dim - rope_dim) % native == 0,
      fmt::format("a head's own channels of a key must be whole native tiles of {}", native));
  check.done();
}

void AttentionShape::check_pages(const Limits& machine, int64_t tile) const {
  detail::ShapeCheck check("paged_attention", machine);
  check.dimension("page", page);
  check.dimension("pages", pages);
  check.require(
      page < 1 || page % tile == 0 || tile % page == 0,
      fmt::format("page must divide {} keys, a tile here, or be a multiple of them", tile));
  check.done();
}

}  // namespace npu
