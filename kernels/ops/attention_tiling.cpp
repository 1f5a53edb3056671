#include "kernels/ops/attention_tiling.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "kernels/ops/row_folds.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

constexpr int64_t kSumBytes = 4;
constexpr int64_t kBlock = 128;                      // query rows, and keys of a block, at most
constexpr int64_t kLongest = 4;                      // blocks of a tile
constexpr int64_t kPieces[] = {64 * 128, 32 * 128};  // scores of a piece, about: what fits
constexpr int64_t kColumns = 9;  // of one element a row: maxima, sums, decays, a sink

bool holds(uint64_t memory, int64_t bytes) { return bytes <= static_cast<int64_t>(memory); }

int64_t ub_bytes(const Limits& machine, const AttentionShape& s, const AttentionTiling& t) {
  const int64_t mine = ceil_div(t.rows, machine.vectors);
  const int64_t scores = padded_row(machine, t.keys, Type::kF32),
                output = padded_row(machine, s.values(), Type::kF32),
                probabilities = padded_row(machine, t.keys, s.type);
  const int64_t links =
      machine.l0c_to_ub ? mine * (2 * scores + output) : t.piece * 2 * (scores + output);
  return links + mine * 2 * output  // of the task, and on its way to GM
         + mine * kColumns * kSumBytes + t.piece * 2 * probabilities +
         RowFolds::bytes(machine, t.piece, t.keys, t.strips);
}

// Whether every buffer holds its slots, most of them twice.
bool fits(const Limits& machine, const AttentionShape& s, const AttentionTiling& t,
          int64_t reserved) {
  const int64_t native = std::max(machine.fractal_rows, machine.fractal_cols(s.type));
  const int64_t size = bytes_of(s.type), rows = round_up(t.rows, machine.fractal_rows);
  const int64_t channels = round_up(s.head_dim, native), values = round_up(s.values(), native);
  const int64_t widest = std::max(t.block, values);
  const int64_t key_slots = 2 * (s.shared ? channels : channels + values);
  const int64_t l1 = size * (2 * rows * channels + t.block * key_slots + 2 * rows * t.keys);
  return holds(machine.l0a, 2 * size * rows * t.step) &&
         holds(machine.l0b, 2 * size * widest * t.step) &&
         holds(machine.l0c, 2 * kSumBytes * rows * widest) && holds(machine.l1, l1) &&
         holds(machine.ub, reserved + ub_bytes(machine, s, t));
}

// Pieces of the rows of a tile, `part` of which are a vector core's.
void cut_rows(const Limits& machine, int64_t part, int64_t scores, AttentionTiling& t) {
  const int64_t block = machine.ub_align / kSumBytes;
  t.piece = std::min(std::max(2 * block, scores / t.keys), part);
  t.rows = round_up(part, t.piece) * machine.vectors;
  t.strips = t.piece % (2 * block) == 0 ? 2 : 1;  // columns of them begin at words of UB
}

}  // namespace

// Rows first: the more queries share a tile of keys, the fewer times keys are loaded and fed.
AttentionTiling attention_tiling(const Limits& machine, const AttentionShape& s,
                                 const AttentionWish& wish) {
  const int64_t native = std::max(machine.fractal_rows, machine.fractal_cols(s.type));
  const int64_t longest = wish.long_tiles && !s.shared && !machine.l0c_to_ub ? kLongest : 1;
  AttentionTiling t;
  for (int64_t most = kBlock; most >= machine.vectors; most /= 2) {
    const int64_t part = ceil_div(std::min(most, wish.rows), machine.vectors);
    for (t.block = kBlock; t.block >= std::max(native, most / 2); t.block /= 2) {
      for (t.keys = longest * t.block; t.keys >= t.block; t.keys /= 2) {
        if (t.keys > t.block && t.keys / 2 >= s.capacity) continue;
        t.step = std::min(t.block, std::max(native, 4 * int64_t{machine.fractal_cols(s.type)}));
        for (; t.step >= native; t.step /= 2) {
          for (const int64_t scores : kPieces) {
            cut_rows(machine, part, scores, t);
            if (fits(machine, s, t, wish.reserved)) return t;
          }
        }
      }
    }
  }
  throw InputError(
      fmt::format("attention: the buffers of machine {} do not hold a tile of head_dim {} of {}",
                  machine.machine, s.head_dim, type_name(s.type)));
}

}  // namespace npu::detail
