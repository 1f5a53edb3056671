#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/quantize.h"

namespace npu {

namespace {

QuantizeShape shape_of(const Options& options) {
  QuantizeShape shape;
  shape.rows = options.count("rows");
  shape.cols = options.count("cols");
  shape.group = options.count("group", 0);
  shape.block_rows = options.count("block-rows");
  shape.keep = options.count("keep", 0);
  shape.values = options.flag("values");
  shape.type = options.float_type("dtype");
  shape.code = options.type("code", {Type::kE4m3, Type::kE5m2, Type::kE2m1, Type::kI8});
  shape.scale = options.type("scale", {Type::kE8m0, Type::kF32});
  return shape;
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const QuantizeShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.rows, s.cols}, -20, 20);
  if (s.values) {
    list.output("y", s.type, {s.rows, s.cols});
    return list.take();
  }
  list.output("codes", s.code, {s.rows, s.cols});
  list.output("scales", s.scale, {s.blocks(), s.groups()});
  return list.take();
}

}  // namespace

Operator quantize_entry() {
  return {
      .name = "quantize",
      .doc =
          "codes of few bits and a scale for each group of channels, or block of rows and channels",
      .formula =
          "scale = max(|x| of the group or block, floor) / largest code (e8m0: the next power of "
          "two); code = x / scale, nearest even, saturated; or y = code * scale",
      .tolerance = "exact",
      .options = {{"rows", "64", "rows"},
                  {"cols", "512", "channels"},
                  {"group", "128", "channels of a scale, a multiple of 32; 0: the whole row"},
                  {"block-rows", "1", "rows of a scale; of codes"},
                  {"code", "e4m3", "e4m3 e5m2 e2m1 int8"},
                  {"scale", "e8m0", "e8m0 fp32"},
                  {"values", "false", "give y = code * scale instead of codes and scales"},
                  {"keep", "0", "channels at the end that stay as they are; with values"},
                  {"dtype", "bf16", "of x: fp32 fp16 bf16"}},
      .program =
          [](const Limits& machine, const Options& o) {
            const QuantizeShape s = shape_of(o);
            return s.block_rows > 1 ? quantize_blocks(machine, s) : quantize(machine, s);
          },
      .arguments = arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return quantize_reference(shape_of(o), values_of(list[0].tensor));
          },
      .work =
          [](const Options& o) {
            return detail::argument_work(arguments(o, 0, Contents::kControlOnly));
          },
  };
}

}  // namespace npu
