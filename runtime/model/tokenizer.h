// The tokenizer of a llama2.c model: sentencepiece BPE exported to one flat file. Text to ids by
// joining the best-scoring neighbours first, ids to text piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace npu {

class InputFile;

class Tokenizer {
 public:
  static constexpr int kUnknown = 0;
  static constexpr int kBos = 1;
  static constexpr int kEos = 2;
  static constexpr int kFirstByte = 3;  // entry kFirstByte + b is the raw byte b, written <0xNN>

  // Reads the whole file. Throws InputError, with place and what is allowed, unless it is well
  // formed to its last byte.
  static Tokenizer load(const std::string& path);
  static Tokenizer load(InputFile& file);

  std::int64_t size() const { return static_cast<std::int64_t>(pieces_.size()); }

  // Throws InputError unless a model of this vocabulary fits.
  void check_vocabulary(std::int64_t vocab) const;

  // The ids of a text: BOS, then the pieces of " " + text. An empty text is BOS alone. Characters
  // that no piece holds become raw bytes.
  std::vector<int> encode(std::string_view text) const;

  // The bytes that `id` stands for after `previous`: the space that begins a text is dropped after
  // BOS; BOS and EOS are empty. A character may be spread over several ids: print through
  // Utf8Stream. Throws InputError for an unknown id.
  std::string decode(int previous, int id) const;

  // The bytes of a whole list of ids.
  std::string decode(const std::vector<int>& ids) const;

 private:
  std::string name_;
  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::unordered_map<std::string, int> ids_;  // of the pieces behind the raw bytes
};

}  // namespace npu
