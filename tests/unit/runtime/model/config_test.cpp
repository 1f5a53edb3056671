#include "runtime/model/config.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "runtime/files/input_file.h"
#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

ModelConfig shipped(const std::string& name) {
  return load_model_config(std::string(NPU_SOURCE_DIR) + "/configs/models/" + name + ".json");
}

ModelConfig with(const std::string& members) {
  return parse_model_config(
      R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
          "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
          "vocab_size": 100, "max_position_embeddings": 512, "rms_norm_eps": 1e-5)" +
          members + "}",
      "t.json");
}

}  // namespace

TEST_CASE("Llama-3-8B is read as published") {
  const ModelConfig c = shipped("llama-3-8b");
  CHECK(c.architecture == "LlamaForCausalLM");
  CHECK(c.hidden == 4096);
  CHECK(c.intermediate == 14336);
  CHECK(c.layers == 32);
  CHECK(c.heads == 32);
  CHECK(c.kv_heads == 8);
  CHECK(c.head_dim == 128);
  CHECK(c.kv_width() == 1024);
  CHECK(c.vocab == 128256);
  CHECK(c.max_positions == 8192);
  CHECK(c.rms_eps == 1e-5);
  CHECK(c.rope_theta == 500000);
  CHECK_FALSE(c.rope_scaling);
  CHECK(c.rope_layout == RopeLayout::kHalfSplit);
  CHECK_FALSE(c.tied_embeddings);
  CHECK_FALSE(c.qk_norm);
  CHECK_FALSE(c.attention_bias);
  CHECK(c.dtype == Type::kBf16);
}

TEST_CASE("Qwen3 norms its heads, which may be wider than the model divided by them") {
  const ModelConfig c = shipped("qwen3-0.6b");
  CHECK(c.architecture == "Qwen3ForCausalLM");
  CHECK(c.qk_norm);
  CHECK(c.tied_embeddings);
  CHECK(c.hidden == 1024);
  CHECK(c.head_dim == 128);
  CHECK(c.q_width() == 2048);
}

TEST_CASE("Llama 3.1 keeps its RoPE scaling") {
  const ModelConfig c = shipped("llama-3.1-70b");
  REQUIRE(c.rope_scaling);
  CHECK(c.rope_scaling->factor == 8);
  CHECK(c.rope_scaling->low_freq_factor == 1);
  CHECK(c.rope_scaling->high_freq_factor == 4);
  CHECK(c.rope_scaling->original_max_positions == 8192);
  CHECK(c.max_positions == 131072);
}

TEST_CASE("every shipped model is read and has its published number of parameters") {
  const std::vector<std::pair<const char*, double>> published = {
      {"llama-3-8b", 8.03e9},     {"llama-3-70b", 70.55e9},     {"llama-3.1-8b", 8.03e9},
      {"llama-3.1-70b", 70.55e9}, {"llama-3.1-405b", 405.85e9}, {"qwen3-0.6b", 0.596e9},
      {"qwen3-1.7b", 1.721e9},    {"qwen3-8b", 8.19e9},         {"qwen3-32b", 32.76e9},
      {"smollm2-135m", 0.1345e9}, {"stories15m", 15.19e6},      {"stories260k", 260032}};
  for (const auto& [name, parameters] : published) {
    INFO(name);
    CHECK(static_cast<double>(parameter_count(shipped(name))) == Approx(parameters).epsilon(0.002));
  }
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(NPU_SOURCE_DIR) + "/configs/models")) {
    if (entry.path().extension() != ".json") continue;
    CHECK_NOTHROW(load_model_config(entry.path().string()));
    ++files;
  }
  CHECK(files == published.size());
}

TEST_CASE("parameters are those that the weights hold") {
  ModelConfig config = test::small_config();
  for (const bool full : {false, true}) {
    config.qk_norm = config.attention_bias = config.tied_embeddings = full;
    const DenseWeights w = zero_weights(config);
    size_t count = w.embedding.values.size() + w.final_norm.size() + w.head.values.size();
    for (const DenseLayer& l : w.layers) {
      for (const Matrix* m : {&l.wq, &l.wk, &l.wv, &l.wo, &l.w_gate, &l.w_up, &l.w_down}) {
        count += m->values.size();
      }
      for (const auto* v :
           {&l.attention_norm, &l.ffn_norm, &l.bq, &l.bk, &l.bv, &l.bo, &l.q_norm, &l.k_norm}) {
        count += v->size();
      }
    }
    CHECK(parameter_count(config) == static_cast<std::int64_t>(count));
  }
}

TEST_CASE("what a file may leave out has the meaning of the published library") {
  const ModelConfig c = with(R"(, "torch_dtype": "float16")");
  CHECK(c.head_dim == 16);
  CHECK(c.kv_heads == 4);
  CHECK(c.rope_theta == 10000);
  CHECK_FALSE(c.tied_embeddings);
  CHECK(c.dtype == Type::kF16);
}

TEST_CASE("the newer names of keys are read") {
  const ModelConfig c = with(R"(, "dtype": "bfloat16", "rope_parameters":
      {"rope_type": "default", "rope_theta": 250000.0}, "layer_types": ["full_attention"])");
  CHECK(c.dtype == Type::kBf16);
  CHECK(c.rope_theta == 250000);
  CHECK_FALSE(c.rope_scaling);
}

TEST_CASE("a folder stands for the config.json in it") {
  test::TempFolder folder;
  std::filesystem::create_directories(folder.path("model"));
  std::filesystem::copy_file(std::string(NPU_SOURCE_DIR) + "/configs/models/qwen3-8b.json",
                             folder.path("model/config.json"));
  CHECK(load_model_config(folder.path("model")).layers == 36);
  CHECK_THAT(test::refusal([&] { load_model_config(folder.path("")); }),
             Catch::Contains("config.json: no such file"));
}
