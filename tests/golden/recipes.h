// How each operator of the golden vectors is computed by kernels of the catalog.
#pragma once

#include <map>
#include <string>

#include "tests/golden/kernel_call.h"

namespace npu::golden {

using Recipe = void (*)(const Case&, KernelBench&);
using Recipes = std::map<std::string, Recipe>;  // by operator

// "name=value " of a kernel's options.
inline std::string option(const char* name, int64_t value) {
  return std::string(name) + "=" + std::to_string(value) + " ";
}

void add_attention_recipes(Recipes& recipes);        // over listed rows, compressor, indexer
void add_dense_attention_recipes(Recipes& recipes);  // grouped-query, MLA
void add_matmul_recipes(Recipes& recipes);           // with block scales
void add_quantise_recipes(Recipes& recipes);         // quantisers, Hadamard
void add_forward_recipes(Recipes& recipes);          // whole models
void add_norm_recipes(Recipes& recipes);             // norms, RoPE, mHC
void add_expert_recipes(Recipes& recipes);           // gates and SwiGLU
void add_moe_recipes(Recipes& recipes);  // whole mixtures of experts, grouped O projection

}  // namespace npu::golden
