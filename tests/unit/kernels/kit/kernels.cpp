#include "tests/unit/kernels/kit/kernels.h"

namespace npu::test {

using namespace types;

Program vector_add(const Limits& machine) {
  Kernel k{"vector_add", machine};
  const Int n = k.arg("n");
  const Dim cols = k.dim("cols", 1024);
  const Tensor a = k.tensor("a", f32, {n}), b = k.tensor("b", f32, {n});
  const Tensor c = k.tensor("c", f32, {n});
  Ring& x = k.ring("x", Mem::kUb, f32, {1, cols}, 2);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, cols}, 2);
  Ring& z = k.ring("z", Mem::kUb, f32, {1, cols}, 2);
  const auto body = [&](Int task) {
    cols.clip(n - task * 1024);
    k.load(x.push(), a.tile(0, task));
    k.load(y.push(), b.tile(0, task));
    k.vec.add(z.push(), x.pop(), y.pop());
    k.store(c.tile(0, task), z.pop());
  };
  k.tasks(ceil_div(n, 1024), body, {.per = Per::kVector});
  return k.finish();
}

Program matmul(const Limits& machine, const MatmulForm& form) {
  Kernel k{"matmul", machine};
  const Int m = k.arg("m"), n = k.arg("n");
  const Int depth = form.depth > 0 ? Int(form.depth) : k.arg("k");
  const Dim rows = k.dim("rows", 64), cols = k.dim("cols", 64), slab = k.dim("slab", 128);
  const Tensor a = k.tensor("a", f16, {m, depth}), b = k.tensor("b", f16, {n, depth});
  const Tensor c = k.tensor("c", f32, {m, n});
  Ring& a_l1 = k.ring("a_l1", Mem::kL1, f16, {rows, slab}, 2);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, f16, {cols, slab}, 2);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, f16, {rows, 64}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, f16, {cols, 64}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {rows, cols}, form.handover ? 1 : 2);
  if (form.handover) sums.handover();
  const Int down = ceil_div(m, 64);
  k.tasks(down * ceil_div(n, 64), [&](Int task) {
    const auto part = k.split(task, down);
    const Int i = part[0], j = part[1];
    rows.clip(m - i * 64);
    cols.clip(n - j * 64);
    k.use(sums.push(), [&](Tile sum) {
      k.tiles("slab", depth, slab, [&](Int s) {
        k.load(a_l1.push(), a.tile(i, s));
        k.load(b_l1.push(), b.tile(j, s));
        k.use(a_l1.pop(), b_l1.pop(), [&](Tile x, Tile y) {
          k.loop("step", ceil_div(slab, 64), [&](Int step) {
            k.feed(a_l0.push(), x.cols(step, 64));
            k.feed(b_l0.push(), y.cols(step, 64).t());
            k.mma(sum, a_l0.pop(), b_l0.pop());
          });
        });
      });
    });
    k.drain(c.tile(i, j), sums.pop());
  });
  return k.finish();
}

Program there_and_back(const Limits& machine, const FlowShape& flow) {
  constexpr int kTile = 32, kWidth = 32;
  Kernel k{"there_and_back", machine};
  const Int tokens = k.arg("tokens"), keys_total = k.arg("keys");
  const Dim rows = k.dim("rows", kTile), keys = k.dim("keys", kTile), d = k.dim("d", kWidth);
  const Dim all = k.dim("all", kTile * flow.tiles);
  const Tensor q = k.tensor("q", f16, {tokens, kWidth}),
               out = k.tensor("out", f32, {tokens, kWidth});
  const Tensor key = k.tensor("k", f16, {keys_total, kWidth});
  const Tensor value = k.tensor("v", f16, {keys_total, kWidth});
  Ring& q_l1 = k.ring("q_l1", Mem::kL1, f16, {all, d}, 2);
  Ring& k_l1 = k.ring("k_l1", Mem::kL1, f16, {keys, d}, 2);
  Ring& v_l1 = k.ring("v_l1", Mem::kL1, f16, {keys, d}, 2);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, f16, {kTile, kTile}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, f16, {kTile, kTile}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {kTile, kTile}, 2);
  const LinkOptions options{.depth = flow.depth, .piece = 8};
  Link& scores = k.link("scores", Dir::kToVector, f32, {rows, keys}, options);
  Link& probs = k.link("probs", Dir::kToCube, f16, {rows, keys}, options);
  Link& parts = k.link("parts", Dir::kToVector, f32, {rows, d}, options);
  Ring& p_ub = k.ring("p_ub", Mem::kUb, f16, {8, keys}, 2);
  const Dim mine = k.share(rows);
  Ring& o_ub = k.ring("o_ub", Mem::kUb, f32, {mine, d}, 1);
  std::vector<Tile> total;
  for (int i = 0; i < flow.tiles; ++i) total.push_back(k.buffer("total", f32, {mine, d}));

  const auto multiply = [&](Src x, Src y) {
    k.feed(a_l0.push(), x);
    k.feed(b_l0.push(), y);
    k.mma(sums.push(), a_l0.pop(), b_l0.pop());
  };
  k.tasks(ceil_div(tokens, kTile * flow.tiles), [&](Int task) {
    const auto each = [&](const std::function<void(int)>& body) {
      for (int i = 0; i < flow.tiles; ++i) {
        rows.clip(tokens - (task * flow.tiles + i) * kTile);
        body(i);
      }
    };
    each([&](int i) { k.vec.fill(total[static_cast<size_t>(i)], 0); });
    all.clip(tokens - task * (flow.tiles * kTile));
    k.load(q_l1.push(), q.tile(task, 0));
    k.use(q_l1.pop(), [&](Tile query) {
      const auto score = [&](Int j) {
        k.load(k_l1.push(), key.tile(j, 0));
        k.use(k_l1.pop(), [&](Tile kt) {
          each([&](int i) {
            multiply(query.rows(i, kTile), kt.t());
            k.drain(scores.push(), sums.pop());
          });
        });
      };
      const auto weigh = [&](Int) {
        each([&](int) {
          k.use(probs.push(), [&](Tile slot) {
            k.pieces(scores.pop(), [&](Tile x, Rows at) {
              k.vec.relu(x, x);
              k.use(p_ub.push(), [&](Tile p) { k.vec.convert(p, x); });
              k.store(slot.rows(at), p_ub.pop());
            });
          });
        });
      };
      const auto sum_up = [&](Int j) {
        k.load(v_l1.push(), value.tile(j, 0));
        k.use(v_l1.pop(), [&](Tile vt) {
          each([&](int) {
            multiply(probs.pop(), vt);
            k.drain(parts.push(), sums.pop());
          });
        });
      };
      const auto collect = [&](Int) {
        each([&](int i) {
          const Tile& sum = total[static_cast<size_t>(i)];
          k.pieces(parts.pop(), [&](Tile x, Rows at) { k.vec.add(sum.rows(at), sum.rows(at), x); });
        });
      };
      k.stages("j", keys_total, keys,
               {{0, score}, {0, weigh}, {flow.skew, sum_up}, {flow.skew, collect}});
    });
    each([&](int i) {
      k.vec.copy(o_ub.push(), total[static_cast<size_t>(i)]);
      k.store(k.share(out.tile(task * flow.tiles + i, 0)), o_ub.pop());
    });
  });
  return k.finish();
}

}  // namespace npu::test
