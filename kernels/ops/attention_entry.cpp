#include "kernels/ops/attention.h"
#include "kernels/ops/catalog_entries.h"

namespace npu {

namespace {

AttentionShape shape_of(const Options& options, const char* tokens, int64_t capacity) {
  AttentionShape shape;
  shape.tokens = options.count(tokens);
  shape.heads = options.count("heads");
  shape.kv_heads = options.count("kv-heads");
  shape.head_dim = options.count("dim");
  shape.capacity = capacity;
  shape.type = options.float_type("dtype");
  return shape;
}

AttentionShape flash_shape(const Options& options) {
  const int64_t needed = options.count("tokens") + options.count("past", 0);
  return shape_of(options, "tokens", options.count_or_needed("capacity", needed));
}

AttentionShape decode_shape(const Options& options) {
  const int64_t needed = options.count("keys");
  return shape_of(options, "batch", options.count_or_needed("capacity", needed));
}

std::vector<OperatorArgument> arguments(const AttentionShape& s, int64_t sequences,
                                        const char* name, int64_t value, uint64_t seed,
                                        Contents contents) {
  const std::vector<int64_t> queries{s.tokens, s.heads * s.head_dim};
  const std::vector<int64_t> cache{sequences * s.capacity, s.kv_heads * s.head_dim};
  detail::Arguments list(seed, contents);
  list.input("q", s.type, queries, -2, 2);
  list.input("k", s.type, cache, -2, 2);
  list.input("v", s.type, cache);
  list.output("out", s.type, queries);
  list.integer(name, value);
  return list.take();
}

std::vector<OperatorArgument> flash_arguments(const Options& options, uint64_t seed,
                                              Contents contents) {
  return arguments(flash_shape(options), 1, "past", options.count("past", 0), seed, contents);
}

std::vector<OperatorArgument> decode_arguments(const Options& options, uint64_t seed,
                                               Contents contents) {
  const AttentionShape shape = decode_shape(options);
  return arguments(shape, shape.tokens, "keys", options.count("keys"), seed, contents);
}

std::vector<Expected> flash_expected(const Options& options,
                                     std::span<const OperatorArgument> list) {
  return {flash_attention_reference(flash_shape(options), values_of(list[0].tensor),
                                    values_of(list[1].tensor), values_of(list[2].tensor),
                                    list[4].value)};
}

std::vector<Expected> decode_expected(const Options& options,
                                      std::span<const OperatorArgument> list) {
  return {decode_attention_reference(decode_shape(options), values_of(list[0].tensor),
                                     values_of(list[1].tensor), values_of(list[2].tensor),
                                     list[4].value)};
}

// Of query-key pairs, and of the rows of the caches that a query sees.
Work attention_work(const AttentionShape& s, double pairs, double rows) {
  const double size = bytes_of(s.type), channels = static_cast<double>(s.heads * s.head_dim),
               kept = static_cast<double>(s.kv_heads * s.head_dim),
               tokens = static_cast<double>(s.tokens);
  return {.macs = 2 * pairs * channels,
          .cube_type = s.type,
          .read_bytes = (tokens * channels + 2 * rows * kept) * size,
          .written_bytes = tokens * channels * size};
}

Work flash_work(const Options& options) {
  const AttentionShape s = flash_shape(options);
  const double tokens = static_cast<double>(s.tokens),
               past = static_cast<double>(options.count("past", 0));
  const double pairs = tokens * past + tokens * (tokens + 1) / 2;
  return attention_work(s, pairs, past + tokens);
}

Work decode_work(const Options& options) {
  const AttentionShape s = decode_shape(options);
  const double pairs = static_cast<double>(s.tokens) * static_cast<double>(options.count("keys"));
  return attention_work(s, pairs, pairs);
}

constexpr char kFormula[] = "out = softmax(q k^T / sqrt(dim)) v for each head";
constexpr char kTolerance[] =
    "scores off by gamma_(dim+2) |q| |k|, probabilities rounded to the type of v, sums over the "
    "keys";

}  // namespace

Operator flash_attention_entry() {
  return {
      .name = "flash_attention",
      .doc = "causal attention of many query tokens (prefill)",
      .formula = kFormula,
      .tolerance = kTolerance,
      .options = {{"tokens", "256", "query tokens"},
                  {"heads", "8", "query heads"},
                  {"kv-heads", "8", "heads of keys and values; divides heads"},
                  {"dim", "128", "channels of a head, at least 2"},
                  {"past", "0", "keys cached before the first query", true},
                  {"capacity", "0", "rows of the cache, at least past + tokens, which 0 means"},
                  {"dtype", "fp16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return flash_attention(machine, flash_shape(o)); },
      .arguments = flash_arguments,
      .expected = flash_expected,
      .work = flash_work,
  };
}

Operator decode_attention_entry() {
  return {
      .name = "decode_attention",
      .doc = "attention of one query token a sequence against its cache",
      .formula = kFormula,
      .tolerance = kTolerance,
      .options = {{"batch", "1", "sequences, one query token each"},
                  {"heads", "32", "query heads"},
                  {"kv-heads", "8", "heads of keys and values; divides heads"},
                  {"dim", "128", "channels of a head, at least 2"},
                  {"keys", "1024", "cached tokens, the query's own among them", true},
                  {"capacity", "0", "rows of a sequence's cache, at least keys, which 0 means"},
                  {"dtype", "fp16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return decode_attention(machine, decode_shape(o)); },
      .arguments = decode_arguments,
      .expected = decode_expected,
      .work = decode_work,
  };
}

}  // namespace npu
