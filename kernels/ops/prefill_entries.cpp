// The catalog's flash_attention and mla_prefill.
#include <algorithm>

#include "kernels/ops/attention.h"
#include "kernels/ops/catalog_entries.h"

namespace npu {

namespace {

AttentionShape common_shape(const Options& options) {
  AttentionShape shape;
  shape.tokens = options.count("tokens");
  shape.heads = options.count("heads");
  shape.type = options.float_type("dtype");
  shape.capacity = shape.tokens + options.count("past", 0);
  return shape;
}

AttentionShape flash_shape(const Options& options) {
  AttentionShape shape = common_shape(options);
  shape.kv_heads = options.count("kv-heads");
  shape.head_dim = options.count("dim");
  shape.capacity = options.count_or_needed("capacity", shape.capacity);
  shape.window = options.count("window", 0);
  shape.sinks = options.flag("sinks");
  shape.sequences = options.count("sequences", 0);
  return shape;
}

AttentionShape mla_shape(const Options& options) {
  AttentionShape shape = common_shape(options);
  shape.kv_heads = shape.heads;
  shape.rope_dim = options.count("rope-dim");
  shape.head_dim = options.count("dim") + shape.rope_dim;
  shape.value_dim = options.count("value-dim");
  shape.scale = static_cast<float>(options.number("scale"));
  return shape;
}

// Where each sequence begins and the last ends: lengths that differ, one of three empty, and of the
// keys as many more as `past` leaves room for.
std::vector<double> starts(const AttentionShape& s, int64_t rows) {
  std::vector<double> result;
  const int64_t count = s.sequences;
  for (int64_t i = 0; i <= count; ++i) {
    const int64_t at = i % 3 == 1 && i < count ? i - 1 : i;
    result.push_back(static_cast<double>(rows * at * at / (count * count)));
  }
  return result;
}

void add_prefill(const AttentionShape& s, const Options& options, detail::Arguments& list) {
  if (s.sequences > 0) {
    const std::vector<double> queries = starts(s, s.tokens);
    const auto extra = static_cast<double>(s.capacity - s.tokens);
    std::vector<double> keys = queries;  // what is cached beyond the queries is the last sequence's
    keys.back() += extra;
    list.control("q_starts", tensor_from(Type::kI32, {s.sequences + 1}, queries));
    list.control("k_starts", tensor_from(Type::kI32, {s.sequences + 1}, keys));
  } else {
    list.integer("past", options.count("past", 0));
  }
}

PrefillArguments prefill_arguments(const std::vector<std::vector<double>>& values,
                                   std::span<const OperatorArgument> list) {
  PrefillArguments given;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].name == "past") given.past = list[i].value;
    if (list[i].name == "q_starts") given.q_starts = values[i];
    if (list[i].name == "k_starts") given.k_starts = values[i];
    if (list[i].name == "sinks") given.sinks = values[i];
  }
  return given;
}

std::vector<std::vector<double>> all_values(std::span<const OperatorArgument> list) {
  std::vector<std::vector<double>> values;
  for (const OperatorArgument& argument : list) {
    values.push_back(argument.kind == Parameter::Kind::kTensor && !argument.output
                         ? values_of(argument.tensor)
                         : std::vector<double>{});
  }
  return values;
}

std::vector<OperatorArgument> flash_arguments(const Options& options, uint64_t seed,
                                              Contents contents) {
  const AttentionShape s = flash_shape(options);
  const std::vector<int64_t> queries{s.tokens, s.heads * s.head_dim};
  const std::vector<int64_t> cache{s.capacity, s.kv_heads * s.head_dim};
  detail::Arguments list(seed, contents);
  list.input("q", s.type, queries, -2, 2);
  list.input("k", s.type, cache, -2, 2);
  list.input("v", s.type, cache);
  list.output("out", s.type, queries);
  add_prefill(s, options, list);
  if (s.sinks) list.control("sinks", random_tensor(Type::kF32, {s.heads}, seed, -1, 4));
  return list.take();
}

std::vector<Expected> flash_expected(const Options& options,
                                     std::span<const OperatorArgument> list) {
  const auto values = all_values(list);
  return {flash_attention_reference(flash_shape(options), values[0], values[1], values[2],
                                    prefill_arguments(values, list))};
}

std::vector<OperatorArgument> mla_arguments(const Options& options, uint64_t seed,
                                            Contents contents) {
  const AttentionShape s = mla_shape(options);
  const int64_t pair = s.head_dim - s.rope_dim + s.value_dim;
  detail::Arguments list(seed, contents);
  list.input("q", s.type, {s.tokens, s.heads * s.head_dim}, -2, 2);
  list.input("kv", s.type, {s.capacity, s.heads * pair}, -2, 2);
  list.input("k_pe", s.type, {s.capacity, s.rope_dim}, -2, 2);
  list.output("out", s.type, {s.tokens, s.heads * s.value_dim});
  add_prefill(s, options, list);
  return list.take();
}

std::vector<Expected> mla_expected(const Options& options, std::span<const OperatorArgument> list) {
  const auto values = all_values(list);
  return {mla_prefill_reference(mla_shape(options), values[0], values[1], values[2],
                                prefill_arguments(values, list))};
}

// Of all query-key pairs, and of the rows that hold `row` elements of the cache.
Work prefill_work(const AttentionShape& s, int64_t past, double row) {
  const auto tokens = static_cast<double>(s.tokens), size = static_cast<double>(bytes_of(s.type));
  double pairs = 0;
  for (int64_t t = 0; t < s.tokens; ++t) {
    const int64_t seen = past + t + 1;
    pairs += static_cast<double>(s.window == 0 ? seen : std::min(seen, s.window));
  }
  const auto heads = static_cast<double>(s.heads), in = static_cast<double>(s.head_dim),
             out = static_cast<double>(s.values());
  const auto rows = static_cast<double>(
      s.window == 0 ? past + s.tokens : std::min(past + s.tokens, s.tokens + s.window - 1));
  return {.macs = pairs * heads * (in + out),
          .cube_type = s.type,
          .read_bytes = (tokens * heads * in + rows * row) * size,
          .written_bytes = tokens * heads * out * size};
}

// Sequences are the shorter the more they are: their work is counted pair by pair.
Work flash_work(const Options& options) {
  const AttentionShape s = flash_shape(options);
  const auto row = static_cast<double>(2 * s.kv_heads * s.head_dim);
  if (s.sequences == 0) return prefill_work(s, options.count("past", 0), row);
  Work all{.cube_type = s.type};
  const std::vector<double> at = starts(s, s.tokens);
  for (size_t i = 0; i + 1 < at.size(); ++i) {
    AttentionShape one = s;
    one.tokens = static_cast<int64_t>(at[i + 1] - at[i]);
    const int64_t past = i + 2 == at.size() ? s.capacity - s.tokens : 0;
    const Work work = prefill_work(one, past, row);
    all.macs += work.macs;
    all.read_bytes += work.read_bytes;
    all.written_bytes += work.written_bytes;
  }
  return all;
}

Work mla_work(const Options& options) {
  const AttentionShape s = mla_shape(options);
  const auto row =
      static_cast<double>(s.heads * (s.head_dim - s.rope_dim + s.value_dim) + s.rope_dim);
  return prefill_work(s, options.count("past", 0), row);
}

constexpr char kTolerance[] =
    "scores off by gamma_(dim+2) |q| |k|, probabilities rounded to the type of v, sums over the "
    "keys";

}  // namespace

Operator flash_attention_entry() {
  return {
      .name = "flash_attention",
      .doc = "causal attention of many query tokens (prefill)",
      .formula =
          "out = softmax(q k^T / sqrt(dim)) v for each head; a sink adds exp(sink) to the "
          "denominator",
      .tolerance = kTolerance,
      .options = {{"tokens", "256", "query tokens"},
                  {"heads", "8", "query heads"},
                  {"kv-heads", "8", "heads of keys and values; divides heads"},
                  {"dim", "128", "channels of a head, at least 2"},
                  {"past", "0", "keys cached before the first query", true},
                  {"capacity", "0", "rows of the cache, at least past + tokens, which 0 means"},
                  {"window", "0", "newest keys that a query sees, itself one; 0: all"},
                  {"sinks", "false", "a score a head in the denominator"},
                  {"sequences", "0", "the tokens are so many sequences, some empty; 0: one"},
                  {"dtype", "fp16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return flash_attention(machine, flash_shape(o)); },
      .arguments = flash_arguments,
      .expected = flash_expected,
      .work = flash_work,
  };
}

Operator mla_prefill_entry() {
  return {
      .name = "mla_prefill",
      .doc = "causal latent attention of many query tokens, keys and values unfolded",
      .formula = "out = softmax(q [k, k_pe]^T scale) v for each head",
      .tolerance = kTolerance,
      .options = {{"tokens", "128", "query tokens"},
                  {"heads", "8", "heads"},
                  {"dim", "128", "channels of a key of a head's own, whole native tiles"},
                  {"rope-dim", "64", "channels of a key that all heads share"},
                  {"value-dim", "128", "channels of a value"},
                  {"scale", "0", "of the scores; 0: 1 / sqrt(dim + rope-dim)"},
                  {"past", "0", "keys cached before the first query", true},
                  {"dtype", "bf16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return mla_prefill(machine, mla_shape(o)); },
      .arguments = mla_arguments,
      .expected = mla_expected,
      .work = mla_work,
  };
}

}  // namespace npu
