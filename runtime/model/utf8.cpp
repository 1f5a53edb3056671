#include "runtime/model/utf8.h"

#include <algorithm>

namespace npu {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1)
    return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;  // U+0080 to U+009F
}

}  // namespace

// The ranges of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
int utf8_sequence(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned char low = 0x80, high = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  const int available =
      static_cast<int>(std::min<size_t>(text.size(), static_cast<size_t>(length)));
  for (int i = 1; i < available; ++i) {
    const unsigned char next = byte(static_cast<size_t>(i));
    if (next < low || next > high) return -i;
    low = 0x80;
    high = 0xbf;
  }
  return available == length ? length : 0;
}

std::string Utf8Stream::push(std::string_view bytes) {
  pending_ += bytes;
  std::string result;
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const int sequence = utf8_sequence(rest);
    if (sequence == 0) break;
    const auto length = static_cast<size_t>(sequence < 0 ? -sequence : sequence);
    const std::string_view character = rest.substr(0, length);
    result += sequence < 0 || is_control(character) ? kReplacement : character;
    rest.remove_prefix(length);
  }
  pending_ = std::string(rest);
  return result;
}

std::string Utf8Stream::finish() {
  const std::string result(pending_.empty() ? std::string_view() : kReplacement);
  pending_.clear();
  return result;
}

}  // namespace npu
