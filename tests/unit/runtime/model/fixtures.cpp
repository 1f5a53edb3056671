#include "tests/unit/runtime/model/fixtures.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "tests/unit/runtime/files/bytes.h"

namespace npu::test {

TempFolder::TempFolder() {
  static int count = 0;
  folder_ = std::filesystem::temp_directory_path() /
            ("npukit_test_" + std::to_string(getpid()) + "_" + std::to_string(count++));
  std::filesystem::create_directories(folder_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

ModelConfig small_config() {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.hidden = 32;
  config.intermediate = 48;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 8;
  config.vocab = 64;
  config.max_positions = 32;
  config.rms_eps = 1e-5;
  config.rope_theta = 10000;
  config.rope_layout = RopeLayout::kInterleaved;
  return config;
}

std::vector<std::byte> checkpoint_bytes(const DenseWeights& weights) {
  const ModelConfig& c = weights.config;
  std::vector<std::byte> bytes;
  for (const std::int64_t size : {c.hidden, c.intermediate, c.layers, c.heads, c.kv_heads,
                                  c.tied_embeddings ? c.vocab : -c.vocab, c.max_positions}) {
    append_value(bytes, static_cast<std::int32_t>(size));
  }
  const auto put = [&](const std::vector<float>& values) {
    for (const float value : values) append_value(bytes, value);
  };
  put(weights.embedding.values);
  for (const auto& layer : weights.layers) put(layer.attention_norm);
  for (const auto& layer : weights.layers) put(layer.wq.values);
  for (const auto& layer : weights.layers) put(layer.wk.values);
  for (const auto& layer : weights.layers) put(layer.wv.values);
  for (const auto& layer : weights.layers) put(layer.wo.values);
  for (const auto& layer : weights.layers) put(layer.ffn_norm);
  for (const auto& layer : weights.layers) put(layer.w_gate.values);
  for (const auto& layer : weights.layers) put(layer.w_down.values);
  for (const auto& layer : weights.layers) put(layer.w_up.values);
  put(weights.final_norm);
  for (const bool sine : {false, true}) {
    for (std::int64_t position = 0; position < c.max_positions; ++position) {
      for (std::int64_t i = 0; i < c.head_dim / 2; ++i) {
        const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(c.head_dim);
        const double angle = static_cast<double>(position) * std::pow(10000.0, -exponent);
        append_value(bytes, static_cast<float>(sine ? std::sin(angle) : std::cos(angle)));
      }
    }
  }
  if (!c.tied_embeddings) put(weights.head.values);
  return bytes;
}

std::vector<Piece> base_pieces() {
  std::vector<Piece> pieces = {{"<unk>", 0}, {"\n<s>\n", 0}, {"\n</s>\n", 0}};
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof text, "<0x%02X>", static_cast<unsigned>(byte));
    pieces.push_back({text, 0});
  }
  return pieces;
}

std::vector<Piece> small_pieces() {
  std::vector<Piece> pieces = base_pieces();
  for (char c = 'a'; c <= 'z'; ++c) pieces.push_back({std::string(1, c), -100});
  pieces.push_back({" ", -100});
  for (const Piece& joined : std::vector<Piece>{
           {" a", -3}, {"ab", -2}, {"abc", -4}, {" abc", -6}, {"bc", -1}, {"\xe2\x82\xac", -100}}) {
    pieces.push_back(joined);
  }
  return pieces;
}

std::vector<std::byte> tokenizer_bytes(const std::vector<Piece>& pieces) {
  std::vector<std::byte> bytes;
  size_t longest = 1;
  for (const Piece& piece : pieces) longest = std::max(longest, piece.text.size());
  append_value(bytes, static_cast<std::int32_t>(longest));
  for (const Piece& piece : pieces) {
    append_value(bytes, piece.score);
    append_value(bytes, static_cast<std::int32_t>(piece.text.size()));
    append(bytes, piece.text);
  }
  return bytes;
}

std::optional<std::filesystem::path> data_folder() {
  const char* given = std::getenv("NPU_DATA");
  const std::filesystem::path data =
      given != nullptr ? given : std::string(NPU_SOURCE_DIR) + "/../shared/data";
  if (!std::filesystem::exists(data / "stories260k")) return std::nullopt;
  return data;
}

}  // namespace npu::test
