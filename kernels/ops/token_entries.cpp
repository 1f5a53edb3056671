#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/elementwise.h"
#include "kernels/ops/embedding.h"
#include "kernels/ops/rope.h"

namespace npu {

namespace {

ElementwiseShape elementwise_shape(const Options& options) {
  return {options.count("count"), options.float_type("dtype")};
}

std::vector<OperatorArgument> swiglu_arguments(const Options& options, uint64_t seed,
                                               Contents contents) {
  const ElementwiseShape s = elementwise_shape(options);
  detail::Arguments list(seed, contents);
  list.input("gate", s.type, {s.count}, -8, 8);
  list.input("up", s.type, {s.count}, -2, 2);
  list.output("y", s.type, {s.count});
  return list.take();
}

std::vector<Expected> swiglu_expected(const Options& options,
                                      std::span<const OperatorArgument> list) {
  return {swiglu_reference(elementwise_shape(options), values_of(list[0].tensor),
                           values_of(list[1].tensor))};
}

std::vector<OperatorArgument> add_arguments(const Options& options, uint64_t seed,
                                            Contents contents) {
  const ElementwiseShape s = elementwise_shape(options);
  detail::Arguments list(seed, contents);
  list.input("a", s.type, {s.count});
  list.input("b", s.type, {s.count});
  list.output("y", s.type, {s.count});
  return list.take();
}

std::vector<Expected> add_expected(const Options& options, std::span<const OperatorArgument> list) {
  return {residual_add_reference(elementwise_shape(options), values_of(list[0].tensor),
                                 values_of(list[1].tensor))};
}

EmbeddingShape embedding_shape(const Options& options) {
  return {options.count("tokens"), options.count("vocabulary"), options.count("cols"),
          options.float_type("dtype")};
}

std::vector<OperatorArgument> embedding_arguments(const Options& options, uint64_t seed,
                                                  Contents contents) {
  const EmbeddingShape s = embedding_shape(options);
  detail::Arguments list(seed, contents);
  list.input("table", s.type, {s.vocabulary, s.cols});
  list.control(
      "ids", random_tensor(Type::kI32, {s.tokens}, seed, 0, static_cast<double>(s.vocabulary - 1)));
  list.output("y", s.type, {s.tokens, s.cols});
  return list.take();
}

std::vector<Expected> embedding_expected(const Options& options,
                                         std::span<const OperatorArgument> list) {
  return {embedding_reference(embedding_shape(options), values_of(list[0].tensor),
                              values_of(list[1].tensor))};
}

// Of the table at least one row must be read: all ids may be the same.
Work embedding_work(const Options& options) {
  const EmbeddingShape s = embedding_shape(options);
  const double tokens = static_cast<double>(s.tokens),
               row = static_cast<double>(s.cols) * bytes_of(s.type);
  return {.read_bytes = row + tokens * bytes_of(Type::kI32), .written_bytes = tokens * row};
}

RopeShape rope_shape(const Options& options) {
  RopeShape shape;
  shape.tokens = options.count("tokens");
  shape.heads = options.count("heads");
  shape.head_dim = options.count("dim");
  shape.positions =
      options.count_or_needed("positions", options.count("position", 0) + shape.tokens);
  shape.rope_dim = options.count("rope-dim", 0);
  shape.interleaved = options.flag("interleaved");
  shape.inverse = options.flag("inverse");
  shape.type = options.float_type("dtype");
  return shape;
}

std::vector<OperatorArgument> rope_arguments(const Options& options, uint64_t seed,
                                             Contents contents) {
  const RopeShape s = rope_shape(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.tokens, s.heads * s.head_dim});
  list.input("cos", Type::kF32, {s.positions, s.half()});
  list.input("sin", Type::kF32, {s.positions, s.half()});
  list.output("y", s.type, {s.tokens, s.heads * s.head_dim});
  list.integer("position", options.count("position", 0));
  return list.take();
}

std::vector<Expected> rope_expected(const Options& options,
                                    std::span<const OperatorArgument> list) {
  return {rope_reference(rope_shape(options), values_of(list[0].tensor), values_of(list[1].tensor),
                         values_of(list[2].tensor), list[4].value)};
}

// Of the tables only the rows of the tokens are read.
Work rope_work(const Options& options) {
  const RopeShape s = rope_shape(options);
  const double tokens = static_cast<double>(s.tokens),
               row = static_cast<double>(s.heads * s.head_dim) * bytes_of(s.type),
               angles = static_cast<double>(s.turned()) * bytes_of(Type::kF32);
  return {.read_bytes = tokens * (row + angles), .written_bytes = tokens * row};
}

template <auto arguments>
Work bytes_only(const Options& options) {
  return detail::argument_work(arguments(options, 0, Contents::kControlOnly));
}

std::vector<OptionSpec> elementwise_options() {
  return {{"count", "65536", "elements"}, {"dtype", "fp16", "fp32 fp16 bf16"}};
}

}  // namespace

Operator swiglu_entry() {
  return {
      .name = "swiglu",
      .doc = "silu(gate) * up, element by element",
      .formula = "y = gate / (1 + exp(-gate)) * up",
      .tolerance = "6 roundings of f32 and the rounding of y",
      .options = elementwise_options(),
      .program = [](const Limits& machine,
                    const Options& o) { return swiglu(machine, elementwise_shape(o)); },
      .arguments = swiglu_arguments,
      .expected = swiglu_expected,
      .work = bytes_only<swiglu_arguments>,
  };
}

Operator residual_add_entry() {
  return {
      .name = "add",
      .doc = "a + b, element by element",
      .formula = "y = a + b",
      .tolerance = "1 rounding of f32 and the rounding of y",
      .options = elementwise_options(),
      .program = [](const Limits& machine,
                    const Options& o) { return residual_add(machine, elementwise_shape(o)); },
      .arguments = add_arguments,
      .expected = add_expected,
      .work = bytes_only<add_arguments>,
  };
}

Operator embedding_entry() {
  return {
      .name = "embedding",
      .doc = "rows of a table by token id",
      .formula = "y[t, :] = table[ids[t], :]",
      .tolerance = "exact",
      .options = {{"tokens", "64", "ids"},
                  {"vocabulary", "1000", "rows of the table"},
                  {"cols", "4096", "elements a row"},
                  {"dtype", "fp16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return embedding(machine, embedding_shape(o)); },
      .arguments = embedding_arguments,
      .expected = embedding_expected,
      .work = embedding_work,
  };
}

Operator rope_entry() {
  return {
      .name = "rope",
      .doc = "rotary position embedding of heads",
      .formula =
          "(y0, y1) = (x0 cos - x1 sin, x1 cos + x0 sin) for each pair of the last rope-dim "
          "channels",
      .tolerance = "3 roundings of f32 on |x0 cos| + |x1 sin| and the rounding of y",
      .options = {{"tokens", "64", "tokens"},
                  {"heads", "32", "heads"},
                  {"dim", "128", "channels of a head, even"},
                  {"position", "0", "of the first token", true},
                  {"positions", "0",
                   "rows of the tables, at least position + tokens, which 0 means"},
                  {"rope-dim", "0", "channels at the end of a head that turn; 0: all"},
                  {"interleaved", "false", "pairs are channels (2i, 2i + 1), not (i, i + half)"},
                  {"inverse", "false", "turn back: the sines change sign"},
                  {"dtype", "fp16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return rope(machine, rope_shape(o)); },
      .arguments = rope_arguments,
      .expected = rope_expected,
      .work = rope_work,
  };
}

}  // namespace npu
