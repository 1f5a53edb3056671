// Every golden vector against the kernels of the catalog.
#include <catch2/catch.hpp>
#include <set>

#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

TEST_CASE("kernels agree with golden vectors of an independent implementation") {
  if (folder().empty()) {
    WARN("skipped: no golden vectors; set NPU_DATA to the folder that has them");
    return;
  }
  Recipes recipes;
  add_attention_recipes(recipes);
  add_dense_attention_recipes(recipes);
  add_matmul_recipes(recipes);
  add_norm_recipes(recipes);
  add_quantise_recipes(recipes);
  add_expert_recipes(recipes);
  add_forward_recipes(recipes);
  add_moe_recipes(recipes);
  KernelBench direct(small_base()), through_gm(small_base_through_gm());
  std::set<std::string> seen;
  for (const Case& c : cases()) {
    seen.insert(c.operator_name());
    const auto recipe = recipes.find(c.operator_name());
    INFO(c.name());
    REQUIRE(recipe != recipes.end());
    recipe->second(c, direct);
    recipe->second(c, through_gm);
  }
  for (const auto& [name, recipe] : recipes) CHECK(seen.count(name) == 1);
}

}  // namespace
}  // namespace npu::golden
