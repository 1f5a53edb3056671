#include "isa/errors.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/gate.h"

namespace npu {

namespace {

Scoring scoring_of(const std::string& text) {
  if (text == "softmax") return Scoring::kSoftmax;
  if (text == "sigmoid") return Scoring::kSigmoid;
  if (text == "sqrtsoftplus") return Scoring::kSqrtSoftplus;
  throw InputError("gate: scoring is " + text + "; it must be softmax, sigmoid or sqrtsoftplus");
}

GateShape shape_of(const Options& options) {
  GateShape shape;
  shape.tokens = options.count("tokens");
  shape.experts = options.count("experts");
  shape.top_k = options.count("top-k");
  shape.scoring = scoring_of(options.text("scoring"));
  shape.groups = options.count("groups");
  shape.kept = options.count("kept");
  shape.bias = options.flag("bias");
  shape.vocabulary = options.count("vocabulary", 0);
  shape.normalised = options.flag("normalised");
  shape.route_scale = static_cast<float>(options.number("route-scale"));
  return shape;
}

// Logits in steps of 1/64: some are equal, and those that are not differ by more than roundings.
HostTensor stepped(std::vector<int64_t> dims, uint64_t seed) {
  HostTensor tensor = random_tensor(Type::kI32, dims, seed, -256, 256);
  HostTensor logits = zero_tensor(Type::kF32, std::move(dims));
  for (int64_t i = 0; i < tensor.count(); ++i) logits.set(i, tensor.at(i) / 64);
  return logits;
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const GateShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("logits", Type::kF32, {s.tokens, s.experts});
  if (s.bias) list.input("bias", Type::kF32, {s.experts}, -0.5, 0.5);
  if (s.hashed()) {
    list.input("table", Type::kI32, {s.vocabulary, s.top_k}, 0, static_cast<double>(s.experts - 1));
    list.control("ids", random_tensor(Type::kI32, {s.tokens}, seed, 0,
                                      static_cast<double>(s.vocabulary - 1)));
  }
  list.output("weights", Type::kF32, {s.tokens, s.top_k});
  list.output("chosen", Type::kI32, {s.tokens, s.top_k});
  std::vector<OperatorArgument> all = list.take();
  if (contents == Contents::kAll) all[0].tensor = stepped({s.tokens, s.experts}, seed);
  return all;
}

std::vector<Expected> expected(const Options& options, std::span<const OperatorArgument> list) {
  const GateShape s = shape_of(options);
  const auto values = [&](bool given, size_t index) {
    return given ? values_of(list[index].tensor) : std::vector<double>{};
  };
  return gate_reference(s, values(true, 0), values(s.bias, 1), values(s.hashed(), 1),
                        values(s.hashed(), 2));
}

}  // namespace

Operator gate_entry() {
  return {
      .name = "gate",
      .doc = "the experts of each token and their weights, from its logits",
      .formula =
          "s = softmax | sigmoid | sqrt(softplus) of logits[t, :]; chosen = the top_k of "
          "s + bias in the kept groups, or table[ids[t]]; weights = s[chosen] / sum scale",
      .tolerance =
          "chosen exact; twice the roundings of a score (8; softmax: its sum and exp's "
          "argument) and those of the sum",
      .options = {{"tokens", "64", "tokens"},
                  {"experts", "64", "routed experts"},
                  {"top-k", "6", "experts of a token"},
                  {"scoring", "sqrtsoftplus", "softmax sigmoid sqrtsoftplus"},
                  {"groups", "1", "of consecutive experts"},
                  {"kept", "1", "groups, by the sum of their two best, to choose from"},
                  {"bias", "false", "added to the scores for the choice alone"},
                  {"vocabulary", "0", "rows of a table of experts by token id; 0: none"},
                  {"normalised", "true", "divide the weights by their sum"},
                  {"route-scale", "1", "factor of the weights"}},
      .program = [](const Limits& machine, const Options& o) { return gate(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = expected,
      .work =
          [](const Options& o) {
            return detail::argument_work(arguments(o, 0, Contents::kControlOnly));
          },
  };
}

}  // namespace npu
