#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/combine.h"
#include "kernels/ops/permute.h"
#include "kernels/ops/routing.h"
#include "kernels/ops/swiglu_clamp.h"

namespace npu {

namespace {

using detail::Arguments;
using detail::load_shape;
using detail::make_routing;
using detail::Routing;

std::vector<double> values_if(bool given, std::span<const OperatorArgument> list, size_t index) {
  return given ? values_of(list[index].tensor) : std::vector<double>{};
}

PermuteShape permute_shape(const Options& o) {
  return {o.count("tokens"), o.count("dim"), o.count("experts"), o.count("top-k"),
          o.float_type("dtype")};
}

std::vector<OperatorArgument> permute_arguments(const Options& o, uint64_t seed,
                                                Contents contents) {
  const PermuteShape s = permute_shape(o);
  Arguments list(seed, contents);
  list.input("x", s.type, {s.tokens, s.dim});
  const Routing routing = make_routing(s.tokens, s.experts, s.top_k, load_shape(o), seed);
  list.control("chosen", routing.chosen);
  list.input("weights", Type::kF32, {s.tokens, s.top_k}, 0, 1);
  list.output("counts", Type::kI32, {s.experts});
  list.control_output("places", routing.places);
  list.output("y", s.type, {s.pairs(), s.dim});
  list.output("route", Type::kF32, {s.pairs()});
  return list.take();
}

SwigluClampShape swiglu_shape(const Options& o) {
  SwigluClampShape shape;
  shape.rows = o.count("rows");
  shape.cols = o.count("cols");
  shape.limit = static_cast<float>(o.number("limit"));
  shape.route = o.flag("route");
  shape.packed = o.flag("packed");
  shape.pairs = o.flag("pairs");
  shape.type = o.float_type("dtype");
  return shape;
}

std::vector<OperatorArgument> swiglu_arguments(const Options& o, uint64_t seed, Contents contents) {
  const SwigluClampShape s = swiglu_shape(o);
  Arguments list(seed, contents);
  if (s.packed || s.pairs) {
    list.input("gate_up", s.type, {s.rows, 2 * s.cols}, -12, 12);
  } else {
    list.input("gate", s.type, {s.rows, s.cols}, -12, 12);
    list.input("up", s.type, {s.rows, s.cols}, -12, 12);
  }
  if (s.route) list.input("route", Type::kF32, {s.rows}, 0, 1.5);
  list.output("y", s.type, {s.rows, s.cols});
  return list.take();
}

std::vector<Expected> swiglu_expected(const Options& o, std::span<const OperatorArgument> list) {
  const SwigluClampShape s = swiglu_shape(o);
  std::vector<double> gate = values_of(list[0].tensor), up;
  const bool apart = !s.packed && !s.pairs;
  if (apart) {
    up = values_of(list[1].tensor);
  } else {
    const std::vector<double> both = std::move(gate);
    gate.clear();
    const size_t cols = static_cast<size_t>(s.cols);
    for (size_t i = 0; i < both.size() / 2; ++i) {
      const size_t row = i / cols * 2 * cols, col = i % cols;
      gate.push_back(both[row + (s.pairs ? 2 * col : col)]);
      up.push_back(both[row + (s.pairs ? 2 * col + 1 : cols + col)]);
    }
  }
  return {swiglu_clamp_reference(s, gate, up, values_if(s.route, list, apart ? 2 : 1))};
}

CombineShape combine_shape(const Options& o) {
  CombineShape shape;
  shape.tokens = o.count("tokens");
  shape.dim = o.count("dim");
  shape.top_k = o.count("top-k");
  shape.weighted = o.flag("weighted");
  shape.shared = o.flag("shared");
  shape.type = o.float_type("dtype");
  return shape;
}

std::vector<OperatorArgument> combine_arguments(const Options& o, uint64_t seed,
                                                Contents contents) {
  const CombineShape s = combine_shape(o);
  Arguments list(seed, contents);
  list.input("x", s.type, {s.tokens * s.top_k, s.dim});
  // Which experts they were is all the same: as many as there are slots, each in every token.
  list.control("places",
               make_routing(s.tokens, s.top_k, s.top_k, detail::LoadShape::kEven, seed).places);
  if (s.weighted) list.input("weights", Type::kF32, {s.tokens, s.top_k}, 0, 1);
  if (s.shared) list.input("shared", s.type, {s.tokens, s.dim});
  list.output("y", s.type, {s.tokens, s.dim});
  return list.take();
}

std::vector<Expected> combine_expected(const Options& o, std::span<const OperatorArgument> list) {
  const CombineShape s = combine_shape(o);
  return {combine_reference(s, values_of(list[0].tensor), values_of(list[1].tensor),
                            values_if(s.weighted, list, 2),
                            values_if(s.shared, list, s.weighted ? 3 : 2))};
}

template <auto arguments>
Work bytes_only(const Options& options) {
  return detail::argument_work(arguments(options, 0, Contents::kControlOnly));
}

constexpr const char* kFloats = "fp32 fp16 bf16";

}  // namespace

Operator permute_entry() {
  return {
      .name = "permute",
      .doc = "tokens to the order of their experts, with counts, places and route weights",
      .formula =
          "counts[e] = pairs of e; places[i, t] = rank of (chosen[t, i], t); "
          "y[places[i, t]] = x[t]; route[places[i, t]] = weights[t, i]",
      .tolerance = "exact",
      .options = {{"tokens", "64", "tokens"},
                  {"dim", "1024", "channels"},
                  {"experts", "64", "experts"},
                  {"top-k", "6", "experts of a token"},
                  detail::load_option(),
                  {"dtype", "fp16", kFloats}},
      .program = [](const Limits& machine,
                    const Options& o) { return permute(machine, permute_shape(o)); },
      .arguments = permute_arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return permute_reference(permute_shape(o), values_of(list[0].tensor),
                                     values_of(list[1].tensor), values_of(list[2].tensor));
          },
      .work = bytes_only<permute_arguments>,
  };
}

Operator swiglu_clamp_entry() {
  return {
      .name = "swiglu_clamp",
      .doc = "clamped SwiGLU of an expert, times the route weight of the row",
      .formula =
          "y = silu(min(gate, limit)) * clamp(up, limit) * route; "
          "of pairs: gate * sigmoid(1.702 gate) * (up + 1)",
      .tolerance = "9 roundings of f32, |gate| more through exp, and the rounding of y",
      .options = {{"rows", "64", "rows"},
                  {"cols", "2048", "columns of y"},
                  {"limit", "10", "of gate from above, of up on both sides; 0: none"},
                  {"route", "true", "multiply by a weight a row"},
                  {"packed", "false", "gate and up are the halves of one tensor's rows"},
                  {"pairs", "false", "gate and up alternate; gpt-oss' formula"},
                  {"dtype", "fp16", kFloats}},
      .program = [](const Limits& machine,
                    const Options& o) { return swiglu_clamp(machine, swiglu_shape(o)); },
      .arguments = swiglu_arguments,
      .expected = swiglu_expected,
      .work = bytes_only<swiglu_arguments>,
  };
}

Operator combine_entry() {
  return {
      .name = "combine",
      .doc = "the results of each token's experts back in token order, added up",
      .formula = "y[t] = sum over i of (weights[t, i]) x[places[i, t]] (+ shared[t])",
      .tolerance = "top_k + 1 roundings of f32 on the sum of magnitudes, and the rounding of y",
      .options = {{"tokens", "64", "tokens"},
                  {"dim", "1024", "channels"},
                  {"top-k", "6", "experts of a token"},
                  {"weighted", "false", "multiply by the weights here, not before"},
                  {"shared", "false", "add a row of each token"},
                  {"dtype", "fp16", kFloats}},
      .program = [](const Limits& machine,
                    const Options& o) { return combine(machine, combine_shape(o)); },
      .arguments = combine_arguments,
      .expected = combine_expected,
      .work = bytes_only<combine_arguments>,
  };
}

}  // namespace npu
