// A real language model's tokens, id for id.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/model/llama2c.h"
#include "runtime/model/tokenizer.h"
#include "runtime/schedule/dense_runner.h"
#include "tests/unit/runtime/model/fixtures.h"

namespace npu {

namespace {

std::vector<int> generate(const DenseWeights& weights, const std::string& machine, Mode mode,
                          std::vector<int> ids, size_t total) {
  Device device(load_machine(machine), {.mode = mode});
  DenseRunner runner(device, weights, Type::kF32, static_cast<int64_t>(total));
  size_t begin = 0;
  while (ids.size() < total) {
    const DenseRunner::Result result = runner.forward(std::span(ids).subspan(begin));
    REQUIRE_FALSE(result.fault);
    begin = ids.size();
    ids.push_back(result.next);
  }
  return ids;
}

}  // namespace

TEST_CASE("stories260k gives its golden ids for every prompt, functional and timed") {
  const auto data = test::data_folder();
  if (!data) {
    WARN("skipped: no stories260k beside the checkout (set NPU_DATA)");
    return;
  }
  const auto folder = *data / "stories260k";
  const DenseWeights weights = load_llama2c((folder / "stories260K.bin").string());
  const Tokenizer tokenizer = Tokenizer::load((folder / "tok512.bin").string());
  nlohmann::json golden;
  std::ifstream(folder / "golden.json") >> golden;
  REQUIRE(golden.size() == 3);
  for (const auto& [prompt, want] : golden.items()) {
    const auto ids = want["ids"].get<std::vector<int>>();
    const std::vector<int> encoded = tokenizer.encode(prompt);
    REQUIRE(encoded.size() == want["n_prompt"].get<size_t>());
    for (const Mode mode : {Mode::kFull, Mode::kFunctionalOnly}) {
      INFO("prompt \"" << prompt << "\", mode " << static_cast<int>(mode));
      CHECK(generate(weights, "base", mode, encoded, ids.size()) == ids);
    }
  }
}

}  // namespace npu
