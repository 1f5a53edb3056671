// A whole mixture of experts, from tokens to tokens, out of the kernels of the library: gate,
// permute, products by expert, activation, combination with the shared expert.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>

#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Layer {
  int64_t tokens = 0, dim = 0, inner = 0, experts = 0, top_k = 0;
  HostTensor x, gate, bias, w1, w3, w2, shared1, shared3, shared2;  // weights as (out, in)
  double limit = 10, scale = 1.5;
};

Layer random_layer(int64_t tokens, int64_t experts, int64_t top_k) {
  Layer l{.tokens = tokens, .dim = 48, .inner = 40, .experts = experts, .top_k = top_k};
  const auto made = [](std::vector<int64_t> dims, uint64_t seed, double size) {
    return random_tensor(Type::kF32, std::move(dims), seed, -size, size);
  };
  l.x = made({tokens, l.dim}, 1, 2);
  l.gate = made({experts, l.dim}, 2, 0.5);
  l.bias = made({experts}, 3, 0.3);
  l.w1 = made({experts, l.inner, l.dim}, 4, 1);
  l.w3 = made({experts, l.inner, l.dim}, 5, 1);
  l.w2 = made({experts, l.dim, l.inner}, 6, 0.2);
  l.shared1 = made({1, l.inner, l.dim}, 7, 0.5);
  l.shared3 = made({1, l.inner, l.dim}, 8, 0.5);
  l.shared2 = made({1, l.dim, l.inner}, 9, 0.2);
  return l;
}

std::string number(int64_t value) { return std::to_string(value); }

// Runs an operator of the catalog on given tensors instead of generated ones.
class Steps {
 public:
  explicit Steps(KernelBench& bench) : bench_(bench) {}

  void run(const std::string& name, const std::vector<OptionText>& given,
           const std::map<std::string, HostTensor*>& tensors) {
    const Operator& op = find_operator(name);
    const Options options(op.name, op.options, given);
    std::vector<OperatorArgument> arguments = op.arguments(options, 1, Contents::kAll);
    for (OperatorArgument& argument : arguments) {
      const auto found = tensors.find(std::string(argument.name));
      if (found == tensors.end() || argument.output) continue;
      REQUIRE(found->second->bytes.size() == argument.tensor.bytes.size());
      argument.tensor.bytes = found->second->bytes;
    }
    const RunResult result = bench_.launch(op.program(bench_.limits(), options), arguments);
    INFO(name << (result.fault ? result.fault->text() : ""));
    REQUIRE_FALSE(result.fault);
    CHECK(result.check.hazards.empty());
    for (OperatorArgument& argument : arguments) {
      const auto found = tensors.find(std::string(argument.name));
      if (argument.output && found != tensors.end()) *found->second = argument.tensor;
    }
  }

 private:
  KernelBench& bench_;
};

// w2 (silu(w1 x) (w3 x)) of rows in the order of their experts.
HostTensor experts_of(Steps& steps, Layer& l, int64_t experts, HostTensor x, HostTensor counts,
                      HostTensor* route, HostTensor w1, HostTensor w3, HostTensor w2) {
  const int64_t rows = x.dims[0];
  const auto product = [&](HostTensor& in, HostTensor& w, HostTensor& out, int64_t n, int64_t k) {
    steps.run("grouped_matmul",
              {{"rows", number(rows)},
               {"experts", number(experts)},
               {"n", number(n)},
               {"k", number(k)},
               {"dtype", "fp32"}},
              {{"x", &in}, {"w", &w}, {"counts", &counts}, {"y", &out}});
  };
  HostTensor gate, up, inner, y;
  product(x, w1, gate, l.inner, l.dim);
  product(x, w3, up, l.inner, l.dim);
  std::map<std::string, HostTensor*> tensors{{"gate", &gate}, {"up", &up}, {"y", &inner}};
  if (route != nullptr) tensors["route"] = route;
  steps.run("swiglu_clamp",
            {{"rows", number(rows)},
             {"cols", number(l.inner)},
             {"dtype", "fp32"},
             {"route", route ? "true" : "false"},
             {"limit", route ? std::to_string(l.limit) : "0"}},
            tensors);
  product(inner, w2, y, l.dim, l.inner);
  return y;
}

HostTensor on_the_machine(KernelBench& bench, Layer& l) {
  Steps steps(bench);
  const std::string tokens = number(l.tokens), dim = number(l.dim), k = number(l.top_k);
  HostTensor logits, weights, chosen, counts, places, permuted, route, y;
  steps.run(
      "matmul",
      {{"m", tokens}, {"n", number(l.experts)}, {"k", dim}, {"tb", "true"}, {"dtype", "fp32"}},
      {{"a", &l.x}, {"b", &l.gate}, {"c", &logits}});
  steps.run("gate",
            {{"tokens", tokens},
             {"experts", number(l.experts)},
             {"top-k", k},
             {"bias", "true"},
             {"route-scale", std::to_string(l.scale)}},
            {{"logits", &logits}, {"bias", &l.bias}, {"weights", &weights}, {"chosen", &chosen}});
  steps.run("permute",
            {{"tokens", tokens},
             {"dim", dim},
             {"experts", number(l.experts)},
             {"top-k", k},
             {"dtype", "fp32"}},
            {{"x", &l.x},
             {"chosen", &chosen},
             {"weights", &weights},
             {"counts", &counts},
             {"places", &places},
             {"y", &permuted},
             {"route", &route}});
  HostTensor routed = experts_of(steps, l, l.experts, permuted, counts, &route, l.w1, l.w3, l.w2);
  const HostTensor all = tensor_from(Type::kI32, {1}, std::vector<double>{double(l.tokens)});
  HostTensor shared = experts_of(steps, l, 1, l.x, all, nullptr, l.shared1, l.shared3, l.shared2);
  steps.run("combine",
            {{"tokens", tokens}, {"dim", dim}, {"top-k", k}, {"shared", "true"}, {"dtype", "fp32"}},
            {{"x", &routed}, {"places", &places}, {"shared", &shared}, {"y", &y}});
  return y;
}

// The same in double, expert by expert and token by token, without any permutation.
std::vector<double> in_double(const Layer& l) {
  const auto dot = [](const HostTensor& w, int64_t row, const std::vector<double>& x) {
    double sum = 0;
    const auto n = static_cast<int64_t>(x.size());
    for (int64_t i = 0; i < n; ++i) sum += w.at(row * n + i) * x[static_cast<size_t>(i)];
    return sum;
  };
  const auto expert = [&](const HostTensor& w1, const HostTensor& w3, const HostTensor& w2,
                          int64_t e, double weight, double limit, const std::vector<double>& x,
                          std::vector<double>& y) {
    std::vector<double> inner;
    for (int64_t i = 0; i < l.inner; ++i) {
      double gate = dot(w1, e * l.inner + i, x), up = dot(w3, e * l.inner + i, x);
      if (limit > 0) {
        gate = std::min(gate, limit);
        up = std::max(-limit, std::min(up, limit));
      }
      inner.push_back(weight * gate / (1 + std::exp(-gate)) * up);
    }
    for (int64_t c = 0; c < l.dim; ++c) y[static_cast<size_t>(c)] += dot(w2, e * l.dim + c, inner);
  };
  std::vector<double> all;
  for (int64_t t = 0; t < l.tokens; ++t) {
    std::vector<double> x, y(static_cast<size_t>(l.dim)), scores, biased;
    for (int64_t c = 0; c < l.dim; ++c) x.push_back(l.x.at(t * l.dim + c));
    for (int64_t e = 0; e < l.experts; ++e) {
      scores.push_back(std::sqrt(std::log1p(std::exp(dot(l.gate, e, x)))));
      biased.push_back(scores.back() + l.bias.at(e));
    }
    double sum = 0;
    std::vector<int64_t> best;
    for (int64_t i = 0; i < l.top_k; ++i) {
      const auto top = std::max_element(biased.begin(), biased.end()) - biased.begin();
      biased[static_cast<size_t>(top)] = -1e30;
      best.push_back(top);
      sum += scores[static_cast<size_t>(top)];
    }
    for (const int64_t e : best) {
      const double weight = scores[static_cast<size_t>(e)] / sum * l.scale;
      expert(l.w1, l.w3, l.w2, e, weight, l.limit, x, y);
    }
    expert(l.shared1, l.shared3, l.shared2, 0, 1, 0, x, y);
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

TEST_CASE("the kernels of a mixture of experts together give its formula") {
  KernelBench direct(small_base(), Mode::kFull, true);
  KernelBench through_gm(small_base_through_gm(), Mode::kFunctionalOnly);
  struct Size {
    int64_t tokens, experts, top_k;
  };
  // One token leaves most experts empty; two experts of two get every token.
  for (const Size size : {Size{1, 6, 3}, Size{9, 8, 2}, Size{33, 2, 2}, Size{70, 16, 6}}) {
    Layer layer = random_layer(size.tokens, size.experts, size.top_k);
    const std::vector<double> want = in_double(layer);
    double largest = 0;
    for (const double value : want) largest = std::max(largest, std::fabs(value));
    for (KernelBench* bench : {&direct, &through_gm}) {
      const HostTensor got = on_the_machine(*bench, layer);
      REQUIRE(got.count() == static_cast<int64_t>(want.size()));
      // Three products of 48 terms, each off by at most gamma_48 of its magnitudes, which are less
      // than 30 times the largest result.
      const double bound = 3 * 30 * gamma_f32(48) * largest;
      double worst = 0;
      for (size_t i = 0; i < want.size(); ++i)
        worst = std::max(worst, std::fabs(got.at(static_cast<int64_t>(i)) - want[i]));
      INFO(size.tokens << " tokens, " << size.experts << " experts");
      CHECK(worst <= bound);
      CHECK(bound < largest / 100);
    }
  }
}

}  // namespace
}  // namespace npu
