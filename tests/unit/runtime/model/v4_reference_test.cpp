// The trained toy of the DeepSeek-V4 architecture, where its files are at hand, beside ids and
// logits of an independent implementation.
#include "runtime/model/v4_reference.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/model/safetensors.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

// Both implementations compute in double, over 300 positions whose caches feed back.
constexpr double kBound = 1e-9;

// Feeds all ids but the last; every id behind the prompt must be the greedy choice.
void check_case(const V4Weights& weights, const nlohmann::json& golden) {
  INFO("prompt: " << golden["prompt"]);
  const auto ids = golden["ids"].get<std::vector<int>>();
  const auto prompt = golden["n_prompt"].get<size_t>();
  V4Reference model(weights);
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    const std::vector<double> logits = model.forward(ids[i]);
    if (i + 1 < prompt) continue;
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    REQUIRE(best == ids[i + 1]);
    const auto key = std::to_string(i + 1 - prompt);
    const auto& wanted = golden["logits"];
    if (!wanted.contains(key)) continue;
    const auto want = wanted[key].get<std::vector<double>>();
    REQUIRE(want.size() == logits.size());
    for (size_t j = 0; j < want.size(); ++j) REQUIRE(std::abs(logits[j] - want[j]) < kBound);
  }
}

}  // namespace

TEST_CASE("the V4 reference gives the golden ids and logits of both toy checkpoints") {
  const auto data = test::data_folder();
  if (!data || !std::filesystem::exists(*data / "toy-v4")) {
    WARN("skipped: no toy-v4; set NPU_DATA to the folder that has it");
    return;
  }
  const auto folder = *data / "toy-v4";
  const V4Config config = load_v4_config(folder.string());
  std::ifstream stream(folder / "golden.json");
  const auto golden = nlohmann::json::parse(stream);
  for (const char* file : {"model.safetensors", "model-fp8-fp4.safetensors"}) {
    INFO(file);
    Checkpoint checkpoint = Checkpoint::open((folder / file).string());
    const V4Weights weights = load_v4_weights(config, checkpoint);
    REQUIRE(golden["files"][file].size() == 5);
    for (const auto& one : golden["files"][file]) check_case(weights, one);
  }
}
