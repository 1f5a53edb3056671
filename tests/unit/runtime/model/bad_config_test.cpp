#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runtime/files/input_file.h"
#include "runtime/model/config.h"
#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

constexpr const char* kGood = R"({
  "architectures": ["LlamaForCausalLM"],
  "model_type": "llama",
  "hidden_size": 64,
  "intermediate_size": 128,
  "num_hidden_layers": 2,
  "num_attention_heads": 4,
  "num_key_value_heads": 2,
  "vocab_size": 100,
  "max_position_embeddings": 512,
  "rms_norm_eps": 1e-5,
  "rope_theta": 10000.0,
  "torch_dtype": "float32"
})";

// The good file with the members of `patch` replaced, or removed where the patch says null.
std::string patched(const char* patch) {
  nlohmann::json document = nlohmann::json::parse(kGood);
  document.merge_patch(nlohmann::json::parse(patch));
  return document.dump();
}

std::string message_of(const std::string& text) {
  return test::refusal([&] { parse_model_config(text, "c.json"); });
}

struct Case {
  const char* name;
  std::string text;
  const char* place_and_problem;
  const char* allowed;
};

constexpr const char* kFamilies =
    "LlamaForCausalLM (model_type llama), Qwen3ForCausalLM (model_type qwen3)";

std::vector<Case> syntax_cases() {
  return {
      {"empty", "", "c.json:1:1: syntax error", "well-formed JSON"},
      {"truncated", std::string(kGood).substr(0, 60), "c.json:3:", "well-formed JSON"},
      {"missing comma", "{\n  \"a\": 1\n  \"b\": 2}", "c.json:3:5: syntax error",
       "well-formed JSON"},
      {"NaN size", "{\n\"hidden_size\": NaN}", "c.json:2:16: syntax error", "well-formed JSON"},
      {"text behind the end", std::string(kGood) + "x", "c.json:14:2: syntax error", "JSON"},
      {"invalid UTF-8", "{\"a\": \"\xff\"}", "c.json:1:8: ", "well-formed JSON"},
      {"a list", "[1]", "c.json:1:1: not a JSON object", "{ \"key\": value, ... }"},
      {"number too big", "{\"a\": 1e999}", "number overflow", "numbers that fit 64 bits"},
      {"key twice", "{\"hidden_size\": 1, \"hidden_size\": 2}",
       "c.json: \"hidden_size\": the key is given twice", "each key once"},
      {"deep", std::string(100, '[') + std::string(100, ']'), "nested deeper than 64", "64 levels"},
      {"very deep", std::string(500000, '['), "nested deeper than 64", "at most 64 levels"},
  };
}

std::vector<Case> family_cases() {
  return {
      {"no family", "{}", "c.json: architectures: missing", kFamilies},
      {"DeepSeek", patched(R"({"architectures": ["DeepseekV4ForCausalLM"]})"),
       "c.json: architectures: \"DeepseekV4ForCausalLM\" is not supported", kFamilies},
      {"Mixtral by type", patched(R"({"architectures": null, "model_type": "mixtral"})"),
       "c.json: model_type: \"mixtral\" is not supported", kFamilies},
      {"two", patched(R"({"architectures": ["LlamaForCausalLM", "x"]})"),
       "c.json: architectures: not a list of one name", kFamilies},
      {"family is a number", patched(R"({"architectures": [7]})"), "not a list of one name",
       kFamilies},
      {"type is a number", patched(R"({"model_type": 7})"), "c.json: model_type: 7", kFamilies},
      {"mixed", patched(R"({"model_type": "qwen3"})"),
       "c.json: model_type: \"qwen3\" is not that of LlamaForCausalLM", "\"llama\""},
      {"nested", R"({"model_type": "deepseek_v41", "text_config": {"hidden_size": 5120}})",
       "c.json: text_config: a configuration nested in that of \"deepseek_v41\"", kFamilies},
  };
}

std::vector<Case> value_cases() {
  return {
      {"negative", patched(R"({"hidden_size": -64})"), "c.json: hidden_size: -64", "1 to 1048576"},
      {"fraction", patched(R"({"hidden_size": 64.5})"), "c.json: hidden_size: 64.5", "an integer"},
      {"text", patched(R"({"vocab_size": "100"})"), "vocab_size: the string \"100\"", "an integer"},
      {"list", patched(R"({"vocab_size": [100]})"), "c.json: vocab_size: a list",
       "an integer from 1"},
      {"object", patched(R"({"num_hidden_layers": {}})"), "num_hidden_layers: an object",
       "1 to 4096"},
      {"huge", patched(R"({"intermediate_size": 18446744073709551615})"),
       "intermediate_size: 18446744073709551615", "1 to 4194304"},
      {"missing", patched(R"({"rms_norm_eps": null})"), "c.json: rms_norm_eps: missing",
       "a number"},
      {"misspelt", patched(R"({"hidden_size": null, "hiden_size": 64})"),
       "hidden_size: missing; is \"hiden_size\" misspelt?", "an integer"},
      {"heads", patched(R"({"num_attention_heads": 6})"), "num_attention_heads: 6",
       "a divisor of hidden_size, 64, or a head_dim"},
      {"one head",
       patched(R"({"num_attention_heads": 1, "num_key_value_heads": 1, "hidden_size": 8192})"),
       "num_attention_heads: 1 makes heads of 8192 elements", "heads of at most 4096"},
      {"kv heads", patched(R"({"num_key_value_heads": 3})"), "num_key_value_heads: 3",
       "a divisor of num_attention_heads, 4"},
      {"odd heads", patched(R"({"head_dim": 15})"), "head_dim: 15 is odd", "an even number"},
      {"eps", patched(R"({"rms_norm_eps": 0})"), "c.json: rms_norm_eps: 0",
       "a number from 1e-30 to 1"},
      {"theta", patched(R"({"rope_theta": -1})"), "c.json: rope_theta: -1", "a number from 1 to"},
      {"dtype", patched(R"({"torch_dtype": "float8_e4m3fn"})"),
       "c.json: torch_dtype: \"float8_e4m3fn\" is not supported", "float32, float16, bfloat16"},
      {"no dtype", patched(R"({"torch_dtype": null})"), "c.json: torch_dtype: missing", "bfloat16"},
      {"bool", patched(R"({"tie_word_embeddings": 1})"), "tie_word_embeddings: 1", "true or false"},
      {"activation", patched(R"({"hidden_act": "gelu"})"), "c.json: hidden_act: \"gelu\"", "silu"},
      {"bias", patched(R"({"mlp_bias": true})"), "c.json: mlp_bias: true is not supported",
       "false"},
      {"window", patched(R"({"use_sliding_window": true})"), "use_sliding_window: true", "false"},
      {"layer types", patched(R"({"layer_types": ["sliding_attention"]})"),
       "c.json: layer_types: \"sliding_attention\" is not supported", "full_attention"},
      {"experts", patched(R"({"num_local_experts": 8})"),
       "c.json: num_local_experts: not supported in a dense model", "leave it out"},
      {"quantised", patched(R"({"quantization_config": {"quant_method": "fp8"}})"),
       "c.json: quantization_config: not supported", "leave it out"},
      {"yarn", patched(R"({"rope_scaling": {"rope_type": "yarn", "factor": 16}})"),
       "c.json: rope_scaling: rope_type: \"yarn\" is not supported", "default, llama3"},
      {"rope is text", patched(R"({"rope_scaling": "llama3"})"),
       "c.json: rope_scaling: the string \"llama3\"", "an object or null"},
      {"rope without type", patched(R"({"rope_scaling": {"factor": 2}})"),
       "c.json: rope_scaling: type: missing", "default, llama3"},
      {"rope unknown key",
       patched(R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
           "high_freq_factor": 4, "original_max_position_embeddings": 8192, "beta_fast": 32}})"),
       "c.json: rope_scaling: \"beta_fast\": unknown key", "high_freq_factor"},
      {"rope bounds",
       patched(R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4,
           "high_freq_factor": 4, "original_max_position_embeddings": 8192}})"),
       "c.json: rope_scaling: high_freq_factor: 4", "more than low_freq_factor, 4"},
      {"both ropes", patched(R"({"rope_scaling": {"rope_type": "default"},
           "rope_parameters": {"rope_type": "default"}})"),
       "c.json: rope_scaling: given beside rope_parameters", "one of the two"},
  };
}

void check(const std::vector<Case>& cases) {
  for (const Case& bad : cases) {
    INFO(bad.name);
    const std::string message = message_of(bad.text);
    CHECK_THAT(message, Catch::StartsWith("c.json"));
    CHECK_THAT(message, Catch::Contains(bad.place_and_problem));
    CHECK_THAT(message, Catch::Contains("; allowed: ") && Catch::Contains(bad.allowed));
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.size() < 500);
  }
}

}  // namespace

TEST_CASE("the file that the bad ones are made of is good") {
  CHECK(message_of(kGood) == "(accepted)");
}

TEST_CASE("bad JSON gives one message with line and column") { check(syntax_cases()); }

TEST_CASE("another architecture is refused by name with the list of what is supported") {
  check(family_cases());
}

TEST_CASE("a wrong value gives one message with its key and what is allowed") {
  check(value_cases());
}

TEST_CASE("all problems of a config are reported together") {
  const std::string message = message_of(patched(
      R"({"hidden_size": -1, "vocab_size": null, "rms_norm_eps": "x", "torch_dtype": "int3"})"));
  CHECK(std::count(message.begin(), message.end(), '\n') == 3);
  for (const char* key : {"hidden_size", "vocab_size", "rms_norm_eps", "torch_dtype"}) {
    CHECK_THAT(message, Catch::Contains(std::string("c.json: ") + key + ": "));
  }
}

TEST_CASE("a config larger than a megabyte is refused before it is read") {
  test::TempFolder folder;
  write_file(folder.path("big.json"), std::vector<std::byte>((1 << 20) + 1));
  CHECK_THAT(test::refusal([&] { load_model_config(folder.path("big.json")); }),
             Catch::Contains("big.json: 1048577 bytes; allowed: at most 1048576 bytes"));
}

TEST_CASE("published configs of other architectures are refused by name") {
  const auto data = test::data_folder();
  if (!data) {
    WARN("skipped: no model configs; set NPU_DATA to the folder that has them");
    return;
  }
  for (const char* name :
       {"deepseek-v4-flash", "deepseek-v4-pro", "deepseek-v3", "kimi-k2-instruct", "kimi-k3",
        "mixtral-8x7b-v0.1", "gpt-oss-20b", "qwen3-30b-a3b", "qwen2.5-0.5b", "toy-deepseek-v4",
        "deepseek-v4-flash-fp8-sgl"}) {
    INFO(name);
    const std::string path = (*data / "models" / (std::string(name) + ".json")).string();
    const std::string message = test::refusal([&] { load_model_config(path); });
    CHECK_THAT(message, Catch::Contains("not supported; allowed: ") && Catch::Contains(kFamilies));
    CHECK(message.find('\n') == std::string::npos);
  }
}
