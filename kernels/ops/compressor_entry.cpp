#include <algorithm>
#include <cmath>

#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/compressor.h"

namespace npu {

namespace {

CompressorShape shape_of(const Options& options) {
  CompressorShape shape;
  shape.sequences = options.count("sequences");
  shape.tokens = options.count("tokens");
  shape.dim = options.count("dim");
  shape.rope_dim = options.count("rope-dim", 0);
  shape.ratio = options.count("ratio");
  const int64_t end = options.count("position", 0) + shape.tokens;  // of the last sequence
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

// The last sequence is at the position that the options give, each before it some tokens further
// back.
std::vector<double> positions_of(const Options& options, int64_t sequences) {
  const int64_t last = options.count("position", 0), apart = options.count("apart", 0);
  std::vector<double> positions;
  for (int64_t i = 0; i < sequences; ++i) {
    positions.push_back(
        static_cast<double>(std::max<int64_t>(0, last - apart * (sequences - 1 - i))));
  }
  return positions;
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const CompressorShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("kv", Type::kF32, {s.sequences * s.tokens, s.width()});
  list.input("gate", Type::kF32, {s.sequences * s.tokens, s.width()}, -3, 3);
  list.input("ape", Type::kF32, {s.ratio, s.width()});
  list.input("norm", Type::kF32, {s.dim}, 0.5, 1.5);
  if (s.rope_dim > 0) {
    list.input("cos", Type::kF32, {s.positions, s.rope_dim / 2});
    list.input("sin", Type::kF32, {s.positions, s.rope_dim / 2});
  }
  list.changed("kv_state", Type::kF32, {s.sequences * s.state_rows(), s.width()});
  list.changed("gate_state", Type::kF32, {s.sequences * s.state_rows(), s.width()});
  list.changed("cache", s.type, {s.sequences * s.entries, s.dim});
  list.control("position",
               tensor_from(Type::kI32, {s.sequences}, positions_of(options, s.sequences)));
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
  const CompressorExpected all = compressor_reference(s, {.kv = values(0),
                                                          .gate = values(1),
                                                          .ape = values(2),
                                                          .norm = values(3),
                                                          .cos = turns ? values(4) : none,
                                                          .sin = turns ? values(5) : none,
                                                          .kv_state = values(state),
                                                          .gate_state = values(state + 1),
                                                          .cache = values(state + 2),
                                                          .position = values(state + 3)});
  return {all.kv_state, all.gate_state, all.cache};
}

Work work(const Options& options) {
  const CompressorShape s = shape_of(options);
  double closed = 0;
  for (const double position : positions_of(options, s.sequences)) {
    const auto at = static_cast<int64_t>(position);
    closed += static_cast<double>((at + s.tokens) / s.ratio - at / s.ratio);
  }
  return {.read_bytes = 2 * static_cast<double>(s.sequences * s.tokens * s.width()) * 4,
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
      .options = {{"sequences", "1", "sequences"},
                  {"tokens", "64", "new tokens of a sequence"},
                  {"dim", "128", "channels of an entry"},
                  {"rope-dim", "16", "last channels that are turned in pairs"},
                  {"ratio", "4", "tokens of a block; 4 overlaps"},
                  {"position", "0", "of the last sequence's first new token", true},
                  {"apart", "1", "tokens by which a sequence is ahead of the one before", true},
                  {"entries", "0", "rows of a cache, at least those closed, which 0 means"},
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
