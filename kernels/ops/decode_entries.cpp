// The catalog's decode_attention, paged_attention and mla_decode.
#include <algorithm>

#include "kernels/ops/attention.h"
#include "kernels/ops/catalog_entries.h"

namespace npu {

namespace {

AttentionShape common_shape(const Options& options) {
  AttentionShape shape;
  shape.tokens = options.count("batch");
  shape.heads = options.count("heads");
  shape.head_dim = options.count("dim");
  shape.type = options.float_type("dtype");
  return shape;
}

AttentionShape decode_shape(const Options& options) {
  AttentionShape shape = common_shape(options);
  shape.kv_heads = options.count("kv-heads");
  shape.capacity = options.count_or_needed("capacity", options.count("keys"));
  return shape;
}

AttentionShape paged_shape(const Options& options) {
  AttentionShape shape = common_shape(options);
  shape.kv_heads = options.count("kv-heads");
  shape.capacity = options.count("keys");
  shape.page = options.count("page");
  shape.pages = shape.tokens * ((shape.capacity + shape.page - 1) / shape.page);
  return shape;
}

AttentionShape mla_shape(const Options& options) {
  AttentionShape shape = common_shape(options);
  shape.kv_heads = 1;
  shape.shared = true;
  shape.head_dim += options.count("rope-dim", 0);
  shape.value_dim = options.count("dim");
  shape.scale = static_cast<float>(options.number("scale"));
  shape.capacity = options.count_or_needed("capacity", options.count("keys"));
  return shape;
}

// Sequence 0 has as many keys as there may be, the next half as many, and so on down to none.
int64_t length_of(const AttentionShape& s, int64_t sequence) {
  return sequence < 62 ? s.capacity >> sequence : 0;
}

// Pages from the last of the cache to the first.
std::vector<OperatorArgument> paged_arguments(const Options& options, uint64_t seed,
                                              Contents contents) {
  const AttentionShape s = paged_shape(options);
  std::vector<double> lengths, tables;
  for (int64_t i = 0; i < s.tokens; ++i) lengths.push_back(static_cast<double>(length_of(s, i)));
  for (int64_t i = s.pages; i-- > 0;) tables.push_back(static_cast<double>(i));
  const std::vector<int64_t> queries{s.tokens, s.heads * s.head_dim};
  const std::vector<int64_t> cache{s.pages * s.page, s.kv_heads * s.head_dim};
  detail::Arguments list(seed, contents);
  list.input("q", s.type, queries, -2, 2);
  list.input("k", s.type, cache, -2, 2);
  list.input("v", s.type, cache);
  list.control("tables", tensor_from(Type::kI32, {s.tokens, s.pages / s.tokens}, tables));
  list.control("lengths", tensor_from(Type::kI32, {s.tokens}, lengths));
  list.output("out", s.type, queries);
  return list.take();
}

std::vector<Expected> paged_expected(const Options& options,
                                     std::span<const OperatorArgument> list) {
  const auto values = [&](size_t i) { return values_of(list[i].tensor); };
  return {paged_attention_reference(paged_shape(options), values(0), values(1), values(2),
                                    values(3), values(4))};
}

std::vector<OperatorArgument> decode_arguments(const Options& options, uint64_t seed,
                                               Contents contents) {
  const AttentionShape s = decode_shape(options);
  const std::vector<int64_t> queries{s.tokens, s.heads * s.head_dim};
  const std::vector<int64_t> cache{s.tokens * s.capacity, s.kv_heads * s.head_dim};
  detail::Arguments list(seed, contents);
  list.input("q", s.type, queries, -2, 2);
  list.input("k", s.type, cache, -2, 2);
  list.input("v", s.type, cache);
  list.output("out", s.type, queries);
  list.integer("keys", options.count("keys"));
  return list.take();
}

std::vector<Expected> decode_expected(const Options& options,
                                      std::span<const OperatorArgument> list) {
  return {decode_attention_reference(decode_shape(options), values_of(list[0].tensor),
                                     values_of(list[1].tensor), values_of(list[2].tensor),
                                     list[4].value)};
}

std::vector<OperatorArgument> mla_arguments(const Options& options, uint64_t seed,
                                            Contents contents) {
  const AttentionShape s = mla_shape(options);
  detail::Arguments list(seed, contents);
  list.input("q", s.type, {s.tokens, s.heads * s.head_dim});
  list.input("cache", s.type, {s.tokens * s.capacity, s.head_dim}, -2, 2);
  list.output("out", s.type, {s.tokens, s.heads * s.value_dim});
  list.integer("keys", options.count("keys"));
  return list.take();
}

std::vector<Expected> mla_expected(const Options& options, std::span<const OperatorArgument> list) {
  return {mla_decode_reference(mla_shape(options), values_of(list[0].tensor),
                               values_of(list[1].tensor), list[3].value)};
}

// Of `rows` rows of the cache that queries see, of `row` elements each.
Work decode_work(const AttentionShape& s, double rows, double row) {
  const auto heads = static_cast<double>(s.heads), in = static_cast<double>(s.head_dim),
             out = static_cast<double>(s.values()), tokens = static_cast<double>(s.tokens),
             size = static_cast<double>(bytes_of(s.type));
  return {.macs = rows * heads * (in + out),
          .cube_type = s.type,
          .read_bytes = (tokens * heads * in + rows * row) * size,
          .written_bytes = tokens * heads * out * size};
}

double all_keys(const AttentionShape& s, const Options& options) {
  return static_cast<double>(s.tokens * options.count("keys"));
}
double row_of(const AttentionShape& s) { return static_cast<double>(2 * s.kv_heads * s.head_dim); }

constexpr char kFormula[] = "out = softmax(q k^T / sqrt(dim)) v for each head";
constexpr char kTolerance[] =
    "scores off by gamma_(dim+2) |q| |k|, probabilities rounded to the type of v, sums over the "
    "keys";

}  // namespace

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
      .work =
          [](const Options& o) {
            const AttentionShape s = decode_shape(o);
            return decode_work(s, all_keys(s, o), row_of(s));
          },
  };
}

Operator paged_attention_entry() {
  return {
      .name = "paged_attention",
      .doc = "attention of one query token a sequence against pages of a cache, split over groups",
      .formula = kFormula,
      .tolerance = kTolerance,
      .options = {{"batch", "4", "sequences, each with half the keys of the one before"},
                  {"heads", "32", "query heads"},
                  {"kv-heads", "8", "heads of keys and values; divides heads"},
                  {"dim", "128", "channels of a head, at least 2"},
                  {"keys", "1024", "cached tokens of the longest sequence"},
                  {"page", "64", "rows of a page, a power of two"},
                  {"dtype", "fp16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return paged_attention(machine, paged_shape(o)); },
      .arguments = paged_arguments,
      .expected = paged_expected,
      .work =
          [](const Options& o) {
            const AttentionShape s = paged_shape(o);
            double rows = 0;
            for (int64_t i = 0; i < s.tokens; ++i) rows += static_cast<double>(length_of(s, i));
            return decode_work(s, rows, row_of(s));
          },
  };
}

Operator mla_decode_entry() {
  return {
      .name = "mla_decode",
      .doc = "latent attention of one query token a sequence, absorbed: rows are keys and values",
      .formula = "out = softmax(q cache^T scale) cache[:, : dim] for each head",
      .tolerance = kTolerance,
      .options = {{"batch", "1", "sequences, one query token each"},
                  {"heads", "16", "heads"},
                  {"dim", "512", "latent channels: the value"},
                  {"rope-dim", "64", "channels beside them in a key"},
                  {"keys", "256", "cached tokens, the query's own among them", true},
                  {"capacity", "0", "rows of a sequence's cache, at least keys, which 0 means"},
                  {"scale", "0", "of the scores; 0: 1 / sqrt(dim + rope-dim)"},
                  {"dtype", "bf16", "fp32 fp16 bf16"}},
      .program = [](const Limits& machine,
                    const Options& o) { return mla_decode(machine, mla_shape(o)); },
      .arguments = mla_arguments,
      .expected = mla_expected,
      .work =
          [](const Options& o) {
            const AttentionShape s = mla_shape(o);
            return decode_work(s, all_keys(s, o), static_cast<double>(s.head_dim));
          },
  };
}

}  // namespace npu
