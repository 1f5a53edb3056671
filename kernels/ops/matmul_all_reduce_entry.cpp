#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/matmul_all_reduce.h"

namespace npu {

namespace {

MatmulAllReduceShape shape_of(const Options& o) {
  return {.chips = o.count("chips"),
          .m = o.count("m"),
          .n = o.count("n"),
          .k = o.count("k"),
          .type = o.type("dtype", {Type::kF16, Type::kBf16})};
}

std::vector<OperatorArgument> arguments(const Options& o, uint64_t seed, Contents contents) {
  const MatmulAllReduceShape s = shape_of(o);
  detail::Arguments list(seed, contents);
  list.input("a", s.type, {s.chips, s.m, s.k});
  list.input("b", s.type, {s.chips, s.n, s.k});
  list.output("c", s.type, {s.chips, s.m, s.n});
  return detail::one_part_a_chip(list.take());
}

std::vector<Expected> expected(const Options& o, std::span<const OperatorArgument> list) {
  const MatmulAllReduceShape s = shape_of(o);
  return {detail::on_every_chip(
      matmul_all_reduce_reference(s, values_of(list[0].tensor), values_of(list[1].tensor)),
      s.chips)};
}

// Of one chip, without the links.
Work work(const Options& o) {
  const MatmulAllReduceShape s = shape_of(o);
  Work work = detail::work_of_a_chip(arguments(o, 0, Contents::kControlOnly), s.chips);
  work.macs = static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  work.cube_type = s.type;
  return work;
}

}  // namespace

Operator matmul_all_reduce_entry() {
  return {
      .name = "matmul_all_reduce",
      .doc = "the sum over all chips of a b^T, product and sum overlapped",
      .formula = "c[chip, i, j] = sum over p and l of a[p, i, l] * b[p, j, l]",
      .tolerance =
          "for each chip gamma_(k+1) |a[i, :]| |b[j, :]| and a rounding to the type, then an f32 "
          "rounding an addition, and the rounding of c",
      .options = {{"m", "256", "rows of a and c"},
                  {"n", "256", "rows of b, columns of c"},
                  {"k", "256", "columns of a and b, on each chip"},
                  {"dtype", "fp16", "fp16 bf16"},
                  {"chips", "1", "chips; npu run takes the machine's"}},
      .program = [](const Limits& machine,
                    const Options& o) { return matmul_all_reduce(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
