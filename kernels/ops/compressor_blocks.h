// What the compressor reads: blocks of tokens that are partly in its state and partly new. Private
// to kernels/ops.
#pragma once

#include <optional>

#include "kernels/kit/kit.h"
#include "kernels/ops/compressor.h"

namespace npu::detail {

// The rows of blocks of tokens, some from the state, the others new.
class CompressorBlocks {
 public:
  CompressorBlocks(Kernel& k, const CompressorShape& s, int64_t piece)
      : kv(k.tensor("kv", Type::kF32, {s.sequences * s.tokens, s.width()})),
        gate(k.tensor("gate", Type::kF32, {s.sequences * s.tokens, s.width()})),
        ape(k.tensor("ape", Type::kF32, {s.ratio, s.width()})),
        cols(k.dim("cols", piece)),
        kv_ub(k.ring("kv_ub", Mem::kUb, Type::kF32, {rows_of(k, s), cols}, 2)),
        gate_ub(k.ring("gate_ub", Mem::kUb, Type::kF32, {rows_of(k, s), cols}, 2)),
        ape_ub(k.ring("ape_ub", Mem::kUb, Type::kF32, {rows_of(k, s), cols}, 2)),
        k_(k),
        shape_(s) {}

  // What follows is about one sequence, whose first new token is at `position`.
  void of(const Int& sequence, const Tensor& kv_state, const Tensor& gate_state,
          const Int& position) {
    const Int row = sequence * shape_.state_rows();
    news_ = kv.rows(sequence * shape_.tokens, shape_.tokens);
    gates_ = gate.rows(sequence * shape_.tokens, shape_.tokens);
    kv_state_ = kv_state.rows(row, shape_.state_rows());
    gate_state_ = gate_state.rows(row, shape_.state_rows());
    position_ = position;
  }
  const Tensor& kv_state() const { return *kv_state_; }
  const Tensor& gate_state() const { return *gate_state_; }

  // Calls body(kv, gate) with the rows of `overlap` blocks up to `last`, ape added to the gates; of
  // block number h the channels from col + h * block_step on.
  template <class Body>
  void with(const Int& last, const Int& col, int64_t block_step, const Body& body) {
    k_.use(kv_ub.push(), gate_ub.push(), ape_ub.push(), [&](Tile kv_slot, Tile gate_slot, Tile a) {
      for (int64_t h = 0; h < shape_.overlap(); ++h) {
        const Int at = col + h * block_step;
        load(part(kv_slot, h), *news_, *kv_state_, block(last, h), at);
        load(part(gate_slot, h), *gates_, *gate_state_, block(last, h), at);
        k_.load(part(a, h), ape.from(0, at));
      }
    });
    k_.use(kv_ub.pop(), gate_ub.pop(), ape_ub.pop(), [&](Tile kv_slot, Tile gate_slot, Tile a) {
      for (int64_t h = 0; h < shape_.overlap(); ++h) {
        const Int first = old(block(last, h)), left = shape_.tokens + position_;
        const Int fresh = max(0, min(shape_.ratio, left - block(last, h) * shape_.ratio) - first);
        const auto news = [&](const Tile& t) {
          return part(t, h).rows_from(first, shape_.ratio).clipped(fresh, cols);
        };
        k_.vec.add(news(gate_slot), news(gate_slot), news(a));
      }
      body(kv_slot, gate_slot);
    });
  }

  // The same with the new rows alone, where none of them closes a block: rows 0 .. tokens - 1.
  template <class Body>
  void with_new(const Int& col, const Body& body) {
    const auto news = [&](const Tile& t) { return t.clipped(shape_.tokens, cols); };
    k_.use(kv_ub.push(), gate_ub.push(), ape_ub.push(), [&](Tile kv_slot, Tile gate_slot, Tile a) {
      k_.load(news(kv_slot), news_->from(0, col));
      k_.load(news(gate_slot), gates_->from(0, col));
      k_.load(news(a), ape.from(position_ % shape_.ratio, col));
    });
    k_.use(kv_ub.pop(), gate_ub.pop(), ape_ub.pop(), [&](Tile kv_slot, Tile gate_slot, Tile a) {
      k_.vec.add(news(gate_slot), news(gate_slot), news(a));
      body(news(kv_slot), news(gate_slot));
    });
  }

  Tile part(const Tile& slot, int64_t h) const { return slot.rows(h, shape_.ratio); }

  const Tensor kv, gate, ape;
  const Dim cols;
  Ring &kv_ub, &gate_ub, &ape_ub;

 private:
  // A Dim that is never clipped: the slot is written in parts.
  static Dim rows_of(Kernel& k, const CompressorShape& s) { return k.dim("rows", s.state_rows()); }

  Int block(const Int& last, int64_t h) const { return last - (shape_.overlap() - 1) + h; }
  // Rows of a block that are in the state.
  Int old(const Int& block) const {
    return max(0, min(shape_.ratio, position_ - block * shape_.ratio));
  }
  void load(const Tile& slot, const Tensor& news, const Tensor& state, const Int& block,
            const Int& col) {
    const Int first = block * shape_.ratio;
    const Int state_row =
        first - (position_ / shape_.ratio - (shape_.overlap() - 1)) * shape_.ratio;
    k_.load(slot.clipped(old(block), cols), state.from(min(state_row, shape_.state_rows()), col));
    k_.load(slot.rows_from(old(block), shape_.ratio),
            news.from(max(0, first + old(block) - position_), col));
  }

  Kernel& k_;
  const CompressorShape shape_;
  std::optional<Tensor> news_, gates_, kv_state_, gate_state_;
  Int position_;
};

}  // namespace npu::detail
