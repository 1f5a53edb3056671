#include "kernels/ops/hyper_tiling.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

MixtureTiling choose_mixture(const Limits& machine, const HyperShape& s, int64_t mixes) {
  constexpr int64_t kWidest = 512, kFloat = 4, kSlots = 2;
  const int64_t most_tokens = s.tile > 0 ? s.tile : MixtureTiling::kMostTokens;
  const auto room = [](uint64_t bytes) { return static_cast<int64_t>(bytes) * 7 / 8; };
  MixtureTiling t;
  t.step = 4 * int64_t{machine.fractal_cols(Type::kF32)};
  for (t.mine = std::min(most_tokens, ceil_div(s.tokens, vector_cores(machine))); t.mine >= 1;
       t.mine = t.mine / 2) {
    const int64_t rows = round_up(t.mine * machine.vectors, machine.fractal_rows);
    const int64_t outputs = round_up(mixes, machine.fractal_rows);
    const bool fits = kSlots * rows * t.step * kFloat <= static_cast<int64_t>(machine.l0a) &&
                      kSlots * outputs * t.step * kFloat <= static_cast<int64_t>(machine.l0b) &&
                      kSlots * rows * outputs * kFloat <= static_cast<int64_t>(machine.l0c);
    const int64_t small = 8 * (t.mine + 2) * padded_row(machine, mixes, Type::kF32);
    const int64_t in_ub =
        (room(machine.ub) - small) / (t.mine * (4 * bytes_of(s.type) + 4 * kFloat));
    const int64_t in_l1 = room(machine.l1) / (kSlots * kFloat * (rows + outputs));
    const int64_t most = std::min({in_ub, in_l1, kWidest, round_up(s.dim, t.step)});
    t.piece = most / t.step * t.step;
    if (fits && t.piece > 0) return t;
  }
  throw InputError(fmt::format("hc: the buffers of machine {} hold no tile of {} streams",
                               machine.machine, s.streams));
}

}  // namespace npu::detail
