// The trained toy of the DeepSeek-V4 architecture on the NPU, every operator a kernel, beside
// golden ids and logits.
#include "runtime/schedule/v4_runner.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/model/safetensors.h"
#include "tests/unit/runtime/model/fixtures.h"

namespace npu {

namespace {

// Activations of f32 against double. Less than half of 0.0040, the smallest distance between first
// and second logit of all golden prompts.
constexpr double kBound = 5e-4;

// Reads the golden ids at once but for the last `decoded`, which the model must find itself, and
// compares the logits that chose the last one. Returns their largest error.
double check_case(const V4Weights& weights, const std::string& machine,
                  const nlohmann::json& golden, size_t decoded) {
  INFO("prompt: " << golden["prompt"] << " on " << machine);
  const auto ids = golden["ids"].get<std::vector<int>>();
  Device device(load_machine(machine));
  V4Runner runner(device, weights, static_cast<int64_t>(ids.size()));
  ForwardResult result = runner.forward(std::span(ids).first(ids.size() - decoded));
  for (size_t i = ids.size() - decoded;; ++i) {
    if (result.fault) FAIL(result.fault->text());
    REQUIRE(result.next == ids[i]);
    if (i + 1 == ids.size()) break;
    result = runner.forward(std::span(ids).subspan(i, 1));
  }
  const size_t steps = ids.size() - golden["n_prompt"].get<size_t>();
  const auto want = golden["logits"][std::to_string(steps - 1)].get<std::vector<double>>();
  REQUIRE(result.logits.size() == want.size());
  double worst = 0;
  for (size_t i = 0; i < want.size(); ++i)
    worst = std::max(worst, std::fabs(static_cast<double>(result.logits[i]) - want[i]));
  return worst;
}

}  // namespace

TEST_CASE("a V4 model in fp32 gives the golden ids and logits, with and without direct paths") {
  const auto data = test::data_folder();
  if (!data || !std::filesystem::exists(*data / "toy-v4")) {
    WARN("skipped: no toy-v4; set NPU_DATA to the folder that has it");
    return;
  }
  const auto folder = *data / "toy-v4";
  const V4Config config = load_v4_config(folder.string());
  std::ifstream stream(folder / "golden.json");
  const auto golden = nlohmann::json::parse(stream);
  const auto weights = [&](const std::string& file) {
    Checkpoint checkpoint = Checkpoint::open((folder / file).string());
    return load_v4_weights(config, checkpoint);
  };
  const V4Weights bf16 = weights("model.safetensors");
  // The fifth goes past 256 tokens: two blocks of 128 close, and the indexer has to choose.
  const auto& cases = golden["files"]["model.safetensors"];
  CHECK(check_case(bf16, "base", cases[4], 4) < kBound);
  CHECK(check_case(bf16, "base", cases[0], 2) < kBound);
  CHECK(check_case(bf16, "base-gm", cases[1], 2) < kBound);
  // Weights of fp8 and fp4 are dequantised exactly; activations are not rounded.
  CHECK(check_case(weights("model-fp8-fp4.safetensors"), "base",
                   golden["files"]["model-fp8-fp4.safetensors"][2], 2) < kBound);
}

}  // namespace npu
