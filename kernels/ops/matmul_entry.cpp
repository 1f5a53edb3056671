#include "isa/errors.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/matmul.h"

namespace npu {

namespace {

// The native tile that b-tiled means; a machine with another one refuses it.
constexpr int64_t kTileRows = 16, kTileBytes = 32;

MatmulActivation activation_of(const std::string& name) {
  constexpr std::pair<std::string_view, MatmulActivation> kNames[] = {
      {"none", MatmulActivation::kNone},
      {"relu", MatmulActivation::kRelu},
      {"gelu", MatmulActivation::kGelu},
      {"silu", MatmulActivation::kSilu}};
  for (const auto& [each, activation] : kNames) {
    if (name == each) return activation;
  }
  throw InputError("matmul: --activation '" + name + "': must be one of none relu gelu silu");
}

MatmulShape shape_of(const Options& options) {
  MatmulShape shape;
  shape.m = options.count("m");
  shape.n = options.count("n");
  shape.k = options.count("k");
  shape.a_transposed = options.flag("ta");
  shape.b_transposed = options.flag("tb");
  shape.b_tiled = options.flag("b-tiled");
  shape.type = options.type("dtype", {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kE4m3,
                                      Type::kE5m2, Type::kI8});
  const bool chosen = options.text("out") != "auto";
  shape.out = chosen ? options.type("out", {Type::kF32, Type::kF16, Type::kBf16, Type::kE4m3,
                                            Type::kI8, Type::kI32})
                     : shape.sum_type();
  shape.bias = options.flag("bias");
  shape.alpha = static_cast<float>(options.number("alpha"));
  shape.channel_scale = options.flag("channel-scale");
  shape.token_scale = options.flag("token-scale");
  shape.activation = activation_of(options.text("activation"));
  shape.residual = options.flag("residual");
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
  // Scales of integer sums bring them near 1.
  const double scale = is_integer(s.type) ? 0.01 : 1;
  if (s.channel_scale) list.input("scale", Type::kF32, {s.n}, 0.5 * scale, 1.5 * scale);
  if (s.token_scale) list.input("token_scale", Type::kF32, {s.m}, 0.5 * scale, 1.5 * scale);
  if (s.residual) list.input("residual", s.residual_type(), {s.m, s.n}, -2, 2);
  list.output("c", s.out, {s.m, s.n});
  return list.take();
}

std::vector<Expected> expected(const Options& options, std::span<const OperatorArgument> list) {
  const MatmulShape s = shape_of(options);
  size_t next = 2;
  const auto values = [&](bool given) {
    return given ? values_of(list[next++].tensor) : std::vector<double>{};
  };
  const std::vector<double> bias = values(s.bias), scale = values(s.channel_scale),
                            token_scale = values(s.token_scale), residual = values(s.residual);
  HostTensor b = list[1].tensor;
  if (s.b_tiled) b = from_tiled(b, kTileRows, kTileBytes * 8 / bits_of(s.type));
  return {matmul_reference(s, values_of(list[0].tensor), values_of(b), bias,
                           {scale, token_scale, residual})};
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
      .doc = "c = a b on the cube cores of all groups, with what is fused behind it",
      .formula =
          "c[i, j] = activation(alpha * scale[j] * token_scale[i] * (sum over l of a[i, l] * "
          "b[l, j] + bias[j])) + residual[i, j], all but the sum optional",
      .tolerance =
          "gamma_(k+1) |a[i, :]| |b[:, j]| (0 for int8) times scale and steepest slope, "
          "gamma_12 for what follows, and the rounding of c",
      .options = {{"m", "256", "rows of a and c"},
                  {"n", "256", "columns of b and c"},
                  {"k", "256", "columns of a, rows of b"},
                  {"dtype", "fp16", "of a and b: fp32 tf32 fp16 bf16 e4m3 e5m2 int8"},
                  {"out", "auto",
                   "of c: fp32 fp16 bf16 e4m3 int8 int32; auto is the type of the sums"},
                  {"ta", "false", "a is stored as (k, m)"},
                  {"tb", "false", "b is stored as (n, k)"},
                  {"b-tiled", "false", "b, (n, k), is stored in native tiles of 16 x 32 bytes"},
                  {"bias", "false", "add a row to every row of the sums"},
                  {"alpha", "1", "factor of all sums: a scale of the whole tensor"},
                  {"channel-scale", "false", "multiply the columns by a row of scales"},
                  {"token-scale", "false", "multiply the rows by a column of scales"},
                  {"activation", "none", "none relu gelu silu"},
                  {"residual", "false", "add a matrix behind the activation"}},
      .program =
          [](const Limits& machine, const Options& o) {
            const MatmulShape shape = shape_of(o);
            if (shape.b_tiled &&
                (machine.fractal_rows != kTileRows || machine.fractal_row_bytes != kTileBytes)) {
              throw InputError("matmul: the native tiles of machine " + machine.machine +
                               " are not 16 x 32 bytes, as --b-tiled has them");
            }
            return matmul(machine, shape);
          },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
