#include "runtime/model/utf8.h"

#include <catch2/catch.hpp>

using namespace npu;

namespace {

const std::string kReplaced = "\xef\xbf\xbd";

std::string byte_by_byte(const std::string& text) {
  Utf8Stream stream;
  std::string result;
  for (const char c : text) result += stream.push(std::string_view(&c, 1));
  return result + stream.finish();
}

}  // namespace

TEST_CASE("a character comes out when its last byte is in") {
  Utf8Stream stream;
  CHECK(stream.push("a\xe2\x82") == "a");
  CHECK(stream.push("\xac"
                    "b") ==
        "\xe2\x82\xac"
        "b");
  CHECK(stream.finish().empty());
}

TEST_CASE("text is the same whole and byte by byte") {
  for (const std::string text : {"plain\ttext\n", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x95", ""}) {
    CHECK(byte_by_byte(text) == text);
    CHECK(Utf8Stream().push(text) == text);
  }
}

TEST_CASE("invalid bytes become replacement characters and the rest survives") {
  CHECK(byte_by_byte("a\xff"
                     "b") == "a" + kReplaced + "b");
  CHECK(byte_by_byte("\xe2\x82"
                     "b") == kReplaced + "b");
  CHECK(byte_by_byte("\xc0\x80") == kReplaced + kReplaced);           // overlong
  CHECK(byte_by_byte("\xed\xa0\x80").substr(0, 3) == kReplaced);      // surrogate
  CHECK(byte_by_byte("\xf4\x90\x80\x80").substr(0, 3) == kReplaced);  // above U+10FFFF
  CHECK(byte_by_byte("\xf0\x9f\x90") == kReplaced);                   // unfinished
}

TEST_CASE("control sequences do not reach the terminal") {
  CHECK(byte_by_byte("\x1b[2J") == kReplaced + "[2J");
  CHECK(byte_by_byte("\xc2\x9b"
                     "1m") == kReplaced + "1m");
  CHECK(byte_by_byte("a\r\x07\x7f") == "a" + kReplaced + kReplaced + kReplaced);
}
