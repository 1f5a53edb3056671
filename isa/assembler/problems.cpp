#include "isa/assembler/problems.h"

#include <algorithm>
#include <numeric>

#include "isa/errors.h"

namespace npu {
namespace {

constexpr size_t kShown = 20;
constexpr size_t kWidest = 200;
constexpr size_t kLongestWord = 64;

// Insertions, deletions, replacements and swaps of neighbours that lead from a to b.
size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<size_t> before, above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above.back();
}

// What a terminal can show: one character for each byte below 128, so that the caret stays right.
std::string printable(std::string_view line) {
  std::string text(line);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 32 && c != '\t') || byte == 127) c = '?';
  }
  return text;
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  size_t best_edits = std::max<size_t>(1, word.size() / 3) + 1;
  if (word.size() > kLongestWord) return best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const size_t edits = edits_between(word, candidate);
    if (edits < best_edits && edits < candidate.size()) {
      best = candidate;
      best_edits = edits;
    }
  }
  return best;
}

std::string hint(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (const std::string_view near = nearest(word, candidates); !near.empty()) {
    return "; did you mean " + std::string(near) + "?";
  }
  std::string list;
  for (size_t i = 0; i < candidates.size() && i < kShown; ++i) {
    list.append(i == 0 ? "; allowed: " : ", ").append(candidates[i]);
  }
  if (candidates.size() > kShown) list += " ...";
  return list;
}

namespace assembler {

void Problems::add(size_t line, const LineError& error) {
  // A hostile text has as many problems as lines: only the first can be shown.
  if (++count_ <= 100 * kShown) problems_.push_back({line, error});
}

std::string Problems::shown(const Problem& problem) const {
  std::string_view line = problem.line < lines_.size() ? lines_[problem.line] : std::string_view{};
  size_t column = std::min(problem.error.column, line.size());
  std::string text = file_ + ":" + std::to_string(problem.line + 1) + ":" +
                     std::to_string(column + 1) + ": " + problem.error.text + "\n";
  // Of a very long line, the part around the column.
  if (line.size() > kWidest) {
    const size_t begin = column - std::min(column, kWidest / 2);
    line = line.substr(begin, kWidest);
    column -= begin;
  }
  text += printable(line) + "\n";
  for (size_t i = 0; i < column; ++i) {
    const bool inside_character = (static_cast<unsigned char>(line[i]) & 0xc0) == 0x80;
    if (!inside_character) text += line[i] == '\t' ? '\t' : ' ';
  }
  return text + "^";
}

void Problems::throw_if_any() {
  if (problems_.empty()) return;
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::string text;
  for (size_t i = 0; i < problems_.size() && i < kShown; ++i) {
    if (i > 0) text += "\n";
    text += shown(problems_[i]);
  }
  if (count_ > kShown) {
    text += "\n" + file_ + ": " + std::to_string(count_ - kShown) + " more problems";
  }
  throw InputError(text);
}

}  // namespace assembler
}  // namespace npu
