// The trained toy of the DeepSeek-V4 architecture on the NPU over all golden prompts, token by
// token, timed: every id in fp32, and how far native arithmetic with fp8 and fp4 weights strays.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "isa/errors.h"
#include "runtime/model/safetensors.h"
#include "runtime/schedule/v4_runner.h"
#include "tests/unit/runtime/model/fixtures.h"

namespace npu {

namespace {

// Activations of f32 against double. Less than half of 0.0040, the smallest distance between first
// and second logit of all golden prompts.
constexpr double kBound = 5e-4;

// Relative root mean square of logits that the golden vectors allow to another implementation of
// the quantised forward pass (v4_forward, logits_quant).
constexpr double kNativeBound = 0.286;

struct Toy {
  std::filesystem::path folder;
  V4Config config;
  nlohmann::json golden;

  V4Weights weights(const char* file) const {
    Checkpoint checkpoint = Checkpoint::open((folder / file).string());
    return load_v4_weights(config, checkpoint);
  }
};

// Null, with a warning, where its files are not at hand.
std::optional<Toy> toy() {
  const auto data = test::data_folder();
  if (!data || !std::filesystem::exists(*data / "toy-v4")) {
    WARN("skipped: no toy-v4; set NPU_DATA to the folder that has it");
    return std::nullopt;
  }
  const auto folder = *data / "toy-v4";
  std::ifstream stream(folder / "golden.json");
  return Toy{folder, load_v4_config(folder.string()), nlohmann::json::parse(stream)};
}

struct Outcome {
  size_t new_ids = 0, equal = 0;         // choices of the model, and those that are the golden ones
  double worst = 0;                      // difference of a logit
  double difference = 0, magnitude = 0;  // sums of squares
  uint64_t cycles = 0;

  double rms() const { return std::sqrt(difference / magnitude); }
};

// Feeds the golden ids, the prompt at once and the others one by one.
Outcome run_case(const V4Weights& weights, const std::string& machine, const nlohmann::json& golden,
                 V4Arithmetic arithmetic) {
  const auto ids = golden["ids"].get<std::vector<int>>();
  const auto prompt = golden["n_prompt"].get<size_t>();
  Device device(load_machine(machine));
  V4Runner runner(device, weights, static_cast<int64_t>(ids.size()), arithmetic);
  Outcome outcome;
  for (size_t i = prompt; i < ids.size(); ++i) {
    const size_t first = i == prompt ? 0 : i - 1;
    const ForwardResult result = runner.forward(std::span(ids).subspan(first, i - first));
    if (result.fault) FAIL(result.fault->text());
    outcome.cycles += result.cycles;
    ++outcome.new_ids;
    outcome.equal += result.next == ids[i] ? 1 : 0;
    const auto key = std::to_string(i - prompt);
    if (!golden["logits"].contains(key)) continue;
    const auto want = golden["logits"][key].get<std::vector<double>>();
    REQUIRE(result.logits.size() == want.size());
    for (size_t j = 0; j < want.size(); ++j) {
      const double off = static_cast<double>(result.logits[j]) - want[j];
      outcome.worst = std::max(outcome.worst, std::fabs(off));
      outcome.difference += off * off;
      outcome.magnitude += want[j] * want[j];
    }
  }
  return outcome;
}

void print(const std::string& machine, const nlohmann::json& golden, const Outcome& outcome) {
  std::printf(
      "%-8s %3zu of %zu ids equal, logits off by at most %.2g (rms %.2g), %llu cycles: %s\n",
      machine.c_str(), outcome.equal, outcome.new_ids, outcome.worst, outcome.rms(),
      static_cast<unsigned long long>(outcome.cycles), golden["prompt"].get<std::string>().c_str());
  std::fflush(stdout);
}

void check_in_fp32(const char* file) {
  const std::optional<Toy> model = toy();
  if (!model) return;
  const V4Weights weights = model->weights(file);
  for (const char* machine : {"base", "base-gm"}) {
    for (const nlohmann::json& golden : model->golden["files"][file]) {
      INFO(file << " on " << machine << ": " << golden["prompt"]);
      const Outcome outcome = run_case(weights, machine, golden, V4Arithmetic::kF32);
      print(machine, golden, outcome);
      CHECK(outcome.equal == outcome.new_ids);
      CHECK(outcome.worst < kBound);
    }
  }
}

}  // namespace

TEST_CASE("the bf16 model in fp32 gives the ids and logits of all golden prompts") {
  check_in_fp32("model.safetensors");
}

// Against the golden run of the bf16 weights, whose ids it is fed.
TEST_CASE("the fp8 and fp4 model computed natively stays near the run of the bf16 model") {
  const std::optional<Toy> model = toy();
  if (!model) return;
  const V4Weights weights = model->weights("model-fp8-fp4.safetensors");
  for (const char* machine : {"base", "base-gm"}) {
    for (const nlohmann::json& golden : model->golden["files"]["model.safetensors"]) {
      INFO("on " << machine << ": " << golden["prompt"]);
      const Outcome outcome = run_case(weights, machine, golden, V4Arithmetic::kNative);
      print(machine, golden, outcome);
      CHECK(outcome.rms() < kNativeBound);
    }
  }
}

TEST_CASE("weights that are not stored as fp8 and fp4 are refused natively") {
  const std::optional<Toy> model = toy();
  if (!model) return;
  Device device(load_machine("base"));
  CHECK_THROWS_AS(V4Runner(device, model->weights("model.safetensors"), 8, V4Arithmetic::kNative),
                  InputError);
}

}  // namespace npu
