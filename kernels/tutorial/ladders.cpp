#include "kernels/tutorial/ladders.h"

#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/elementwise.h"
#include "kernels/ops/matmul.h"
#include "kernels/tutorial/add_ladder.h"
#include "kernels/tutorial/matmul_ladder.h"

namespace npu::tutorial {

namespace {

AddStep add_of(const Options& o) {
  AddStep s;
  s.count = o.count("count");
  s.tile = o.count("tile");
  s.slots = static_cast<int>(o.count("slots"));
  s.stream = o.flag("stream");
  s.alone = o.flag("alone");
  s.spread = o.flag("spread");
  return s;
}

std::vector<OperatorArgument> add_arguments(const Options& o, uint64_t seed, Contents contents) {
  const int64_t count = o.count("count");
  detail::Arguments list(seed, contents);
  list.input("a", Type::kF16, {count});
  list.input("b", Type::kF16, {count});
  list.output("y", Type::kF16, {count});
  return list.take();
}

Operator add_ladder() {
  return {.name = "tutorial/add_ladder",
          .doc = "a sum of two long rows, step by step from one core to all of HBM",
          .formula = "y[i] = a[i] + b[i]",
          .tolerance = "the rounding of y",
          .options = {{"count", "67108864", "elements"},
                      {"tile", "15872", "elements of a tile"},
                      {"slots", "1", "tiles of each tensor in UB"},
                      {"stream", "false", "a and b pass L2 by"},
                      {"alone", "false", "one vector core does it all"},
                      {"spread", "false", "a and b in different banks of UB"}},
          .program = [](const Limits& machine,
                        const Options& o) { return add_step(machine, add_of(o)); },
          .arguments = add_arguments,
          .expected =
              [](const Options& o, std::span<const OperatorArgument> list) {
                return std::vector<Expected>{
                    residual_add_reference({.count = o.count("count"), .type = Type::kF16},
                                           values_of(list[0].tensor), values_of(list[1].tensor))};
              },
          .work =
              [](const Options& o) {
                return detail::argument_work(add_arguments(o, 0, Contents::kControlOnly));
              }};
}

MatmulStep matmul_of(const Options& o) {
  MatmulStep s;
  s.m = o.count("m");
  s.n = o.count("n");
  s.k = o.count("k");
  s.base_m = o.count("base-m");
  s.base_n = o.count("base-n");
  s.base_k = o.count("base-k");
  s.packet = o.count_or_needed("packet", s.base_k);
  s.packets = static_cast<int>(o.count("packets"));
  s.overlap = o.flag("overlap");
  s.handover = o.flag("handover");
  s.grid_m = o.count("grid-m");
  s.grid_n = o.count("grid-n");
  return s;
}

std::vector<OperatorArgument> matmul_arguments(const Options& o, uint64_t seed, Contents contents) {
  const MatmulStep s = matmul_of(o);
  detail::Arguments list(seed, contents);
  list.input("a", Type::kF16, {s.m, s.k});
  list.input("b", Type::kF16, {s.n, s.k});
  list.output("c", Type::kF16, {s.m, s.n});
  return list.take();
}

Operator matmul_ladder() {
  return {.name = "tutorial/matmul_ladder",
          .doc = "a matrix product, step by step from one core to the cubes' peak",
          .formula = "c = a b^T, on grid-m x grid-n groups",
          .tolerance = "gamma_k sum |a b| and the rounding of c",
          .options = {{"m", "8192", "rows of a and c"},
                      {"n", "8192", "rows of b, columns of c"},
                      {"k", "8192", "columns of a and b"},
                      {"base-m", "64", "rows of a that the cube multiplies at a time"},
                      {"base-n", "64", "rows of b that it multiplies them by"},
                      {"base-k", "64", "columns of both"},
                      {"packet", "0", "columns that a load brings; 0: base-k"},
                      {"packets", "1", "of them in L1"},
                      {"overlap", "true", "feed the next operands while the cube works"},
                      {"handover", "false", "drain sub-tiles while the cube works"},
                      {"grid-m", "1", "groups along m"},
                      {"grid-n", "1", "groups along n"}},
          .program = [](const Limits& machine,
                        const Options& o) { return matmul_step(machine, matmul_of(o)); },
          .arguments = matmul_arguments,
          .expected =
              [](const Options& o, std::span<const OperatorArgument> list) {
                const MatmulStep s = matmul_of(o);
                const MatmulShape shape{.m = s.m,
                                        .n = s.n,
                                        .k = s.k,
                                        .b_transposed = true,
                                        .type = Type::kF16,
                                        .out = Type::kF16};
                return std::vector<Expected>{matmul_reference(shape, values_of(list[0].tensor),
                                                              values_of(list[1].tensor), {})};
              },
          .work =
              [](const Options& o) {
                const MatmulStep s = matmul_of(o);
                Work work = detail::argument_work(matmul_arguments(o, 0, Contents::kControlOnly));
                work.macs =
                    static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
                return work;
              }};
}

}  // namespace

const std::vector<Operator>& ladders() {
  static const std::vector<Operator> all = {add_ladder(), matmul_ladder()};
  return all;
}

}  // namespace npu::tutorial
