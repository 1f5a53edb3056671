#include "kernels/ops/batched_matmul.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/split_k_matmul.h"

namespace npu {

namespace {

constexpr auto kFloatOuts = {Type::kF32, Type::kF16, Type::kBf16};

double macs_of(int64_t batch, int64_t m, int64_t n, int64_t k) {
  return static_cast<double>(batch) * static_cast<double>(m) * static_cast<double>(n) *
         static_cast<double>(k);
}

BatchedMatmulShape batched_shape(const Options& options, std::string_view batch) {
  BatchedMatmulShape s;
  s.batch = options.count(batch);
  s.m = options.count("m");
  s.n = options.count("n");
  s.k = options.count("k");
  s.type = options.type("dtype", {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kI8});
  s.out = options.type("out", {Type::kF32, Type::kF16, Type::kBf16, Type::kI32});
  return s;
}

BatchedMatmulShape batched(const Options& options) {
  BatchedMatmulShape s = batched_shape(options, "batch");
  s.b_transposed = options.flag("tb");
  return s;
}

BatchedMatmulShape grouped(const Options& options) {
  BatchedMatmulShape s = batched_shape(options, "groups");
  s.b_transposed = true;
  return s;
}

Work work_of(std::span<const OperatorArgument> arguments, double macs, Type type) {
  Work work = detail::argument_work(arguments);
  work.macs = macs;
  work.cube_type = type;
  return work;
}

double low_of(Type type) { return is_integer(type) ? -128 : -1; }
double high_of(Type type) { return is_integer(type) ? 127 : 1; }

std::vector<OperatorArgument> batched_arguments(const Options& options, uint64_t seed,
                                                Contents contents) {
  const BatchedMatmulShape s = batched(options);
  detail::Arguments list(seed, contents);
  list.input("a", s.type, {s.batch, s.m, s.k}, low_of(s.type), high_of(s.type));
  list.input("b", s.type, {s.batch, s.b_transposed ? s.n : s.k, s.b_transposed ? s.k : s.n},
             low_of(s.type), high_of(s.type));
  list.output("c", s.out, {s.batch, s.m, s.n});
  return list.take();
}

std::vector<OperatorArgument> grouped_arguments(const Options& options, uint64_t seed,
                                                Contents contents) {
  const BatchedMatmulShape s = grouped(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.m, s.batch * s.k}, low_of(s.type), high_of(s.type));
  list.input("w", s.type, {s.batch, s.n, s.k}, low_of(s.type), high_of(s.type));
  list.output("y", s.out, {s.m, s.batch * s.n});
  return list.take();
}

SplitKShape split_k_shape(const Options& options) {
  SplitKShape s;
  s.m = options.count("m");
  s.n = options.count("n");
  s.k = options.count("k");
  s.splits = options.count("splits", 0);
  s.b_transposed = options.flag("tb");
  s.type = options.type("dtype", {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16});
  s.out = options.type("out", kFloatOuts);
  return s;
}

std::vector<OperatorArgument> split_k_arguments(const Options& options, uint64_t seed,
                                                Contents contents) {
  const SplitKShape s = split_k_shape(options);
  detail::Arguments list(seed, contents);
  list.input("a", s.type, {s.m, s.k});
  list.input("b", s.type, {s.b_transposed ? s.n : s.k, s.b_transposed ? s.k : s.n});
  list.output("c", s.out, {s.m, s.n});
  return list.take();
}

std::vector<Expected> split_k_expected(const Options& options,
                                       std::span<const OperatorArgument> list) {
  const SplitKShape s = split_k_shape(options);
  const MatmulShape shape{
      .m = s.m, .n = s.n, .k = s.k, .b_transposed = s.b_transposed, .type = s.type, .out = s.out};
  return {matmul_reference(shape, values_of(list[0].tensor), values_of(list[1].tensor), {})};
}

}  // namespace

Operator batched_matmul_entry() {
  return {
      .name = "batched_matmul",
      .doc = "c[i] = a[i] b[i] for a batch of products in one launch",
      .formula = "c[i, r, j] = sum over l of a[i, r, l] * b[i, l, j]",
      .tolerance = "gamma_(k+1) |a[i, r, :]| |b[i, :, j]| and the rounding of c; exact for int8",
      .options = {{"batch", "8", "products"},
                  {"m", "64", "rows of each a and c"},
                  {"n", "128", "columns of each b and c"},
                  {"k", "128", "columns of a, rows of b"},
                  {"dtype", "fp16", "of a and b: fp32 tf32 fp16 bf16 int8"},
                  {"out", "fp32", "of c: fp32 fp16 bf16, or fp32 int32 for int8"},
                  {"tb", "false", "each b is stored as (n, k)"}},
      .program = [](const Limits& machine,
                    const Options& o) { return batched_matmul(machine, batched(o)); },
      .arguments = batched_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector<Expected>{batched_matmul_reference(
                batched(o), values_of(list[0].tensor), values_of(list[1].tensor))};
          },
      .work =
          [](const Options& o) {
            const BatchedMatmulShape s = batched(o);
            return work_of(batched_arguments(o, 0, Contents::kControlOnly),
                           macs_of(s.batch, s.m, s.n, s.k), s.type);
          },
  };
}

Operator grouped_o_proj_entry() {
  return {
      .name = "grouped_o_proj",
      .doc = "block-diagonal product: each group of columns of x times its own matrix",
      .formula = "y[i, g * n + j] = sum over l of x[i, g * k + l] * w[g, j, l]",
      .tolerance = "gamma_(k+1) |x row of g| |w[g, j, :]| and the rounding of y; exact for int8",
      .options = {{"groups", "8", "blocks of the diagonal"},
                  {"m", "32", "rows of x and y: tokens"},
                  {"n", "256", "columns of y a group: the rank"},
                  {"k", "512", "columns of x a group"},
                  {"dtype", "bf16", "of x and w: fp32 tf32 fp16 bf16 int8"},
                  {"out", "bf16", "of y: fp32 fp16 bf16, or fp32 int32 for int8"}},
      .program = [](const Limits& machine,
                    const Options& o) { return grouped_o_proj(machine, grouped(o)); },
      .arguments = grouped_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector<Expected>{grouped_o_proj_reference(
                grouped(o), values_of(list[0].tensor), values_of(list[1].tensor))};
          },
      .work =
          [](const Options& o) {
            const BatchedMatmulShape s = grouped(o);
            return work_of(grouped_arguments(o, 0, Contents::kControlOnly),
                           macs_of(s.batch, s.m, s.n, s.k), s.type);
          },
  };
}

Operator matmul_split_k_entry() {
  return {
      .name = "matmul_split_k",
      .doc = "c = a b with k split among the groups, parts added in a fixed order",
      .formula = "c[i, j] = sum over l of a[i, l] * b[l, j]",
      .tolerance = "gamma_(k+1) |a[i, :]| |b[:, j]| and the rounding of c",
      .options = {{"m", "16", "rows of a and c"},
                  {"n", "128", "columns of b and c"},
                  {"k", "4096", "columns of a, rows of b"},
                  {"splits", "0", "parts of k; 0: enough for every group"},
                  {"dtype", "fp16", "of a and b: fp32 tf32 fp16 bf16"},
                  {"out", "fp32", "of c: fp32 fp16 bf16"},
                  {"tb", "false", "b is stored as (n, k)"}},
      .program = [](const Limits& machine,
                    const Options& o) { return matmul_split_k(machine, split_k_shape(o)); },
      .arguments = split_k_arguments,
      .expected = split_k_expected,
      .work =
          [](const Options& o) {
            const SplitKShape s = split_k_shape(o);
            return work_of(split_k_arguments(o, 0, Contents::kControlOnly),
                           macs_of(1, s.m, s.n, s.k), s.type);
          },
  };
}

}  // namespace npu
