#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/matmul.h"

namespace npu {

namespace {

MatmulShape shape_of(const Options& options) {
  MatmulShape shape;
  shape.m = options.count("m");
  shape.n = options.count("n");
  shape.k = options.count("k");
  shape.a_transposed = options.flag("ta");
  shape.b_transposed = options.flag("tb");
  shape.type = options.type("dtype", {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kI8});
  const bool chosen = options.text("out") != "auto";
  shape.out = chosen ? options.type("out", {Type::kF32, Type::kF16, Type::kBf16, Type::kI32})
                     : shape.sum_type();
  shape.bias = options.flag("bias");
  return shape;
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  using Dims = std::vector<int64_t>;
  const MatmulShape s = shape_of(options);
  const double low = is_integer(s.type) ? -128 : -1, high = is_integer(s.type) ? 127 : 1;
  detail::Arguments list(seed, contents);
  list.input("a", s.type, s.a_transposed ? Dims{s.k, s.m} : Dims{s.m, s.k}, low, high);
  list.input("b", s.type, s.b_transposed ? Dims{s.n, s.k} : Dims{s.k, s.n}, low, high);
  if (s.bias)
    list.input("bias", s.sum_type(), {s.n}, is_integer(s.type) ? -1000 : -1,
               is_integer(s.type) ? 1000 : 1);
  list.output("c", s.out, {s.m, s.n});
  return list.take();
}

std::vector<Expected> expected(const Options& options, std::span<const OperatorArgument> list) {
  const MatmulShape s = shape_of(options);
  const std::vector<double> bias = s.bias ? values_of(list[2].tensor) : std::vector<double>{};
  return {matmul_reference(s, values_of(list[0].tensor), values_of(list[1].tensor), bias)};
}

Work work(const Options& options) {
  const MatmulShape s = shape_of(options);
  const double macs =
      static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  Work work = detail::argument_work(arguments(options, 0, Contents::kControlOnly));
  work.macs = macs;
  work.cube_type = s.type;
  return work;
}

}  // namespace

Operator matmul_entry() {
  return {
      .name = "matmul",
      .doc = "c = a b (+ bias) on the cube cores of all groups",
      .formula = "c[i, j] = sum over l of a[i, l] * b[l, j] (+ bias[j])",
      .tolerance = "gamma_(k+1) |a[i, :]| |b[:, j]| and the rounding of c; exact for int8",
      .options = {{"m", "256", "rows of a and c"},
                  {"n", "256", "columns of b and c"},
                  {"k", "256", "columns of a, rows of b"},
                  {"dtype", "fp16", "of a and b: fp32 tf32 fp16 bf16 int8"},
                  {"out", "auto", "of c: fp32 fp16 bf16 int32; auto is the type of the sums"},
                  {"ta", "false", "a is stored as (k, m)"},
                  {"tb", "false", "b is stored as (n, k)"},
                  {"bias", "false", "add a row to every row of c"}},
      .program = [](const Limits& machine,
                    const Options& o) { return matmul(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
