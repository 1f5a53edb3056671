#include "kernels/ops/cache_write.h"
#include "kernels/ops/catalog_entries.h"

namespace npu {

namespace {

CacheWriteShape shape_of(const Options& options) {
  const int64_t rows = options.count("rows");
  return {rows, options.count_or_needed("capacity", rows), options.count("cols"),
          options.type("dtype",
                       {Type::kF32, Type::kF16, Type::kBf16, Type::kE4m3, Type::kI8, Type::kU8})};
}

// The rows go to places spread over the cache, from its end to its beginning.
std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const CacheWriteShape s = shape_of(options);
  std::vector<double> places(static_cast<size_t>(s.rows));
  for (size_t i = 0; i < places.size(); ++i) {
    const int64_t place = (s.rows - 1 - static_cast<int64_t>(i)) * (s.capacity / s.rows);
    places[i] = static_cast<double>(place);
  }
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols});
  list.control("places", tensor_from(Type::kI32, {s.rows}, places));
  list.changed("cache", s.type, {s.capacity, s.cols});
  return list.take();
}

std::vector<Expected> expected(const Options& options, std::span<const OperatorArgument> list) {
  return {cache_write_reference(shape_of(options), values_of(list[0].tensor),
                                values_of(list[1].tensor), values_of(list[2].tensor))};
}

Work work(const Options& options) {
  const CacheWriteShape s = shape_of(options);
  const double moved = static_cast<double>(s.rows) * static_cast<double>(s.cols) * bytes_of(s.type);
  return {.read_bytes = moved + static_cast<double>(s.rows) * bytes_of(Type::kI32),
          .written_bytes = moved};
}

}  // namespace

Operator cache_write_entry() {
  return {
      .name = "cache_write",
      .doc = "new rows of keys or values into a cache, by row number",
      .formula = "cache[places[i], :] = x[i, :]; the other rows stay",
      .tolerance = "exact",
      .options = {{"rows", "64", "new rows"},
                  {"capacity", "0", "rows of the cache, at least as many, which 0 means"},
                  {"cols", "1024", "elements a row"},
                  {"dtype", "fp16", "fp32 fp16 bf16 e4m3 int8 u8; u8 also for scales"}},
      .program = [](const Limits& machine,
                    const Options& o) { return cache_write(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
