#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/hyper_connection.h"

namespace npu {

namespace {

HyperShape shape_of(const Options& options) {
  HyperShape shape;
  shape.tokens = options.count("tokens");
  shape.dim = options.count("dim");
  shape.streams = options.count("streams");
  shape.type = options.float_type("dtype");
  return shape;
}

HyperShape tiled_shape(const Options& options) {
  HyperShape shape = shape_of(options);
  shape.tile = options.count("tile", 0);
  return shape;
}

HyperShape pre_shape(const Options& options) {
  HyperShape shape = tiled_shape(options);
  shape.rounds = options.count("rounds");
  return shape;
}

std::vector<OperatorArgument> mixture_arguments(const HyperShape& s, bool head, uint64_t seed,
                                                Contents contents) {
  const int64_t mixes = head ? s.streams : s.mixes();
  detail::Arguments list(seed, contents);
  list.input("h", s.type, {s.tokens, s.width()}, -2, 2);
  list.input("fn", Type::kF32, {mixes, s.width()}, -0.1, 0.1);
  list.input("scale", Type::kF32, {head ? 1 : 3}, 0.5, 1.5);
  list.input("base", Type::kF32, {mixes}, -1, 1);
  list.output("x", s.type, {s.tokens, s.dim});
  if (head) return list.take();
  list.output("post", Type::kF32, {s.tokens, s.streams});
  list.output("comb", Type::kF32, {s.tokens, s.streams * s.streams});
  return list.take();
}

std::vector<OperatorArgument> pre_arguments(const Options& options, uint64_t seed,
                                            Contents contents) {
  return mixture_arguments(pre_shape(options), false, seed, contents);
}

std::vector<OperatorArgument> head_arguments(const Options& options, uint64_t seed,
                                             Contents contents) {
  return mixture_arguments(shape_of(options), true, seed, contents);
}

std::vector<OperatorArgument> post_arguments(const Options& options, uint64_t seed,
                                             Contents contents) {
  const HyperShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("y", s.type, {s.tokens, s.dim}, -2, 2);
  list.input("h", s.type, {s.tokens, s.width()}, -2, 2);
  list.input("post", Type::kF32, {s.tokens, s.streams}, 0, 2);
  list.input("comb", Type::kF32, {s.tokens, s.streams * s.streams}, 0, 1);
  list.output("out", s.type, {s.tokens, s.width()});
  return list.take();
}

Work with_product(Work work, const HyperShape& s, int64_t mixes) {
  work.macs = static_cast<double>(s.tokens * mixes) * static_cast<double>(s.width());
  work.cube_type = Type::kF32;
  return work;
}

Work pre_work(const Options& options) {
  const HyperShape s = pre_shape(options);
  return with_product(detail::argument_work(pre_arguments(options, 0, Contents::kControlOnly)), s,
                      s.mixes());
}

Work head_work(const Options& options) {
  const HyperShape s = shape_of(options);
  return with_product(detail::argument_work(head_arguments(options, 0, Contents::kControlOnly)), s,
                      s.streams);
}

const OptionSpec kTile{"tile", "0", "most tokens of a vector core at a time; 0: what fits"};

std::vector<OptionSpec> options_of(const std::vector<OptionSpec>& own) {
  std::vector<OptionSpec> options = {{"tokens", "64", "tokens"},
                                     {"dim", "1024", "channels of a stream"},
                                     {"streams", "4", "streams, 2 to 8"}};
  options.insert(options.end(), own.begin(), own.end());
  options.push_back({"dtype", "fp32", "of h, x and y: fp32 fp16 bf16"});
  return options;
}

}  // namespace

Operator hc_pre_entry() {
  return {
      .name = "hc_pre",
      .doc = "what a layer reads of its hyper-connection streams, and how it will write to them",
      .formula =
          "m = (h fn^T) / rms(h); x = sum of (sigmoid(m scale + base) + eps) h[j]; "
          "post = 2 sigmoid(m scale + base); comb = Sinkhorn(softmax(m scale + base))",
      .tolerance =
          "likely gamma_(width+1) sum |h fn| on m, carried through sigmoid (1/4) and Sinkhorn "
          "(factor 4 in the logarithm), and the rounding of x",
      .options = options_of({{"rounds", "20", "of Sinkhorn"}, kTile}),
      .program = [](const Limits& machine,
                    const Options& o) { return hc_pre(machine, pre_shape(o)); },
      .arguments = pre_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return hc_pre_reference(pre_shape(o), values_of(list[0].tensor),
                                    values_of(list[1].tensor), values_of(list[2].tensor),
                                    values_of(list[3].tensor));
          },
      .work = pre_work,
  };
}

Operator hc_head_entry() {
  return {
      .name = "hc_head",
      .doc = "the one mixture of the hyper-connection streams that the final norm reads",
      .formula = "x = sum over j of (sigmoid((h fn^T) / rms(h) scale + base)[j] + eps) h[j]",
      .tolerance = "as hc_pre",
      .options = options_of({}),
      .program = [](const Limits& machine,
                    const Options& o) { return hc_head(machine, shape_of(o)); },
      .arguments = head_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return hc_head_reference(shape_of(o), values_of(list[0].tensor),
                                     values_of(list[1].tensor), values_of(list[2].tensor),
                                     values_of(list[3].tensor));
          },
      .work = head_work,
  };
}

Operator hc_post_entry() {
  return {
      .name = "hc_post",
      .doc = "a layer's result, written back to all hyper-connection streams",
      .formula = "out[k] = post[k] y + sum over j of comb[j, k] h[j]",
      .tolerance = "streams + 1 roundings of f32 on |post y| + sum |comb h| and that of out",
      .options = options_of({kTile}),
      .program = [](const Limits& machine,
                    const Options& o) { return hc_post(machine, tiled_shape(o)); },
      .arguments = post_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector<Expected>{hc_post_reference(
                tiled_shape(o), values_of(list[0].tensor), values_of(list[1].tensor),
                values_of(list[2].tensor), values_of(list[3].tensor))};
          },
      .work =
          [](const Options& o) {
            return detail::argument_work(post_arguments(o, 0, Contents::kControlOnly));
          },
  };
}

}  // namespace npu
