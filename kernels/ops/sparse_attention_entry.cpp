#include <algorithm>
#include <cmath>

#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/sparse_attention.h"

namespace npu {

namespace {

SparseAttentionShape shape_of(const Options& options) {
  SparseAttentionShape shape;
  shape.tokens = options.count("tokens");
  shape.heads = options.count("heads");
  shape.head_dim = options.count("dim");
  shape.rows = options.count("rows");
  shape.width = options.count_or_needed("width", options.count("listed", 0));
  shape.type = options.float_type("dtype");
  shape.packed = options.count("packed", 0);
  return shape;
}

// About one entry in eight is skipped; the others are rows from anywhere.
HostTensor random_lists(const SparseAttentionShape& s, uint64_t seed) {
  const auto rows = static_cast<double>(s.rows), skipped = std::ceil(rows / 7);
  const HostTensor drawn = random_tensor(Type::kI32, {s.tokens, s.width}, seed, -skipped, rows - 1);
  std::vector<double> lists = values_of(drawn);
  for (double& row : lists) row = row < 0 ? -1 : row;
  return tensor_from(Type::kI32, {s.tokens, s.width}, lists);
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const SparseAttentionShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("q", s.type, {s.tokens, s.heads * s.head_dim}, -2, 2);
  if (s.packed == 0) {
    list.input("kv", s.type, {s.rows, s.head_dim}, -2, 2);
  } else {
    list.input("codes", Type::kE4m3, {s.rows, s.packed}, -2, 2);
    list.input("scales", Type::kE8m0, {s.rows, s.groups()}, 0.25, 1);
    if (s.packed < s.head_dim) list.input("rest", s.type, {s.rows, s.head_dim - s.packed}, -2, 2);
  }
  list.control("lists", random_lists(s, seed));
  list.input("sink", Type::kF32, {s.heads}, -1, 3);
  list.output("out", s.type, {s.tokens, s.heads * s.head_dim});
  list.integer("listed", options.count("listed", 0));
  return list.take();
}

// The rows that the planes of a packed cache stand for.
std::vector<double> unpacked(const SparseAttentionShape& s, std::span<const double> codes,
                             std::span<const double> scales, std::span<const double> rest) {
  const auto dim = static_cast<size_t>(s.head_dim), packed = static_cast<size_t>(s.packed),
             group = static_cast<size_t>(kPackedGroup);
  std::vector<double> rows(static_cast<size_t>(s.rows) * dim);
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t row = i / dim, c = i % dim;
    rows[i] = c < packed ? codes[row * packed + c] * scales[row * (packed / group) + c / group]
                         : rest[row * (dim - packed) + c - packed];
  }
  return rows;
}

std::vector<Expected> expected(const Options& options, std::span<const OperatorArgument> list) {
  const SparseAttentionShape s = shape_of(options);
  size_t next = 1;
  const auto values = [&] { return values_of(list[next++].tensor); };
  std::vector<double> kv;
  if (s.packed == 0) {
    kv = values();
  } else {
    const std::vector<double> codes = values(), scales = values();
    kv = unpacked(s, codes, scales, s.packed < s.head_dim ? values() : std::vector<double>{});
  }
  const std::vector<double> lists = values(), sink = values();
  return {sparse_attention_reference(s, values_of(list[0].tensor), kv, lists, sink,
                                     options.count("listed", 0))};
}

// Of kv at most as many rows as there are, and as are listed, must be read.
Work work(const Options& options) {
  const SparseAttentionShape s = shape_of(options);
  const auto tokens = static_cast<double>(s.tokens), rows = static_cast<double>(s.rows),
             listed = static_cast<double>(options.count("listed", 0));
  const auto channels = static_cast<double>(s.heads * s.head_dim);
  const double size = bytes_of(s.type);
  const double row = static_cast<double>(s.head_dim - s.packed) * size +
                     static_cast<double>(s.packed + s.groups());
  const double distinct = std::min(rows, listed);  // all tokens may list the same rows
  return {.macs = 2 * tokens * listed * channels,
          .cube_type = s.type,
          .read_bytes = tokens * channels * size + distinct * row + tokens * listed * 4,
          .written_bytes = tokens * channels * size};
}

}  // namespace

Operator sparse_attention_entry() {
  return {
      .name = "sparse_attention",
      .doc = "attention of each token over a list of rows that are keys and values, with sinks",
      .formula =
          "out = sum_i exp(z_i) kv_i / (exp(sink) + sum_i exp(z_i)), z_i = q . kv_i / "
          "sqrt(dim), over the rows i of the token's list",
      .tolerance =
          "scores off by gamma_(dim+2) |q| |kv|, probabilities rounded to the type of kv, "
          "sums over the list",
      .options = {{"tokens", "4", "query tokens"},
                  {"heads", "64", "query heads"},
                  {"dim", "128", "channels of a head, at least 2"},
                  {"rows", "640", "rows of kv: window and compressed entries"},
                  {"listed", "192", "rows that a list names, -1 among them", true},
                  {"width", "0", "room of a list, at least listed, which 0 means"},
                  {"packed", "0",
                   "first channels of kv that are e4m3 codes with an e8m0 scale for each 64"},
                  {"dtype", "bf16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return sparse_attention(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
