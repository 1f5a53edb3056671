// The catalog's grouped_matmul.
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/grouped_matmul.h"
#include "kernels/ops/routing.h"

namespace npu {

namespace {

using detail::load_shape;
using detail::make_routing;

constexpr ScaleBlock kActivations{1, 128}, kWeights{128, 128}, kNarrowWeights{1, 32};

GroupedShape shape_of(const Options& o) {
  GroupedShape shape;
  shape.rows = o.count("rows");
  shape.experts = o.count("experts");
  shape.n = o.count("n");
  shape.k = o.count("k");
  const Type type =
      o.type("dtype", {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kI8, Type::kE4m3});
  const Type weight = o.text("weight") == "auto" ? type : o.type("weight", {Type::kE2m1});
  shape.x = shape.w = type;
  if (type == Type::kE4m3 || weight != type) {
    shape.x = scaled(type, kActivations);
    shape.w = scaled(weight, weight == Type::kE2m1 ? kNarrowWeights : kWeights);
  }
  shape.out = o.text("out") == "auto"
                  ? shape.sum_type()
                  : o.type("out", {Type::kF32, Type::kF16, Type::kBf16, Type::kI32});
  return shape;
}

double range_of(Type type) {
  if (type == Type::kE4m3) return 16;
  if (type == Type::kE2m1) return 6;
  return is_integer(type) ? 127 : 1;
}

std::vector<OperatorArgument> arguments(const Options& o, uint64_t seed, Contents contents) {
  const GroupedShape s = shape_of(o);
  detail::Arguments list(seed, contents);
  const auto input = [&](std::string_view name, std::string_view scale_name,
                         const ElementType& type, std::vector<int64_t> dims) {
    const double range = range_of(type.type());
    list.input(name, type.type(), dims, -range, range);
    if (!type.scaled()) return;
    dims[dims.size() - 2] = detail::blocks_of(dims[dims.size() - 2], type.block().rows);
    dims.back() = detail::blocks_of(dims.back(), type.block().cols);
    list.input(scale_name, Type::kE8m0, dims, 0.25, 4);
  };
  input("x", "x_scale", s.x, {s.rows, s.k});
  input("w", "w_scale", s.w, {s.experts, s.n, s.k});
  list.control("counts", make_routing(s.rows, s.experts, 1, load_shape(o), seed).counts);
  list.output("y", s.out, {s.rows, s.n});
  return list.take();
}

std::vector<Expected> expected(const Options& o, std::span<const OperatorArgument> list) {
  const GroupedShape s = shape_of(o);
  const auto values = [&](size_t i) { return values_of(list[i].tensor); };
  if (!s.x.scaled()) {
    const auto x = values(0), w = values(1), counts = values(2);
    return {grouped_matmul_reference(s, {.x = x, .w = w, .counts = counts})};
  }
  const auto x = values(0), x_scale = values(1), w = values(2), w_scale = values(3),
             counts = values(4);
  return {grouped_matmul_reference(s, {x, x_scale, w, w_scale, counts})};
}

Work work(const Options& o) {
  const GroupedShape s = shape_of(o);
  const std::vector<OperatorArgument> list = arguments(o, 1, Contents::kControlOnly);
  Work work = detail::argument_work(list);
  // The weights of experts without rows stay where they are.
  double idle = 0;
  for (const double count : values_of(list[s.x.scaled() ? 4 : 2].tensor)) idle += count == 0;
  const double expert = static_cast<double>(s.n * s.k);
  work.read_bytes -= idle * expert * bits_of(s.w.type()) / 8;
  work.macs = static_cast<double>(s.rows) * expert;
  work.cube_type = s.x.type();
  return work;
}

}  // namespace

Operator grouped_matmul_entry() {
  return {
      .name = "grouped_matmul",
      .doc = "one matrix product an expert; how many rows each has is read on the machine",
      .formula =
          "y[r, j] = sum over l of x[r, l] * w[e, j, l], r a row of expert e; of e4m3 each times "
          "the scale of its block, 1 x 128 of x, 128 x 128 of w or 1 x 32 of w of e2m1",
      .tolerance =
          "gamma_(k+1) |x[r, :]| |w[e, j, :]|, of scaled values gamma_(k+3), and the rounding of "
          "y; "
          "exact for int8",
      .options = {{"rows", "512", "rows of x and y, by expert"},
                  {"experts", "8", "experts"},
                  {"n", "256", "columns of y"},
                  {"k", "256", "columns of x"},
                  detail::load_option(),
                  {"dtype", "fp16", "of x and w: fp32 tf32 fp16 bf16 int8 e4m3"},
                  {"weight", "auto", "of w: e2m1 beside x of e4m3; auto is dtype"},
                  {"out", "auto", "of y: fp32 fp16 bf16 int32; auto is the type of the sums"}},
      .program = [](const Limits& machine,
                    const Options& o) { return grouped_matmul(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work = work,
  };
}

}  // namespace npu
