#include "runtime/model/tokenizer.h"

#include <fmt/format.h>

#include <cmath>
#include <queue>

#include "isa/errors.h"
#include "runtime/files/input_file.h"
#include "runtime/files/problems.h"
#include "runtime/model/config.h"
#include "runtime/model/utf8.h"

namespace npu {
namespace {

constexpr std::int32_t kLongestToken = 65536;
constexpr int kFirstPiece = Tokenizer::kFirstByte + 256;

// The text being encoded: a linked list of symbols, at first one a character.
struct Symbol {
  size_t start = 0;
  size_t length = 0;  // 0: joined to the one before
  int previous = -1;
  int next = -1;
};

struct Join {
  float score;
  int left;
  int right;
  size_t length;  // of both; another length means that one of them has changed since
};

// The best score first, the leftmost of equals.
struct Worse {
  bool operator()(const Join& a, const Join& b) const {
    return a.score != b.score ? a.score < b.score : a.left > b.left;
  }
};

std::vector<Symbol> split(std::string_view text) {
  std::vector<Symbol> symbols;
  for (size_t start = 0; start < text.size();) {
    const int sequence = utf8_sequence(text.substr(start));
    const auto length = static_cast<size_t>(sequence > 0 ? sequence : 1);
    const int index = static_cast<int>(symbols.size());
    symbols.push_back({start, length, index - 1, index + 1});
    start += length;
  }
  if (!symbols.empty()) symbols.back().next = -1;
  return symbols;
}

}  // namespace

Tokenizer Tokenizer::load(const std::string& path) {
  InputFile file(path);
  return load(file);
}

Tokenizer Tokenizer::load(InputFile& file) {
  Tokenizer result;
  result.name_ = file.name();
  const auto longest = file.value<std::int32_t>("the longest token's length");
  if (longest < 1 || longest > kLongestToken) {
    file.fail(0, fmt::format("the longest token's length is {}", longest),
              fmt::format("1 to {}", kLongestToken));
  }
  while (file.remaining() > 0) {
    const size_t id = result.pieces_.size();
    const std::string what = fmt::format("entry {}", id);
    if (id == static_cast<size_t>(model_limits::kVocab)) {
      file.fail(file.offset(), what, fmt::format("at most {} entries", model_limits::kVocab));
    }
    const std::uint64_t start = file.offset();
    const auto score = file.value<float>(what);
    if (!std::isfinite(score)) {
      file.fail(start, fmt::format("{} has the score {}", what, score), "a finite score");
    }
    const auto length = file.value<std::int32_t>(what);
    if (length < 1 || length > longest) {
      file.fail(start + sizeof score, fmt::format("{} has the length {}", what, length),
                fmt::format("1 to {}, the longest token's length", longest));
    }
    std::string piece = file.text(static_cast<std::uint64_t>(length), what);
    if (id >= kFirstByte && id < kFirstPiece) {
      const std::string raw = fmt::format("<0x{:02X}>", id - kFirstByte);
      if (piece != raw) {
        file.fail(start + 8, fmt::format("{} is {}", what, in_quotes(piece)), in_quotes(raw));
      }
    } else if (id >= kFirstPiece) {
      result.ids_.emplace(piece, static_cast<int>(id));
    }
    result.pieces_.push_back(std::move(piece));
    result.scores_.push_back(score);
  }
  if (result.pieces_.size() < kFirstPiece) {
    file.fail(file.offset(), fmt::format("the file ends after {} entries", result.pieces_.size()),
              fmt::format("at least {}: three special tokens and 256 raw bytes", kFirstPiece));
  }
  return result;
}

void Tokenizer::check_vocabulary(std::int64_t vocab) const {
  if (size() == vocab) return;
  throw InputError(problem_line(name_, fmt::format("{} entries", size()),
                                fmt::format("the {} of the model's vocabulary", vocab)));
}

std::vector<int> Tokenizer::encode(std::string_view text) const {
  std::vector<int> result = {kBos};
  if (text.empty()) return result;
  const std::string spaced = " " + std::string(text);
  std::vector<Symbol> symbols = split(spaced);

  std::priority_queue<Join, std::vector<Join>, Worse> joins;
  const auto consider = [&](int left, int right) {
    if (left < 0 || right < 0) return;
    const size_t length =
        symbols[static_cast<size_t>(left)].length + symbols[static_cast<size_t>(right)].length;
    const auto found = ids_.find(spaced.substr(symbols[static_cast<size_t>(left)].start, length));
    if (found == ids_.end()) return;
    joins.push({scores_[static_cast<size_t>(found->second)], left, right, length});
  };
  for (const Symbol& symbol : symbols)
    consider(symbol.previous, static_cast<int>(&symbol - symbols.data()));

  while (!joins.empty()) {
    const Join join = joins.top();
    joins.pop();
    Symbol& left = symbols[static_cast<size_t>(join.left)];
    Symbol& right = symbols[static_cast<size_t>(join.right)];
    if (left.length == 0 || left.next != join.right || left.length + right.length != join.length) {
      continue;
    }
    left.length = join.length;
    left.next = right.next;
    right.length = 0;
    if (left.next >= 0) symbols[static_cast<size_t>(left.next)].previous = join.left;
    consider(left.previous, join.left);
    consider(join.left, left.next);
  }

  for (const Symbol& symbol : symbols) {
    if (symbol.length == 0) continue;
    const std::string piece = spaced.substr(symbol.start, symbol.length);
    const auto found = ids_.find(piece);
    if (found != ids_.end()) {
      result.push_back(found->second);
      continue;
    }
    for (const char c : piece) result.push_back(kFirstByte + static_cast<unsigned char>(c));
  }
  return result;
}

std::string Tokenizer::decode(int previous, int id) const {
  if (id < 0 || id >= size()) {
    throw InputError(
        problem_line("token", fmt::format("{}", id), fmt::format("0 to {}", size() - 1)));
  }
  if (id == kBos || id == kEos) return "";
  if (id >= kFirstByte && id < kFirstPiece)
    return std::string(1, static_cast<char>(id - kFirstByte));
  const std::string& piece = pieces_[static_cast<size_t>(id)];
  return previous == kBos && piece[0] == ' ' ? piece.substr(1) : piece;
}

std::string Tokenizer::decode(const std::vector<int>& ids) const {
  std::string text;
  int previous = -1;
  for (const int id : ids) {
    text += decode(previous, id);
    previous = id;
  }
  return text;
}

}  // namespace npu
