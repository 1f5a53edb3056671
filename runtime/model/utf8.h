// UTF-8 that arrives in pieces. A token may end in the middle of a character, and a model may emit
// any bytes; what goes to a terminal must be whole, valid and free of control sequences.
#pragma once

#include <string>
#include <string_view>

namespace npu {

// What `text`, not empty, begins with. n > 0: a valid character of n bytes. 0: the beginning of one
// whose rest is missing. n < 0: -n bytes that no continuation makes valid.
int utf8_sequence(std::string_view text);

class Utf8Stream {
 public:
  // The characters that `bytes` completes. Invalid bytes and control characters other than line
  // feed and tab become U+FFFD; an unfinished character is kept for the next call.
  std::string push(std::string_view bytes);
  // Ends the text: U+FFFD for a character that stayed unfinished, else nothing.
  std::string finish();

 private:
  std::string pending_;
};

}  // namespace npu
