#include "runtime/model/llama2c.h"

#include <catch2/catch.hpp>

#include "runtime/files/input_file.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

void check_round_trip(const ModelConfig& config) {
  const DenseWeights weights = generated_weights(config, 5);
  test::TempFolder folder;
  write_file(folder.path("small.bin"), test::checkpoint_bytes(weights));
  const DenseWeights loaded = load_llama2c(folder.path("small.bin"));
  CHECK(loaded.config.hidden == config.hidden);
  CHECK(loaded.config.head_dim == config.head_dim);
  CHECK(loaded.config.tied_embeddings == config.tied_embeddings);
  CHECK(loaded.config.rope_layout == RopeLayout::kInterleaved);
  CHECK(loaded.embedding.values == weights.embedding.values);
  REQUIRE(loaded.layers.size() == weights.layers.size());
  for (size_t i = 0; i < loaded.layers.size(); ++i) {
    const DenseLayer &a = loaded.layers[i], &b = weights.layers[i];
    CHECK(a.attention_norm == b.attention_norm);
    CHECK(a.wq.values == b.wq.values);
    CHECK(a.wk.values == b.wk.values);
    CHECK(a.wv.values == b.wv.values);
    CHECK(a.wo.values == b.wo.values);
    CHECK(a.ffn_norm == b.ffn_norm);
    CHECK(a.w_gate.values == b.w_gate.values);
    CHECK(a.w_up.values == b.w_up.values);
    CHECK(a.w_down.values == b.w_down.values);
  }
  CHECK(loaded.final_norm == weights.final_norm);
  CHECK(loaded.lm_head().values == weights.lm_head().values);
}

}  // namespace

TEST_CASE("a checkpoint gives back the weights it was written from") {
  check_round_trip(test::small_config());
}

TEST_CASE("a checkpoint with a positive vocabulary shares embedding and head") {
  ModelConfig config = test::small_config();
  config.tied_embeddings = true;
  check_round_trip(config);
}
