#include <algorithm>
#include <cmath>

#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/compressor.h"

namespace npu {

namespace {

CompressorShape shape_of(const Options& options) {
  CompressorShape shape;
  shape.tokens = options.count("tokens");
  shape.dim = options.count("dim");
  shape.rope_dim = options.count("rope-dim", 0);
  shape.ratio = options.count("ratio");
  const int64_t end = options.count("position", 0) + shape.tokens;
  shape.entries = options.count_or_needed("entries", std::max<int64_t>(1, end / shape.ratio));
  shape.positions = options.count_or_needed("positions", end);
  shape.type = options.type("dtype", {Type::kF32, Type::kBf16});
  return shape;
}

// Angles of nobody in particular, so that cos and sin belong together.
HostTensor angles(const HostTensor& turns, double (*function)(double)) {
  std::vector<double> values = values_of(turns);
  for (double& x : values) x = function(x);
  return tensor_from(Type::kF32, turns.dims, values);
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const CompressorShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("kv", Type::kF32, {s.tokens, s.width()});
  list.input("gate", Type::kF32, {s.tokens, s.width()}, -3, 3);
  list.input("ape", Type::kF32, {s.ratio, s.width()});
  list.input("norm", Type::kF32, {s.dim}, 0.5, 1.5);
  if (s.rope_dim > 0) {
    list.input("cos", Type::kF32, {s.positions, s.rope_dim / 2});
    list.input("sin", Type::kF32, {s.positions, s.rope_dim / 2});
  }
  list.changed("kv_state", Type::kF32, {s.state_rows(), s.width()});
  list.changed("gate_state", Type::kF32, {s.state_rows(), s.width()});
  list.changed("cache", s.type, {s.entries, s.dim});
  list.integer("position", options.count("position", 0));
  std::vector<OperatorArgument> arguments = list.take();
  if (s.rope_dim > 0 && contents == Contents::kAll) {
    const HostTensor turns = random_tensor(Type::kF32, {s.positions, s.rope_dim / 2}, seed, -3, 3);
    arguments[4].tensor = angles(turns, std::cos);
    arguments[5].tensor = angles(turns, std::sin);
  }
  return arguments;
}

std::vector<Expected> expected(const Options& options, std::span<const OperatorArgument> list) {
  const CompressorShape s = shape_of(options);
  const bool turns = s.rope_dim > 0;
  const size_t state = turns ? 6 : 4;
  const auto values = [&](size_t i) { return values_of(list[i].tensor); };
  const std::vector<double> none;
  const CompressorExpected all =
      compressor_reference(s, values(0), values(1), values(2), values(3), turns ? values(4) : none,
                           turns ? values(5) : none, values(state), values(state + 1),
                           values(state + 2), list[state + 3].value);
  return {all.kv_state, all.gate_state, all.cache};
}

Work work(const Options& options) {
  const CompressorShape s = shape_of(options);
  const auto tokens = static_cast<double>(s.tokens), width = static_cast<double>(s.width());
  const int64_t position = options.count("position", 0);
  const auto closed = static_cast<double>((position + s.tokens) / s.ratio - position / s.ratio);
  return {.read_bytes = 2 * tokens * width * 4,
          .written_bytes = closed * static_cast<double>(s.dim) * bytes_of(s.type)};
}

}  // namespace

Operator compressor_entry() {
  return {
      .name = "compressor",
      .doc = "one cached entry for every block of tokens, and the state of the open block",
      .formula =
          "entry i = rope(rmsnorm(sum_j softmax_j(gate_j + ape_j) kv_j)) over the tokens j "
          "of block i, and with ratio 4 of block i - 1",
      .tolerance =
          "a chain of roundings over a block, carried through norm and rotation; with "
          "bf16 a rounding after each",
      .options = {{"tokens", "64", "new tokens"},
                  {"dim", "128", "channels of an entry"},
                  {"rope-dim", "16", "last channels that are turned in pairs"},
                  {"ratio", "4", "tokens of a block; 4 overlaps"},
                  {"position", "0", "of the first new token", true},
                  {"entries", "0", "rows of the cache, at least those closed, which 0 means"},
                  {"positions", "0",
                   "rows of the tables, at least position + tokens, which 0 means"},
                  {"dtype", "fp32", "of the cache: fp32 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return compressor(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
