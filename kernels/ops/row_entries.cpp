#include "kernels/ops/argmax.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/layernorm.h"
#include "kernels/ops/rmsnorm.h"
#include "kernels/ops/softmax.h"

namespace npu {

namespace {

template <class Shape>
Shape shape_of(const Options& options) {
  Shape shape;
  shape.rows = options.count("rows");
  shape.cols = options.count("cols");
  shape.type = options.float_type("dtype");
  return shape;
}

RmsNormShape rmsnorm_shape(const Options& options) {
  RmsNormShape shape = shape_of<RmsNormShape>(options);
  shape.weight_type = options.float_type("weight");
  shape.eps = static_cast<float>(options.number("eps"));
  return shape;
}

std::vector<OperatorArgument> rmsnorm_arguments(const Options& options, uint64_t seed,
                                                Contents contents) {
  const RmsNormShape s = rmsnorm_shape(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -4, 4);
  list.input("weight", s.weight_type, {s.cols}, 0.5, 1.5);
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

std::vector<Expected> rmsnorm_expected(const Options& options,
                                       std::span<const OperatorArgument> list) {
  return {rmsnorm_reference(rmsnorm_shape(options), values_of(list[0].tensor),
                            values_of(list[1].tensor))};
}

RmsNormShape per_head_shape(const Options& options) {
  RmsNormShape shape;
  shape.rows = options.count("tokens") * options.count("heads");
  shape.cols = options.count("dim");
  shape.type = options.float_type("dtype");
  shape.eps = static_cast<float>(options.number("eps"));
  shape.weighted = false;
  return shape;
}

std::vector<OperatorArgument> per_head_arguments(const Options& options, uint64_t seed,
                                                 Contents contents) {
  const RmsNormShape s = per_head_shape(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -4, 4);
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

std::vector<Expected> per_head_expected(const Options& options,
                                        std::span<const OperatorArgument> list) {
  return {rmsnorm_reference(per_head_shape(options), values_of(list[0].tensor), {})};
}

LayerNormShape layernorm_shape(const Options& options) {
  LayerNormShape shape = shape_of<LayerNormShape>(options);
  shape.weight_type = options.float_type("weight");
  shape.eps = static_cast<float>(options.number("eps"));
  return shape;
}

std::vector<OperatorArgument> layernorm_arguments(const Options& options, uint64_t seed,
                                                  Contents contents) {
  const LayerNormShape s = layernorm_shape(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -2, 6);
  list.input("weight", s.weight_type, {s.cols}, 0.5, 1.5);
  list.input("bias", s.weight_type, {s.cols});
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

std::vector<Expected> layernorm_expected(const Options& options,
                                         std::span<const OperatorArgument> list) {
  return {layernorm_reference(layernorm_shape(options), values_of(list[0].tensor),
                              values_of(list[1].tensor), values_of(list[2].tensor))};
}

std::vector<OperatorArgument> softmax_arguments(const Options& options, uint64_t seed,
                                                Contents contents) {
  const auto s = shape_of<SoftmaxShape>(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -6, 6);
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

std::vector<Expected> softmax_expected(const Options& options,
                                       std::span<const OperatorArgument> list) {
  return {softmax_reference(shape_of<SoftmaxShape>(options), values_of(list[0].tensor))};
}

std::vector<OperatorArgument> argmax_arguments(const Options& options, uint64_t seed,
                                               Contents contents) {
  const auto s = shape_of<ArgmaxShape>(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -6, 6);
  list.output("y", Type::kI32, {s.rows});
  return list.take();
}

std::vector<Expected> argmax_expected(const Options& options,
                                      std::span<const OperatorArgument> list) {
  return {argmax_reference(shape_of<ArgmaxShape>(options), values_of(list[0].tensor))};
}

// None of these use the cube: what bounds them is their bytes.
template <auto arguments>
Work bytes_only(const Options& options) {
  return detail::argument_work(arguments(options, 0, Contents::kControlOnly));
}

std::vector<OptionSpec> row_options(std::string_view rows, std::string_view cols) {
  return {{"rows", rows, "rows"},
          {"cols", cols, "elements a row"},
          {"dtype", "fp16", "fp32 fp16 bf16"}};
}

}  // namespace

Operator rmsnorm_entry() {
  std::vector<OptionSpec> options = row_options("64", "4096");
  options.push_back({"eps", "1e-5", "added to the mean square"});
  options.push_back({"weight", "fp32", "type of the weights"});
  return {
      .name = "rmsnorm",
      .doc = "root mean square normalisation of rows",
      .formula = "y[r, c] = x[r, c] / sqrt(mean of x[r, :]^2 + eps) * weight[c]",
      .tolerance = "half the roundings of the sum of squares and 4 more, and the rounding of y",
      .options = std::move(options),
      .program = [](const Limits& machine,
                    const Options& o) { return rmsnorm(machine, rmsnorm_shape(o)); },
      .arguments = rmsnorm_arguments,
      .expected = rmsnorm_expected,
      .work = bytes_only<rmsnorm_arguments>,
  };
}

Operator layernorm_entry() {
  std::vector<OptionSpec> options = row_options("64", "4096");
  options.push_back({"eps", "1e-5", "added to the variance"});
  options.push_back({"weight", "fp32", "type of weights and bias"});
  return {
      .name = "layernorm",
      .doc = "layer normalisation of rows",
      .formula =
          "y[r, c] = (x[r, c] - mean) / sqrt(variance of x[r, :] + eps) * weight[c] + bias[c]",
      .tolerance =
          "the roundings of the sums on the mean magnitude and the deviation, 5 more, and "
          "the rounding of y",
      .options = std::move(options),
      .program = [](const Limits& machine,
                    const Options& o) { return layernorm(machine, layernorm_shape(o)); },
      .arguments = layernorm_arguments,
      .expected = layernorm_expected,
      .work = bytes_only<layernorm_arguments>,
  };
}

Operator rms_per_head_entry() {
  return {
      .name = "rms_per_head",
      .doc = "root mean square normalisation of each head of each token, without weights",
      .formula = "y[t, h, c] = x[t, h, c] / sqrt(mean of x[t, h, :]^2 + eps)",
      .tolerance = "as rmsnorm",
      .options = {{"tokens", "64", "tokens"},
                  {"heads", "64", "heads"},
                  {"dim", "512", "channels of a head"},
                  {"dtype", "fp16", "fp32 fp16 bf16"},
                  {"eps", "1e-6", "added to the mean square"}},
      .program = [](const Limits& machine,
                    const Options& o) { return rmsnorm(machine, per_head_shape(o)); },
      .arguments = per_head_arguments,
      .expected = per_head_expected,
      .work = bytes_only<per_head_arguments>,
  };
}

Operator softmax_entry() {
  return {
      .name = "softmax",
      .doc = "softmax of rows of any length",
      .formula = "y[r, c] = exp(x[r, c] - max) / sum of exp(x[r, :] - max)",
      .tolerance = "exp off by (max - x + 3) roundings, the sum by its own, and the rounding of y",
      .options = row_options("64", "1024"),
      .program = [](const Limits& machine,
                    const Options& o) { return softmax(machine, shape_of<SoftmaxShape>(o)); },
      .arguments = softmax_arguments,
      .expected = softmax_expected,
      .work = bytes_only<softmax_arguments>,
  };
}

Operator argmax_entry() {
  return {
      .name = "argmax",
      .doc = "column of the largest element of each row",
      .formula = "y[r] = the first c with x[r, c] = max of x[r, :]",
      .tolerance = "exact",
      .options = row_options("4", "32000"),
      .program = [](const Limits& machine,
                    const Options& o) { return argmax(machine, shape_of<ArgmaxShape>(o)); },
      .arguments = argmax_arguments,
      .expected = argmax_expected,
      .work = bytes_only<argmax_arguments>,
  };
}

}  // namespace npu
