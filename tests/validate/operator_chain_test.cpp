// Chains of operators that stand for one kernel of the vendor's.
#include "runtime/validate/operator_chain.h"

#include <catch2/catch.hpp>

#include "isa/errors.h"

namespace npu {
namespace {

const char* kSquare = "rmsnorm rows=256 cols=1024 dtype=bf16: x weight y";

TEST_CASE("a link is an operator, its options and the names of its tensors") {
  const ChainLink link = parse_link(kSquare);
  CHECK(link.kernel->name == "rmsnorm");
  CHECK(link.options.size() == 3);
  CHECK(link.options[1] == OptionText{"cols", "1024"});
  CHECK(link.tensors == std::vector<std::string>{"x", "weight", "y"});
  CHECK_THROWS_AS(parse_link("rmsnrom rows=1: x w y"), InputError);
  CHECK_THROWS_WITH(parse_link("rmsnorm rows: x w y"), Catch::Contains("'rows'"));
}

TEST_CASE("a chain's second kernel finds in L2 what the first has written") {
  Bench bench(load_machine("base"));
  const auto cycles = [&](std::vector<std::string> texts) {
    std::vector<ChainLink> chain;
    for (const std::string& text : texts) chain.push_back(parse_link(text));
    return run_chain(bench, chain).sum.cycles;
  };
  const uint64_t alone = cycles({kSquare});
  const uint64_t behind =
      cycles({kSquare, "rmsnorm rows=256 cols=1024 dtype=bf16: y weight x"}) - alone;
  const uint64_t apart =
      cycles({kSquare, "rmsnorm rows=256 cols=1024 dtype=bf16: a other b"}) - alone;
  CHECK(behind < apart);
  CHECK(apart <= alone + alone / 10);
}

TEST_CASE("a chain of both kinds of core is mixed, and names must be as many as tensors") {
  Bench bench(load_machine("base"));
  const ChainLink vector = parse_link(kSquare);
  const ChainLink cube = parse_link("matmul m=256 n=256 k=1024 dtype=bf16 out=bf16 tb=true: y w z");
  CHECK_FALSE(run_chain(bench, {vector}).mixed);
  CHECK_FALSE(run_chain(bench, {cube}).mixed);
  CHECK(run_chain(bench, {vector, cube}).mixed);
  CHECK_THROWS_WITH(run_chain(bench, {parse_link("rmsnorm rows=1 cols=8: x y")}),
                    Catch::Contains("rmsnorm: 2 tensors named"));
}

}  // namespace
}  // namespace npu
