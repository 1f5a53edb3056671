#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/scaled_matmul.h"
#include "kernels/ops/weight_only_matmul.h"

namespace npu {

namespace {

using Dims = std::vector<int64_t>;

ScaledMatmulShape sizes(const Options& options) {
  ScaledMatmulShape s;
  s.m = options.count("m");
  s.n = options.count("n");
  s.k = options.count("k");
  s.out = options.float_type("out");
  return s;
}

ScaledMatmulShape mx_shape(const Options& options) {
  ScaledMatmulShape s = sizes(options);
  s.a = s.b = options.type("dtype", {Type::kE4m3, Type::kE5m2, Type::kE2m1});
  return s;
}

ScaledMatmulShape w4a8_shape(const Options& options) {
  ScaledMatmulShape s = sizes(options);
  s.b = Type::kE2m1;
  s.a_block = {1, 128};
  return s;
}

ScaledMatmulShape fp8_block_shape(const Options& options) {
  ScaledMatmulShape s = sizes(options);
  s.a_block = {1, 128};
  s.b_block = {128, 128};
  s.scale = options.type("scale", {Type::kE8m0, Type::kF32});
  return s;
}

Dims plane(int64_t rows, int64_t cols, const ScaleBlock& block) {
  return {detail::blocks_of(rows, block.rows), detail::blocks_of(cols, block.cols)};
}

// Values over the whole range of their type, scales around 1.
std::vector<OperatorArgument> scaled_arguments(const ScaledMatmulShape& s, uint64_t seed,
                                               Contents contents) {
  const auto range = [](Type type) { return type == Type::kE2m1 ? 6.0 : 16.0; };
  detail::Arguments list(seed, contents);
  list.input("a", s.a, {s.m, s.k}, -range(s.a), range(s.a));
  list.input("a_scale", s.scale, plane(s.m, s.k, s.a_block), 0.25, 4);
  list.input("b", s.b, {s.n, s.k}, -range(s.b), range(s.b));
  list.input("b_scale", s.scale, plane(s.n, s.k, s.b_block), 0.25, 4);
  list.output("c", s.out, {s.m, s.n});
  return list.take();
}

std::vector<Expected> scaled_expected(const ScaledMatmulShape& s,
                                      std::span<const OperatorArgument> list) {
  return {scaled_matmul_reference(s, values_of(list[0].tensor), values_of(list[1].tensor),
                                  values_of(list[2].tensor), values_of(list[3].tensor))};
}

Work scaled_work(const ScaledMatmulShape& s) {
  Work work = detail::argument_work(scaled_arguments(s, 0, Contents::kControlOnly));
  work.macs = static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  work.cube_type = bits_of(s.a) >= bits_of(s.b) ? s.a : s.b;
  return work;
}

// arguments, expected and work are those of the shape.
template <ScaledMatmulShape (*shape)(const Options&)>
void complete(Operator& entry) {
  entry.arguments = [](const Options& o, uint64_t seed, Contents contents) {
    return scaled_arguments(shape(o), seed, contents);
  };
  entry.expected = [](const Options& o, std::span<const OperatorArgument> list) {
    return scaled_expected(shape(o), list);
  };
  entry.work = [](const Options& o) { return scaled_work(shape(o)); };
}

constexpr std::string_view kFormula =
    "c[i, j] = sum over l of a[i, l] * scale of its block * b[j, l] * scale of its block";
constexpr std::string_view kTolerance =
    "gamma_(k+3) |a scaled[i, :]| |b scaled[j, :]| and the rounding of c";

WeightOnlyShape weight_only_shape(const Options& options) {
  WeightOnlyShape s;
  s.m = options.count("m");
  s.n = options.count("n");
  s.k = options.count("k");
  s.group = options.count("group", 0);
  s.weight = options.type("weight", {Type::kI8, Type::kI4});
  s.type = options.type("dtype", {Type::kF16, Type::kBf16});
  s.out = options.float_type("out");
  return s;
}

std::vector<OperatorArgument> weight_only_arguments(const Options& options, uint64_t seed,
                                                    Contents contents) {
  const WeightOnlyShape s = weight_only_shape(options);
  const double most = s.weight == Type::kI8 ? 128 : 8;
  detail::Arguments list(seed, contents);
  list.input("a", s.type, {s.m, s.k});
  list.input("w", s.weight, {s.n, s.k}, -most, most - 1);
  list.input("scale", Type::kF32, {s.groups(), s.n}, 0.5 / most, 1.5 / most);
  list.output("c", s.out, {s.m, s.n});
  return list.take();
}

}  // namespace

Operator matmul_mx_entry() {
  Operator entry = {
      .name = "matmul_mx",
      .doc = "c = a b^T of mx formats: a power of two scales every 32 elements of k",
      .formula = kFormula,
      .tolerance = kTolerance,
      .options = {{"m", "128", "rows of a and c"},
                  {"n", "128", "rows of b, columns of c"},
                  {"k", "256", "columns of a and b"},
                  {"dtype", "e2m1", "of a and b: e4m3 e5m2 (mxfp8) e2m1 (mxfp4)"},
                  {"out", "bf16", "of c: fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return scaled_matmul("matmul_mx", machine, mx_shape(o)); },
  };
  complete<mx_shape>(entry);
  return entry;
}

Operator matmul_w4a8_entry() {
  Operator entry = {
      .name = "matmul_w4a8",
      .doc = "c = a b^T, e4m3 activations in blocks of 1 x 128, mxfp4 weights in blocks of 1 x 32",
      .formula = kFormula,
      .tolerance = kTolerance,
      .options = {{"m", "128", "rows of a and c"},
                  {"n", "128", "rows of b, columns of c"},
                  {"k", "256", "columns of a and b"},
                  {"out", "bf16", "of c: fp32 fp16 bf16"}},
      .program =
          [](const Limits& machine, const Options& o) {
            return scaled_matmul("matmul_w4a8", machine, w4a8_shape(o));
          },
  };
  complete<w4a8_shape>(entry);
  return entry;
}

Operator matmul_fp8_block_entry() {
  Operator entry = {
      .name = "matmul_fp8_block",
      .doc =
          "c = a b^T of e4m3 in blocks of 1 x 128 and 128 x 128, scaled in the cube where it can",
      .formula = kFormula,
      .tolerance = kTolerance,
      .options = {{"m", "128", "rows of a and c"},
                  {"n", "128", "rows of b, columns of c"},
                  {"k", "256", "columns of a and b"},
                  {"scale", "e8m0", "of the scales: e8m0, or fp32, which takes the vector cores"},
                  {"out", "bf16", "of c: fp32 fp16 bf16"}},
      .program =
          [](const Limits& machine, const Options& o) {
            const ScaledMatmulShape s = fp8_block_shape(o);
            const bool in_cube = machine.cube_scaled && s.scale == Type::kE8m0;
            return in_cube ? scaled_matmul("matmul_fp8_block", machine, s)
                           : block_matmul(machine, s);
          },
  };
  complete<fp8_block_shape>(entry);
  return entry;
}

Operator matmul_weight_only_entry() {
  return {
      .name = "matmul_weight_only",
      .doc = "c = a w^T with integer weights that the vector cores widen to the type of a",
      .formula = "c[i, j] = sum over l of a[i, l] * w[j, l] * scale[l / group, j]",
      .tolerance =
          "gamma_(k+1) |a[i, :]| |w s[j, :]|, with groups the roundoff of w s as well, and "
          "the rounding of c",
      .options = {{"m", "32", "rows of a and c"},
                  {"n", "256", "rows of w, columns of c"},
                  {"k", "512", "columns of a and w"},
                  {"group", "0", "columns of k that share a scale; 0: all of them"},
                  {"weight", "int8", "of w: int8 int4"},
                  {"dtype", "fp16", "of a: fp16 bf16"},
                  {"out", "fp16", "of c: fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return matmul_weight_only(machine, weight_only_shape(o)); },
      .arguments = weight_only_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector<Expected>{
                weight_only_reference(weight_only_shape(o), values_of(list[0].tensor),
                                      values_of(list[1].tensor), values_of(list[2].tensor))};
          },
      .work =
          [](const Options& o) {
            const WeightOnlyShape s = weight_only_shape(o);
            Work work = detail::argument_work(weight_only_arguments(o, 0, Contents::kControlOnly));
            work.macs =
                static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
            work.cube_type = s.type;
            return work;
          },
  };
}

}  // namespace npu
