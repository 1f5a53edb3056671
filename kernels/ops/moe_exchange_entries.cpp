#include "isa/errors.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/moe_exchange.h"
#include "kernels/ops/routing.h"

namespace npu {

namespace {

MoeExchange mode_of(const Options& o) {
  const std::string& text = o.text("mode");
  if (text == "normal") return MoeExchange::kNormal;
  if (text == "low_latency") return MoeExchange::kLowLatency;
  throw InputError("--mode '" + text + "': allowed are normal low_latency");
}

MoeExchangeShape shape_of(const Options& o, Type type) {
  return {.chips = o.count("chips"),
          .tokens = o.count("tokens"),
          .dim = o.count("dim"),
          .experts = o.count("experts"),
          .top_k = o.count("top-k"),
          .type = type,
          .mode = mode_of(o)};
}

MoeExchangeShape dispatch_shape(const Options& o) {
  return shape_of(o, o.type("dtype", {Type::kF16, Type::kBf16, Type::kE4m3}));
}
MoeExchangeShape combine_shape(const Options& o) { return shape_of(o, o.float_type("dtype")); }

// One tensor of every chip's own, one after the other.
HostTensor joined(const std::vector<HostTensor>& parts) {
  HostTensor all{parts.front().type, parts.front().dims, {}};
  all.dims.insert(all.dims.begin(), static_cast<int64_t>(parts.size()));
  for (const HostTensor& part : parts)
    all.bytes.insert(all.bytes.end(), part.bytes.begin(), part.bytes.end());
  return all;
}

struct Routings {
  std::vector<HostTensor> chosen, counts, places;
};

Routings routings(const MoeExchangeShape& s, const Options& o, uint64_t seed) {
  if (s.top_k > s.experts) throw InputError("top-k must not exceed experts");
  Routings all;
  for (int64_t chip = 0; chip < s.chips; ++chip) {
    detail::Routing one =
        detail::make_routing(s.tokens, s.experts, s.top_k, detail::load_shape(o),
                             seed * static_cast<uint64_t>(s.chips) + static_cast<uint64_t>(chip));
    all.chosen.push_back(std::move(one.chosen));
    all.counts.push_back(std::move(one.counts));
    all.places.push_back(std::move(one.places));
  }
  return all;
}

std::vector<OperatorArgument> dispatch_arguments(const Options& o, uint64_t seed,
                                                 Contents contents) {
  const MoeExchangeShape s = dispatch_shape(o);
  const Routings routing = routings(s, o, seed);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.chips, s.tokens, s.dim});
  if (s.scaled())
    list.input("x_scale", Type::kE8m0, {s.chips, s.tokens, s.scale_blocks()}, 0.25, 4);
  list.control("chosen", joined(routing.chosen));
  if (s.low_latency()) {
    list.control("counts", joined(routing.counts));
    list.control("places", joined(routing.places));
  }
  list.output("told", Type::kI32, {s.chips, s.chips, s.told()});
  list.changed("y", s.type, {s.chips, s.chips, s.slots(), s.dim});
  if (s.scaled()) {
    list.input("y_scale", Type::kE8m0, {s.chips, s.chips, s.slots(), s.scale_blocks()}, 0.25, 4);
  }
  std::vector<OperatorArgument> arguments = detail::one_part_a_chip(list.take());
  arguments.back().output = true;
  return arguments;
}

std::vector<double> values(std::span<const OperatorArgument> list, std::string_view name) {
  for (const OperatorArgument& argument : list) {
    if (argument.name == name) return values_of(argument.tensor);
  }
  return {};
}

std::vector<Expected> dispatch_expected(const Options& o, std::span<const OperatorArgument> list) {
  const MoeExchangeShape s = dispatch_shape(o);
  const std::vector<double> chosen = values(list, "chosen"), places = values(list, "places");
  const std::vector<double> told = s.low_latency() ? values(list, "counts") : chosen;
  const MoeRouting routing{chosen, places};
  std::vector<Expected> expected{
      detail::on_every_chip({told, std::vector<double>(told.size(), 0)}, s.chips),
      moe_dispatch_reference(s, s.dim, routing, values(list, "x"), values(list, "y"))};
  if (s.scaled()) {
    expected.push_back(moe_dispatch_reference(s, s.scale_blocks(), routing, values(list, "x_scale"),
                                              values(list, "y_scale")));
  }
  return expected;
}

std::vector<OperatorArgument> combine_arguments(const Options& o, uint64_t seed,
                                                Contents contents) {
  const MoeExchangeShape s = combine_shape(o);
  const Routings routing = routings(s, o, seed);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.chips, s.chips, s.slots(), s.dim});
  list.control("chosen", joined(routing.chosen));
  if (s.low_latency()) {
    list.control("places", joined(routing.places));
    list.control("weights", random_tensor(Type::kF32, {s.chips, s.tokens, s.top_k}, seed, 0, 1));
  }
  list.output("y", s.type, {s.chips, s.tokens, s.dim});
  return detail::one_part_a_chip(list.take());
}

std::vector<Expected> combine_expected(const Options& o, std::span<const OperatorArgument> list) {
  const std::vector<double> chosen = values(list, "chosen"), places = values(list, "places");
  return {moe_combine_reference(combine_shape(o), {chosen, places}, values(list, "x"),
                                values(list, "weights"))};
}

// Bytes of one row for each token of a chip.
double row_bytes(const MoeExchangeShape& s) {
  return static_cast<double>(s.tokens) * static_cast<double>(s.dim) *
         static_cast<double>(bytes_of(s.type));
}

// Every row is read once; which chips it must be written to is the routing's.
Work dispatch_work(const Options& o) { return {.read_bytes = row_bytes(dispatch_shape(o))}; }

// At least one row is read for each token, or one an expert. Of one chip on average.
Work combine_work(const Options& o) {
  const MoeExchangeShape s = combine_shape(o);
  const double rows = s.low_latency() ? static_cast<double>(s.top_k) : 1;
  return {.read_bytes = rows * row_bytes(s), .written_bytes = row_bytes(s)};
}

std::vector<OptionSpec> options_with(const OptionSpec& dtype) {
  return {{"tokens", "128", "of each chip"},
          {"dim", "4096", "channels of a row"},
          {"experts", "256", "of all chips, a multiple of them"},
          {"top-k", "6", "experts of a token, at most 16"},
          {"mode", "normal", "normal: a row a chip; low_latency: a row an expert"},
          detail::load_option(),
          dtype,
          {"chips", "1", "chips; npu run takes the machine's"}};
}

}  // namespace

Operator moe_dispatch_entry() {
  return {
      .name = "moe_dispatch",
      .doc = "tokens to the chips of their experts, with the routing of all chips",
      .formula =
          "y[e / here, chip, t] = x[chip, t] for each e in chosen[chip, t]; low_latency: "
          "y[e / here, chip, places[chip, i, t]]; told[:, chip] = chosen or counts of chip",
      .tolerance = "none: moved bit for bit",
      .options = options_with({"dtype", "bf16", "fp16 bf16 e4m3; e4m3 with a scale a 128"}),
      .program = [](const Limits& machine,
                    const Options& o) { return moe_dispatch(machine, dispatch_shape(o)); },
      .arguments = dispatch_arguments,
      .expected = dispatch_expected,
      .work = dispatch_work,
  };
}

Operator moe_combine_entry() {
  return {
      .name = "moe_combine",
      .doc = "what the experts of all chips gave, back to the tokens and added up",
      .formula =
          "y[chip, t] = sum over chips c with an expert of t of x[c, chip, t]; low_latency: sum "
          "over i of weights[t, i] x[chosen[t, i] / here, chip, places[i, t]]",
      .tolerance = "an f32 rounding a row and one more on the magnitudes, and the rounding of y",
      .options = options_with({"dtype", "bf16", "fp32 fp16 bf16"}),
      .program = [](const Limits& machine,
                    const Options& o) { return moe_combine(machine, combine_shape(o)); },
      .arguments = combine_arguments,
      .expected = combine_expected,
      .work = combine_work,
  };
}

}  // namespace npu
