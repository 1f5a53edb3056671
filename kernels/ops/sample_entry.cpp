#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/sample_top_k.h"

namespace npu {

namespace {

SampleShape shape_of(const Options& options) {
  return {options.count("rows"), options.count("candidates"),
          static_cast<float>(options.number("temperature"))};
}

std::vector<OperatorArgument> arguments(const Options& options, uint64_t seed, Contents contents) {
  const SampleShape s = shape_of(options);
  detail::Arguments list(seed, contents);
  list.input("logits", Type::kF32, {s.rows, s.candidates}, -4, 4);
  list.input("tokens", Type::kI32, {s.rows, s.candidates}, 0, 100000);
  list.integer("seed", options.count("seed", 0));
  list.output("y", Type::kI32, {s.rows});
  return list.take();
}

}  // namespace

Operator sample_top_k_entry() {
  return {
      .name = "sample_top_k",
      .doc = "a token drawn from the best candidates of each row, by a seed",
      .formula =
          "p = softmax(logits[r, :] / temperature); y[r] = tokens[r, first c with "
          "p[0] + .. + p[c] > u(seed, r)]",
      .tolerance = "exact",
      .options = {{"rows", "4", "rows"},
                  {"candidates", "40", "logits of a row, as a top-k gives them"},
                  {"temperature", "1", "more than 0"},
                  {"seed", "1", "of the random numbers", true}},
      .program = [](const Limits& machine,
                    const Options& o) { return sample_top_k(machine, shape_of(o)); },
      .arguments = arguments,
      .expected =
          [](const Options& o, std::span<const OperatorArgument> list) {
            return std::vector<Expected>{sample_top_k_reference(
                shape_of(o), values_of(list[0].tensor), values_of(list[1].tensor), list[2].value)};
          },
      .work =
          [](const Options& o) {
            return detail::argument_work(arguments(o, 0, Contents::kControlOnly));
          },
  };
}

}  // namespace npu
