#include "kernels/tutorial/steps.h"

#include "kernels/ops/attention.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/elementwise.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/softmax.h"

namespace npu::tutorial {

namespace {

template <auto arguments>
Work bytes_only(const Options& o) {
  return detail::argument_work(arguments(o, 0, Contents::kControlOnly));
}

// Steps 1 to 4: one long row.
std::vector<OptionSpec> row_options() {
  return {{"count", "4194304", "elements"}, {"tile", "8192", "elements of a tile"}};
}

std::vector<OperatorArgument> row_arguments(const Options& o, uint64_t seed, Contents contents) {
  detail::Arguments list(seed, contents);
  list.input("x", Type::kF16, {o.count("count")}, -4, 4);
  list.output("y", Type::kF16, {o.count("count")});
  return list.take();
}

std::vector<Expected> copy_expected(const Options&, std::span<const OperatorArgument> list) {
  std::vector<double> x = values_of(list[0].tensor);
  std::vector<double> exact(x.size(), 0);
  return {{std::move(x), std::move(exact)}};
}

std::vector<Expected> silu_expected(const Options& o, std::span<const OperatorArgument> list) {
  const std::vector<double> x = values_of(list[0].tensor), ones(x.size(), 1);
  return {swiglu_reference({.count = o.count("count"), .type = Type::kF16}, x, ones)};
}

Operator row_step(std::string_view name, std::string_view doc) {
  return {.name = name,
          .doc = doc,
          .formula = "y[i] = x[i]",
          .tolerance = "none: moved bit for bit",
          .options = row_options(),
          .arguments = row_arguments,
          .expected = copy_expected,
          .work = bytes_only<row_arguments>};
}

Operator copy_step() {
  Operator step = row_step("tutorial/copy", "step 1: a copy through UB by one vector core");
  step.program = [](const Limits& machine, const Options& o) {
    return copy(machine, o.count("count"), o.count("tile"));
  };
  return step;
}

Operator spread_step() {
  Operator step = row_step("tutorial/spread", "step 2: a copy by all vector cores");
  step.program = [](const Limits& machine, const Options& o) {
    return spread(machine, o.count("count"), o.count("tile"));
  };
  return step;
}

Operator buffer_step() {
  Operator step = row_step("tutorial/buffer", "step 3: a copy with several tiles under way");
  step.options.push_back({"depth", "2", "slots of the ring"});
  step.program = [](const Limits& machine, const Options& o) {
    return buffer(machine, o.count("count"), o.count("tile"), static_cast<int>(o.count("depth")));
  };
  return step;
}

Operator silu_step() {
  Operator step = row_step("tutorial/silu", "step 4: arithmetic of the vector unit on each tile");
  step.formula = "y[i] = x[i] / (1 + exp(-x[i]))";
  step.tolerance = "6 roundings of f32 and the rounding of y";
  step.program = [](const Limits& machine, const Options& o) {
    return silu(machine, o.count("count"), o.count("tile"));
  };
  step.expected = silu_expected;
  return step;
}

// Steps 5 and 6: a matrix product.
Product product_of(const Options& o) {
  return {.m = o.count("m"), .n = o.count("n"), .k = o.count("k")};
}

std::vector<OptionSpec> product_options(std::string_view size) {
  return {{"m", size, "rows of a and c"},
          {"n", size, "columns of b and c"},
          {"k", size, "columns of a, rows of b"}};
}

std::vector<OperatorArgument> product_arguments(const Options& o, uint64_t seed,
                                                Contents contents) {
  const Product s = product_of(o);
  detail::Arguments list(seed, contents);
  list.input("a", Type::kF16, {s.m, s.k});
  list.input("b", Type::kF16, {s.k, s.n});
  list.output("c", Type::kF32, {s.m, s.n});
  return list.take();
}

std::vector<Expected> product_expected(const Options& o, std::span<const OperatorArgument> list) {
  const Product s = product_of(o);
  return {matmul_reference({.m = s.m, .n = s.n, .k = s.k}, values_of(list[0].tensor),
                           values_of(list[1].tensor), {})};
}

Work product_work(const Options& o) {
  const Product s = product_of(o);
  Work work = bytes_only<product_arguments>(o);
  work.macs = static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  return work;
}

Operator product_step() {
  return {.name = "tutorial/product",
          .doc = "step 5: one tile of a matrix product by one cube core",
          .formula = "c[i, j] = sum over l of a[i, l] * b[l, j]",
          .tolerance = "gamma_(k+1) |a[i, :]| |b[:, j]|",
          .options = product_options("128"),
          .program = [](const Limits& machine,
                        const Options& o) { return product(machine, product_of(o)); },
          .arguments = product_arguments,
          .expected = product_expected,
          .work = product_work};
}

Operator tiles_step() {
  Operator step = product_step();
  step.name = "tutorial/tiles";
  step.doc = "step 6: a matrix product in tiles by all cube cores";
  step.options = product_options("1024");
  step.options.push_back({"tile", "128", "rows and columns of a tile of c"});
  step.options.push_back({"depth", "128", "of k that comes into L1 at once"});
  step.options.push_back({"slots", "2", "of every ring"});
  step.program = [](const Limits& machine, const Options& o) {
    return tiles(machine, product_of(o),
                 {.tile = o.count("tile"),
                  .depth = o.count("depth"),
                  .slots = static_cast<int>(o.count("slots"))});
  };
  return step;
}

// Step 7.
SoftmaxShape softmax_shape(const Options& o) {
  return {.rows = o.count("rows"), .cols = o.count("cols", 2), .type = Type::kF16};
}

std::vector<OperatorArgument> softmax_arguments(const Options& o, uint64_t seed,
                                                Contents contents) {
  const SoftmaxShape s = softmax_shape(o);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -6, 6);
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

Operator softmax_step() {
  return {
      .name = "tutorial/softmax",
      .doc = "step 7: softmax of rows that lie in UB as a whole",
      .formula = "y[r, c] = exp(x[r, c] - max) / sum of exp(x[r, :] - max)",
      .tolerance = "exp off by (max - x + 3) roundings, the sum by its own, and the rounding of y",
      .options = {{"rows", "2048", "rows"},
                  {"cols", "1024", "elements a row, at least 2"},
                  {"tile", "8", "rows of a tile"}},
      .program =
          [](const Limits& machine, const Options& o) {
            return softmax(machine, o.count("rows"), o.count("cols", 2), o.count("tile"));
          },
      .arguments = softmax_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector{softmax_reference(softmax_shape(o), values_of(list[0].tensor))};
          },
      .work = bytes_only<softmax_arguments>};
}

// Step 8.
AttentionShape attention_shape(const Options& o) {
  return {.tokens = o.count("tokens"),
          .heads = o.count("heads"),
          .kv_heads = o.count("heads"),
          .head_dim = o.count("dim", 2),
          .capacity = o.count("tokens"),
          .type = Type::kF16};
}

std::vector<OperatorArgument> attention_arguments(const Options& o, uint64_t seed,
                                                  Contents contents) {
  const AttentionShape s = attention_shape(o);
  const std::vector<int64_t> dims{s.tokens, s.heads * s.head_dim};
  detail::Arguments list(seed, contents);
  list.input("q", s.type, dims, -2, 2);
  list.input("k", s.type, dims, -2, 2);
  list.input("v", s.type, dims);
  list.output("out", s.type, dims);
  return list.take();
}

std::vector<Expected> attention_expected(const Options& o, std::span<const OperatorArgument> list) {
  return {flash_attention_reference(attention_shape(o), values_of(list[0].tensor),
                                    values_of(list[1].tensor), values_of(list[2].tensor), {})};
}

// Of the pairs of a query and a key that is not after it.
Work attention_work(const Options& o) {
  const AttentionShape s = attention_shape(o);
  const auto tokens = static_cast<double>(s.tokens);
  Work work = bytes_only<attention_arguments>(o);
  work.macs = tokens * (tokens + 1) / 2 * static_cast<double>(s.heads * 2 * s.head_dim);
  return work;
}

Operator attention_step() {
  return {.name = "tutorial/attention",
          .doc = "step 8: causal flash attention, cube and vector cores together",
          .formula = "out = softmax(q k^T / sqrt(dim)) v for each head",
          .tolerance =
              "scores off by gamma_(dim+2) |q| |k|, probabilities rounded to f16, sums over the "
              "keys",
          .options = {{"tokens", "1024", "queries, and keys"},
                      {"heads", "16", "heads"},
                      {"dim", "64", "channels of a head, at least 2"},
                      {"tile", "128", "queries and keys of a tile of scores"},
                      {"skew", "2", "turns between the scores of a tile and their product with v"}},
          .program =
              [](const Limits& machine, const Options& o) {
                return attention(machine, {.tokens = o.count("tokens"),
                                           .heads = o.count("heads"),
                                           .dim = o.count("dim", 2),
                                           .tile = o.count("tile"),
                                           .skew = static_cast<int>(o.count("skew", 0))});
              },
          .arguments = attention_arguments,
          .expected = attention_expected,
          .work = attention_work};
}

}  // namespace

const std::vector<Operator>& steps() {
  static const std::vector<Operator> all = {
      copy_step(),    spread_step(), buffer_step(),  silu_step(),
      product_step(), tiles_step(),  softmax_step(), attention_step(),
  };
  return all;
}

}  // namespace npu::tutorial
