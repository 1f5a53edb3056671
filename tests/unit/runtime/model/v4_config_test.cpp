#include "runtime/model/v4_config.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;
using nlohmann::json;

namespace {

json good() {
  return json::parse(R"({"architectures": ["DeepseekV4ForCausalLM"], "model_type": "deepseek_v4",
    "hidden_size": 128, "num_hidden_layers": 3, "vocab_size": 512, "max_position_embeddings": 512,
    "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 64, "qk_rope_head_dim": 16,
    "q_lora_rank": 64, "o_groups": 2, "o_lora_rank": 64, "sliding_window": 32,
    "index_n_heads": 4, "index_head_dim": 32, "index_topk": 32, "compress_ratios": [0, 4, 128, 0],
    "compress_rope_theta": 160000, "n_routed_experts": 8, "num_experts_per_tok": 2,
    "moe_intermediate_size": 64, "num_hash_layers": 1, "hc_mult": 4, "hc_sinkhorn_iters": 20,
    "hc_eps": 1e-6, "rope_scaling": {"type": "yarn", "factor": 16,
    "original_max_position_embeddings": 65536}})");
}

V4Config parse(const json& document) { return parse_v4_config(document.dump(), "c.json"); }

}  // namespace

TEST_CASE("a V4 config may list more compress ratios than it has layers") {
  const V4Config config = parse(good());
  CHECK(config.ratios == std::vector<std::int64_t>{0, 4, 128, 0});
  CHECK(config.ratio(1) == 4);
  CHECK(config.q_width() == 256);
  CHECK(config.o_width() == 128);
  CHECK(config.mixes() == 24);
  CHECK(config.yarn.beta_fast == 32);
}

TEST_CASE("layers without compression turn by the plain angles, the others by YaRN's") {
  const V4Config config = parse(good());
  const std::vector<double> plain = config.rope_frequencies(0), yarn = config.rope_frequencies(1);
  REQUIRE(plain.size() == 8);
  CHECK(plain[0] == 1);
  CHECK(yarn[0] == 1);
  CHECK(plain[7] == Approx(std::pow(10000.0, -14.0 / 16)));
  CHECK(yarn[7] == Approx(std::pow(160000.0, -14.0 / 16) / 16));
}

TEST_CASE("what a V4 config must not say is refused with its key and what is allowed") {
  struct Case {
    const char* key;
    json value;
    const char* problem;
    const char* allowed;
  };
  const std::vector<Case> cases = {
      {"model_type", "deepseek_v41", "another architecture", "deepseek_v4 "},
      {"model_type", "mamba", "\"mamba\" is not supported", "deepseek_v4 "},
      {"architectures", json::array({"Other"}), "missing or another", "DeepseekV4ForCausalLM"},
      {"compress_ratios", nullptr, "missing", "a list of 0, 4 or 128"},
      {"compress_ratios", json::array({0, 8, 128}), "8 is not supported", "0, 4 and 128"},
      {"compress_ratios", json::array({0, 4}), "2 entries", "at least num_hidden_layers, 3"},
      {"compress_ratios", json::array({0, "4", 0}), "not such a list", "integers from 0 to 128"},
      {"num_key_value_heads", 2, "share one key", "1"},
      {"qk_rope_head_dim", 15, "15", "a multiple of two"},
      {"o_groups", 3, "4", "a multiple of o_groups, 3"},
      {"scoring_func", "softmax", "\"softmax\" is not supported", "sqrtsoftplus"},
      {"topk_method", "greedy", "\"greedy\" is not supported", "noaux_tc"},
      {"norm_topk_prob", false, "false is not supported", "true"},
      {"tie_word_embeddings", true, "true is not supported", "false"},
      {"num_experts_per_tok", 9, "9", "1 to 8"},
      {"expert_dtype", "int8", "\"int8\" is not supported", "fp4"},
      {"hc_mult", 9, "9", "2 to 8"},
      {"head_dim", "big", "head_dim", "an integer"},
  };
  for (const Case& bad : cases) {
    INFO(bad.key << " = " << bad.value);
    json document = good();
    document[bad.key] = bad.value;
    const std::string message = test::refusal([&] { parse(document); });
    CHECK_THAT(message, Catch::Contains("c.json: ") && Catch::Contains(bad.problem));
    CHECK_THAT(message, Catch::Contains("; allowed: ") && Catch::Contains(bad.allowed));
  }
}

TEST_CASE("the published V4 configs are read") {
  const auto data = test::data_folder();
  if (!data || !std::filesystem::exists(*data / "models")) {
    WARN("skipped: no models; set NPU_DATA to the folder that has them");
    return;
  }
  const auto read = [&](const char* name) {
    return load_v4_config((*data / "models" / (std::string(name) + ".json")).string());
  };
  for (const char* name : {"deepseek-v4-flash", "deepseek-v4-flash-0731"}) {
    const V4Config flash = read(name);
    CHECK(flash.layers == 43);
    CHECK(std::count(flash.ratios.begin(), flash.ratios.begin() + 43, 4) == 21);
    CHECK(std::count(flash.ratios.begin(), flash.ratios.begin() + 43, 128) == 20);
  }
  const V4Config pro = read("deepseek-v4-pro");
  CHECK(pro.experts == 384);
  CHECK(std::count(pro.ratios.begin(), pro.ratios.begin() + 61, 128) == 31);
}
