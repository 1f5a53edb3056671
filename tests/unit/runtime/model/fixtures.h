// Small models, checkpoints and tokenizers made by the tests themselves, and the folder of real
// ones where it exists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/model/weights.h"

namespace npu::test {

// A folder of its own, removed with everything in it at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

// hidden 32, 2 layers, 4 heads of 8 over 2 KV heads, intermediate 48, vocabulary 64, 32 positions,
// untied.
ModelConfig small_config();

// The bytes of a llama2.c checkpoint with these weights.
std::vector<std::byte> checkpoint_bytes(const DenseWeights& weights);

struct Piece {
  std::string text;
  float score;
};

// <unk>, <s>, </s> and the raw bytes.
std::vector<Piece> base_pieces();
// The same, then the letters a to z, the space, and joined pieces: " a" "ab" "abc" " abc" "bc".
std::vector<Piece> small_pieces();
// The bytes of a llama2.c tokenizer file.
std::vector<std::byte> tokenizer_bytes(const std::vector<Piece>& pieces);

// NPU_DATA, or the data folder beside the checkout; nullopt where neither holds stories260k.
std::optional<std::filesystem::path> data_folder();

}  // namespace npu::test
