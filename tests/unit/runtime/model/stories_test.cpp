// The real model of 260 thousand parameters, where its files are at hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/model/llama2c.h"
#include "runtime/model/reference.h"
#include "runtime/model/tokenizer.h"
#include "runtime/model/utf8.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

TEST_CASE("stories260k gives the golden ids of all three prompts") {
  const auto data = test::data_folder();
  if (!data) {
    WARN("skipped: no stories260k; set NPU_DATA to the folder that has it");
    return;
  }
  const auto folder = *data / "stories260k";
  const DenseWeights weights = load_llama2c((folder / "stories260K.bin").string());
  const Tokenizer tokenizer = Tokenizer::load((folder / "tok512.bin").string());
  CHECK_NOTHROW(tokenizer.check_vocabulary(weights.config.vocab));
  CHECK(parameter_count(weights.config) == 260032);

  std::ifstream stream(folder / "golden.json");
  const auto golden = nlohmann::json::parse(stream);
  REQUIRE(golden.size() == 3);
  for (const auto& [prompt, expected] : golden.items()) {
    INFO("prompt: " << prompt);
    const auto ids = expected["ids"].get<std::vector<int>>();
    const auto prompt_count = expected["n_prompt"].get<size_t>();
    const std::vector<int> encoded = tokenizer.encode(prompt);
    CHECK(encoded ==
          std::vector<int>(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(prompt_count)));

    ReferenceModel model(weights);
    CHECK(generate_greedy(model, encoded, static_cast<int>(ids.size())) == ids);

    const auto logits = model.forward(ids.back(), static_cast<int>(ids.size()) - 1);
    const auto first8 = expected["last_logits_first8"].get<std::vector<double>>();
    for (size_t i = 0; i < first8.size(); ++i) CHECK(std::abs(logits[i] - first8[i]) < 1e-5);

    const std::string text = tokenizer.decode(ids);
    CHECK(text.substr(0, prompt.size()) == prompt);
    Utf8Stream printer;
    CHECK(printer.push(text) + printer.finish() == text);
  }
}
