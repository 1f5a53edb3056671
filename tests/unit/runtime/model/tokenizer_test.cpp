#include "runtime/model/tokenizer.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/files/input_file.h"
#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

Tokenizer tokenizer(const std::vector<test::Piece>& pieces) {
  InputFile file("small.tok", test::tokenizer_bytes(pieces));
  return Tokenizer::load(file);
}

int id_of(const std::string& text) {
  const auto pieces = test::small_pieces();
  for (size_t i = 259; i < pieces.size(); ++i) {
    if (pieces[i].text == text) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

TEST_CASE("the empty text is BOS alone") {
  CHECK(tokenizer(test::small_pieces()).encode("") == std::vector<int>{1});
}

TEST_CASE("a text begins with a space and its best-scoring neighbours are joined first") {
  const Tokenizer small = tokenizer(test::small_pieces());
  // " abc": "bc" (-1) goes before "ab" (-2), then "abc" (-4) is better than " a", which no longer
  // exists, then " abc".
  CHECK(small.encode("abc") == std::vector<int>{1, id_of(" abc")});
  // " abab": both "ab", left first; " ab" is no piece.
  CHECK(small.encode("abab") == std::vector<int>{1, id_of(" "), id_of("ab"), id_of("ab")});
  CHECK(small.encode("az") == std::vector<int>{1, id_of(" a"), id_of("z")});
}

TEST_CASE("equal scores are joined from the left") {
  auto pieces = test::base_pieces();
  for (const char* text : {"a", " ", "aa"}) pieces.push_back({text, -1});
  // " aaa" is " ", "aa", "a" and not " ", "a", "aa".
  CHECK(tokenizer(pieces).encode("aaa") == std::vector<int>{1, 260, 261, 259});
}

TEST_CASE("a long text of one letter is joined without quadratic work") {
  auto pieces = test::base_pieces();
  for (const char* text : {" ", "a", "aa", "aaaa"}) pieces.push_back({text, -1});
  const std::vector<int> ids = tokenizer(pieces).encode(std::string(400000, 'a'));
  CHECK(ids.size() == 2 + 100000);
}

TEST_CASE("characters without a piece become raw bytes and come back") {
  const Tokenizer small = tokenizer(test::small_pieces());
  CHECK(small.encode("\xc3\xa9") == std::vector<int>{1, id_of(" "), 3 + 0xc3, 3 + 0xa9});
  CHECK(small.encode("\xe2\x82\xac") == std::vector<int>{1, id_of(" "), id_of("\xe2\x82\xac")});
  CHECK(small.encode("\xff") == std::vector<int>{1, id_of(" "), 3 + 0xff});
  for (const std::string text :
       {"abc ab cabz", "caf\xc3\xa9 \xe2\x82\xac", "\xff\xfe broken \xe2\x82", "line\nline"}) {
    CHECK(small.decode(small.encode(text)) == text);
  }
}

TEST_CASE("the text of a control token does not become that token") {
  const Tokenizer small = tokenizer(test::small_pieces());
  const std::vector<int> ids = small.encode("<unk><0x41>");
  CHECK(std::count(ids.begin(), ids.end(), 0) == 0);
  CHECK(std::count(ids.begin(), ids.end(), 3 + 0x41) == 0);
  CHECK(small.decode(ids) == "<unk><0x41>");
}

TEST_CASE("only the space after BOS is dropped") {
  const Tokenizer small = tokenizer(test::small_pieces());
  CHECK(small.decode(1, id_of(" a")) == "a");
  CHECK(small.decode(id_of("b"), id_of(" a")) == " a");
  CHECK(small.decode(5, 1).empty());
  CHECK(small.decode(5, 2).empty());
}

TEST_CASE("an id outside of the tokenizer is refused") {
  const Tokenizer small = tokenizer(test::small_pieces());
  CHECK(test::refusal([&] { small.decode(1, -1); }) == "token: -1; allowed: 0 to 291");
  CHECK(test::refusal([&] { small.decode(1, 292); }) == "token: 292; allowed: 0 to 291");
}

TEST_CASE("a tokenizer of another vocabulary is refused") {
  const Tokenizer small = tokenizer(test::small_pieces());
  CHECK_NOTHROW(small.check_vocabulary(292));
  CHECK(test::refusal([&] { small.check_vocabulary(32000); }) ==
        "small.tok: 292 entries; allowed: the 32000 of the model's vocabulary");
}

TEST_CASE("a copied tokenizer encodes after the original is gone") {
  auto original = std::make_unique<Tokenizer>(tokenizer(test::small_pieces()));
  const Tokenizer copy = *original;
  original.reset();
  CHECK(copy.encode("abc") == std::vector<int>{1, id_of(" abc")});
}
