// The catalog's indexer, top_k and hadamard.
#include <algorithm>

#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/hadamard.h"
#include "kernels/ops/indexer.h"
#include "kernels/ops/top_k.h"

namespace npu {

namespace {

IndexerShape indexer_shape(const Options& options) {
  IndexerShape shape;
  shape.tokens = options.count("tokens");
  shape.heads = options.count("heads");
  shape.head_dim = options.count("dim");
  shape.capacity = options.count_or_needed("capacity", options.count("entries", 0));
  shape.type = options.float_type("dtype");
  return shape;
}

std::vector<OperatorArgument> indexer_arguments(const Options& options, uint64_t seed,
                                                Contents contents) {
  const IndexerShape s = indexer_shape(options);
  detail::Arguments list(seed, contents);
  list.input("q", s.type, {s.tokens, s.heads * s.head_dim});
  list.input("k", s.type, {s.capacity, s.head_dim});
  list.input("weight", Type::kF32, {s.tokens, s.heads});
  list.changed("score", Type::kF32, {s.tokens, s.capacity});
  list.integer("entries", options.count("entries", 0));
  return list.take();
}

std::vector<Expected> indexer_expected(const Options& options,
                                       std::span<const OperatorArgument> list) {
  return {indexer_reference(indexer_shape(options), values_of(list[0].tensor),
                            values_of(list[1].tensor), values_of(list[2].tensor),
                            values_of(list[3].tensor), list[4].value)};
}

Work indexer_work(const Options& options) {
  const IndexerShape s = indexer_shape(options);
  const auto tokens = static_cast<double>(s.tokens), heads = static_cast<double>(s.heads),
             entries = static_cast<double>(options.count("entries", 0));
  const double row = static_cast<double>(s.head_dim) * bytes_of(s.type);
  return {.macs = tokens * heads * entries * static_cast<double>(s.head_dim),
          .cube_type = s.type,
          .read_bytes = (tokens * heads + entries) * row + tokens * heads * 4,
          .written_bytes = tokens * entries * 4};
}

TopKShape top_k_shape(const Options& options) {
  TopKShape shape;
  shape.rows = options.count("rows");
  shape.cols = options.count("cols");
  shape.k = options.count("k");
  shape.ratio = options.count("ratio", 0);
  shape.column = options.count("column", 0);
  shape.width = options.count_or_needed("width", shape.column + shape.k);
  return shape;
}

int64_t top_k_count(const Options& options) {
  const int64_t count = options.count("count", 0);
  return count == 0 ? options.count("cols") : std::min(count, options.count("cols"));
}

// Values of few bits, so that there are ties.
std::vector<OperatorArgument> top_k_arguments(const Options& options, uint64_t seed,
                                              Contents contents) {
  const TopKShape s = top_k_shape(options);
  detail::Arguments list(seed, contents);
  list.input("x", Type::kF32, {s.rows, s.cols});
  list.changed("y", Type::kI32, {s.rows, s.y_cols()});
  list.integer("count", top_k_count(options));
  list.integer("position", options.count("position", 0));
  list.integer("base", options.count("base", 0));
  std::vector<OperatorArgument> arguments = list.take();
  if (contents == Contents::kAll) {
    const HostTensor ties = random_tensor(Type::kBf16, {s.rows, s.cols}, seed);
    arguments[0].tensor = tensor_from(Type::kF32, {s.rows, s.cols}, values_of(ties));
  }
  return arguments;
}

std::vector<Expected> top_k_expected(const Options& options,
                                     std::span<const OperatorArgument> list) {
  return {top_k_reference(top_k_shape(options), values_of(list[0].tensor),
                          values_of(list[1].tensor), list[2].value, list[3].value, list[4].value)};
}

Work top_k_work(const Options& options) {
  const TopKShape s = top_k_shape(options);
  const auto rows = static_cast<double>(s.rows);
  double seen = 0;
  for (int64_t r = 0; r < s.rows; ++r) {
    const int64_t count = top_k_count(options);
    const int64_t closed = s.ratio == 0 ? count : (options.count("position", 0) + r + 1) / s.ratio;
    seen += static_cast<double>(std::min(count, closed));
  }
  return {.read_bytes = 4 * seen, .written_bytes = 4 * rows * static_cast<double>(s.k)};
}

}  // namespace

Operator indexer_entry() {
  return {
      .name = "indexer",
      .doc = "scores of cached entries for each query token, before top_k",
      .formula = "score[t, i] = sum_h weight[t, h] * max(0, q[t, h] . k[i])",
      .tolerance = "gamma_dim on |q| |k|, gamma_(sum) on the heads",
      .options = {{"tokens", "4", "query tokens"},
                  {"heads", "64", "heads of a query"},
                  {"dim", "128", "channels of a head"},
                  {"entries", "1024", "cached entries", true},
                  {"capacity", "0", "rows of k, at least entries, which 0 means"},
                  {"dtype", "bf16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return indexer(machine, indexer_shape(o)); },
      .arguments = indexer_arguments,
      .expected = indexer_expected,
      .work = indexer_work,
  };
}

Operator top_k_entry() {
  return {
      .name = "top_k",
      .doc = "columns of the k largest of each row, exactly; the lower column first among equals",
      .formula =
          "y[r, column + i] = base + column of the i-th largest of x[r, : min(count, "
          "(position + r + 1) / ratio)], -1 where there is none",
      .tolerance = "exact",
      .options = {{"rows", "4", "rows"},
                  {"cols", "4096", "columns"},
                  {"k", "32", "how many, at most 2048"},
                  {"count", "0", "columns in use; 0 means all", true},
                  {"ratio", "0", "tokens of a block: a row sees closed blocks; 0: all of count"},
                  {"position", "0", "of the token of row 0, with ratio", true},
                  {"base", "0", "added to every index", true},
                  {"column", "0", "first column of y"},
                  {"width", "0", "columns of y, at least column + k, which 0 means"}},
      .program = [](const Limits& machine,
                    const Options& o) { return top_k(machine, top_k_shape(o)); },
      .arguments = top_k_arguments,
      .expected = top_k_expected,
      .work = top_k_work,
  };
}

namespace {

HadamardShape hadamard_shape(const Options& options) {
  return {options.count("rows"), options.count("cols"), options.float_type("dtype")};
}

std::vector<OperatorArgument> hadamard_arguments(const Options& options, uint64_t seed,
                                                 Contents contents) {
  const HadamardShape s = hadamard_shape(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols});
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

}  // namespace

Operator hadamard_entry() {
  return {
      .name = "hadamard",
      .doc = "Walsh-Hadamard transform of each row",
      .formula = "y = x H / sqrt(cols), H[i, j] = (-1)^popcount(i and j)",
      .tolerance = "a rounding for each of log2(cols) steps, the scaling and the rounding of y",
      .options = {{"rows", "64", "rows"},
                  {"cols", "128", "elements a row, a power of two"},
                  {"dtype", "fp32", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return hadamard(machine, hadamard_shape(o)); },
      .arguments = hadamard_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector{hadamard_reference(hadamard_shape(o), values_of(list[0].tensor))};
          },
      .work =
          [](const Options& o) {
            return detail::argument_work(hadamard_arguments(o, 0, Contents::kControlOnly));
          },
  };
}

}  // namespace npu
