#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "runtime/files/input_file.h"
#include "runtime/model/tokenizer.h"
#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

using Bytes = std::vector<std::byte>;

template <typename T>
Bytes with(size_t offset, T value) {
  Bytes bytes = test::tokenizer_bytes(test::small_pieces());
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

Bytes with_raw_byte(const char* text) {
  auto pieces = test::small_pieces();
  pieces[3 + 0x41].text = text;
  return test::tokenizer_bytes(pieces);
}

Bytes first_bytes(size_t count) {
  Bytes bytes = test::tokenizer_bytes(test::small_pieces());
  bytes.resize(count);
  return bytes;
}

struct Case {
  const char* name;
  Bytes bytes;
  const char* place_and_problem;
  const char* allowed;
};

}  // namespace

TEST_CASE("every malformed tokenizer gives one message with its place and what is allowed") {
  const Bytes good = test::tokenizer_bytes(test::small_pieces());
  const std::vector<Case> cases = {
      {"empty", {}, "byte 0: the file ends inside the longest token's length", "4 bytes here"},
      {"no entries", first_bytes(4), "byte 4: the file ends after 0 entries", "at least 259"},
      {"negative longest", with(0, std::int32_t{-7}), "byte 0: the longest token's length is -7",
       "1 to 65536"},
      {"huge longest", with(0, std::int32_t{2000000000}), "length is 2000000000", "1 to 65536"},
      {"NaN score", with(4, std::nanf("")), "byte 4: entry 0 has the score nan", "a finite score"},
      {"negative length", with(8, std::int32_t{-1}), "byte 8: entry 0 has the length -1", "1 to 6"},
      {"huge length", with(8, std::int32_t{0x7fffffff}), "entry 0 has the length 2147483647",
       "1 to 6"},
      {"zero length", with(8, std::int32_t{0}), "byte 8: entry 0 has the length 0", "1 to 6"},
      {"wrong raw byte", with_raw_byte("<0x4a>"), "entry 68 is \"<0x4a>\"", "\"<0x41>\""},
      {"raw bytes cut", test::tokenizer_bytes({{"<unk>", 0}, {"<s>", 0}, {"</s>", 0}}),
       "the file ends after 3 entries", "at least 259"},
      {"cut in a score", first_bytes(4 + 13 + 2), "byte 17: the file ends inside entry 1: 2 bytes",
       "4 bytes here"},
      {"cut in a text", first_bytes(good.size() - 1), "the file ends inside entry 291",
       "3 bytes here"},
      {"bytes behind the end",
       [&] {
         Bytes b = good;
         b.resize(b.size() + 3);
         return b;
       }(),
       "the file ends inside entry 292: 3 bytes are left", "4 bytes here"},
  };
  for (const Case& bad : cases) {
    INFO(bad.name);
    const std::string message = test::refusal([&] {
      InputFile file("tok.bin", bad.bytes);
      Tokenizer::load(file);
    });
    CHECK_THAT(message, Catch::StartsWith("tok.bin: byte "));
    CHECK_THAT(message, Catch::Contains(bad.place_and_problem));
    CHECK_THAT(message, Catch::Contains("; allowed: ") && Catch::Contains(bad.allowed));
    CHECK(message.find('\n') == std::string::npos);
  }
}
