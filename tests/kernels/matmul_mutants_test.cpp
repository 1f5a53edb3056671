// The checkers of the matmul family against planted faults: what a wrong kernel would give, made by
// the reference from arguments that were tampered with, must fail against the true expectation.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "kernels/ops/catalog.h"
#include "kernels/ops/compare.h"

namespace npu {
namespace {

using Arguments = std::vector<OperatorArgument>;

std::vector<OptionText> options_of(const std::string& text) {
  std::vector<OptionText> options;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size()), equals = text.find('=', at);
    options.emplace_back(text.substr(at, equals - at), text.substr(equals + 1, end - equals - 1));
    at = end + 1;
  }
  return options;
}

struct Case {
  const char* op;
  std::string options;
  const Operator& entry() const { return find_operator(op); }
  Options parsed() const { return Options(op, entry().options, options_of(options)); }
  Arguments arguments() const { return entry().arguments(parsed(), 3, Contents::kAll); }
};

HostTensor& tensor(Arguments& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const OperatorArgument& argument) {
    return argument.name == name;
  });
  REQUIRE(found != list.end());
  return found->tensor;
}

// The output that `made` would give, judged as the output of `truth`.
bool passes(const Case& truth, const Case& made, const std::function<void(Arguments&)>& tamper,
            const std::function<void(HostTensor&)>& spoil = {}) {
  const Arguments arguments = truth.arguments();
  const Expected expected = truth.entry().expected(truth.parsed(), arguments).front();
  Arguments tampered = made.arguments();
  for (OperatorArgument& argument : tampered) {
    for (const OperatorArgument& original : arguments) {
      if (argument.name == original.name && !argument.output) argument.tensor = original.tensor;
    }
  }
  if (tamper) tamper(tampered);
  const HostTensor& out = arguments.back().tensor;
  HostTensor got =
      tensor_from(out.type, out.dims, made.entry().expected(made.parsed(), tampered).front().want);
  if (spoil) spoil(got);
  return compare(got, expected.want, expected.bound).passed;
}

void set_all(HostTensor& t, double value) {
  for (int64_t i = 0; i < t.count(); ++i) t.set(i, value);
}

// Element i becomes what element from(i) was.
void permute(HostTensor& t, const std::function<int64_t(int64_t)>& from) {
  const HostTensor old = t;
  for (int64_t i = 0; i < t.count(); ++i) t.set(i, old.at(from(i)));
}

void shift(HostTensor& t) {
  permute(t, [&](int64_t i) { return (i + 1) % t.count(); });
}

// The last column of a matrix to 0.
void drop_last_column(HostTensor& t) {
  const int64_t cols = t.dims.back();
  for (int64_t i = cols - 1; i < t.count(); i += cols) t.set(i, 0);
}

const Case kFused{"matmul",
                  "m=40 n=48 k=64 tb=true bias=true channel-scale=true token-scale=true "
                  "activation=silu residual=true out=fp16"};

TEST_CASE("what is not tampered with passes") {
  CHECK(passes(kFused, kFused, {}));
  for (const char* op : {"matmul_mx", "matmul_w4a8", "matmul_fp8_block", "matmul_weight_only",
                         "matmul_split_k", "batched_matmul", "grouped_o_proj"}) {
    const Case plain{op, "m=40 n=48 k=256"};
    INFO(op);
    CHECK(passes(plain, plain, {}));
  }
}

TEST_CASE("faults in what is fused behind a product are caught") {
  const auto caught = [&](const std::function<void(Arguments&)>& tamper) {
    return !passes(kFused, kFused, tamper);
  };
  CHECK(caught([](Arguments& list) { set_all(tensor(list, "bias"), 0); }));
  CHECK(caught([](Arguments& list) { shift(tensor(list, "bias")); }));
  CHECK(caught([](Arguments& list) { set_all(tensor(list, "residual"), 0); }));
  CHECK(caught([](Arguments& list) {
    HostTensor& t = tensor(list, "residual");  // a row late
    permute(t, [&](int64_t i) { return std::max<int64_t>(i - t.dims[1], 0); });
  }));
  CHECK(caught([](Arguments& list) { set_all(tensor(list, "token_scale"), 1); }));
  CHECK(caught([](Arguments& list) { shift(tensor(list, "scale")); }));
  CHECK(caught([](Arguments& list) {
    HostTensor& t = tensor(list, "scale");
    t.set(t.count() - 1, 1.01 * t.at(t.count() - 1));
  }));
  CHECK(caught([](Arguments& list) { drop_last_column(tensor(list, "a")); }));
  CHECK(caught([](Arguments& list) { drop_last_column(tensor(list, "b")); }));
  for (const char* other : {"none", "relu", "gelu"}) {
    Case made = kFused;
    made.options.replace(made.options.find("silu"), 4, other);
    INFO(other);
    CHECK_FALSE(passes(kFused, made, {}));
  }
}

TEST_CASE("faults in block scales and packed elements are caught") {
  for (const auto& [op, options] : {std::pair("matmul_mx", "m=40 n=48 k=256"),
                                    std::pair("matmul_mx", "m=17 n=20 k=96 dtype=e4m3"),
                                    std::pair("matmul_w4a8", "m=40 n=48 k=256"),
                                    std::pair("matmul_fp8_block", "m=40 n=140 k=260")}) {
    const Case plain{op, options};
    INFO(op << " " << options);
    const auto caught = [&](const std::function<void(Arguments&)>& tamper) {
      return !passes(plain, plain, tamper);
    };
    for (const char* name : {"a_scale", "b_scale"}) {
      CHECK(caught([&](Arguments& list) { shift(tensor(list, name)); }));
      CHECK(caught([&](Arguments& list) { set_all(tensor(list, name), 1); }));
      CHECK(caught([&](Arguments& list) {
        HostTensor& t = tensor(list, name);  // one block twice as large
        t.set(t.count() - 1, 2 * t.at(t.count() - 1));
      }));
    }
    CHECK(caught([](Arguments& list) {
      permute(tensor(list, "b"), [](int64_t i) { return i ^ 1; });  // halves of a byte exchanged
    }));
    CHECK(caught([](Arguments& list) { drop_last_column(tensor(list, "a")); }));
    CHECK(caught([](Arguments& list) {
      HostTensor& t = tensor(list, "a");
      for (int64_t i = 0; i < t.count(); ++i) t.set(i, std::abs(t.at(i)));  // signs lost
    }));
  }
}

TEST_CASE("faults in weights, groups, batches and parts of k are caught") {
  const Case grouped{"matmul_weight_only", "m=20 n=48 k=256 group=64 weight=int4"};
  const auto weights_caught = [&](const std::function<void(Arguments&)>& tamper) {
    return !passes(grouped, grouped, tamper);
  };
  CHECK(weights_caught([](Arguments& list) { shift(tensor(list, "scale")); }));
  CHECK(weights_caught([](Arguments& list) {
    HostTensor& t = tensor(list, "scale");  // every group takes the first one's scales
    permute(t, [&](int64_t i) { return i % t.dims[1]; });
  }));
  CHECK(weights_caught([](Arguments& list) {
    HostTensor& t = tensor(list, "w");  // the sign bit taken for a digit
    for (int64_t i = 0; i < t.count(); ++i) t.set(i, t.at(i) < 0 ? t.at(i) + 8 : t.at(i));
  }));
  CHECK(weights_caught([](Arguments& list) { drop_last_column(tensor(list, "w")); }));

  const Case batch{"batched_matmul", "batch=4 m=20 n=30 k=40"};
  CHECK_FALSE(passes(batch, batch, [](Arguments& list) {
    HostTensor& t = tensor(list, "b");  // every product with the first b
    permute(t, [&](int64_t i) { return i % (t.dims[1] * t.dims[2]); });
  }));
  const Case blocks{"grouped_o_proj", "groups=3 m=20 n=30 k=40"};
  CHECK_FALSE(passes(blocks, blocks, [](Arguments& list) {
    HostTensor& t = tensor(list, "x");  // groups one further
    permute(t, [&](int64_t i) { return (i + 40) % t.count(); });
  }));
  const Case parts{"matmul_split_k", "m=16 n=32 k=512"};
  CHECK_FALSE(passes(parts, parts, [](Arguments& list) {
    HostTensor& t = tensor(list, "a");  // one part of k left out
    for (int64_t i = 0; i < t.count(); ++i) {
      if (i % 512 >= 448) t.set(i, 0);
    }
  }));
}

TEST_CASE("faults in the output of any of them are caught") {
  for (const char* op :
       {"matmul", "matmul_mx", "matmul_w4a8", "matmul_fp8_block", "matmul_weight_only",
        "matmul_split_k", "batched_matmul", "grouped_o_proj"}) {
    const Case plain{op, "m=40 n=48 k=256"};
    INFO(op);
    const auto caught = [&](const std::function<void(HostTensor&)>& spoil) {
      return !passes(plain, plain, {}, spoil);
    };
    CHECK(caught([](HostTensor& c) { set_all(c, 0); }));
    CHECK(caught([](HostTensor& c) { c.set(c.count() - 1, 0); }));
    CHECK(caught([](HostTensor& c) {
      for (int64_t i = 0; i < c.count(); ++i) c.set(i, -c.at(i));
    }));
    CHECK(caught([](HostTensor& c) {
      permute(c, [&](int64_t i) { return (i + c.dims.back()) % c.count(); });  // a row late
    }));
  }
}

}  // namespace
}  // namespace npu
