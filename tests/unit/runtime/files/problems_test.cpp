#include "runtime/files/problems.h"

#include <catch2/catch.hpp>

#include "tests/unit/runtime/files/bytes.h"

using namespace npu;

TEST_CASE("all problems of a file are reported together") {
  Problems problems;
  CHECK_NOTHROW(problems.throw_if_any());
  CHECK(problems.require_range("a: rows", 4, 1, 4));
  CHECK_FALSE(problems.require_range("a: rows", 5, 1, 4));
  problems.add("a: name", "missing", "a string");
  CHECK(test::refusal([&] { problems.throw_if_any(); }) ==
        "a: rows: 5 is out of range; allowed: 1 to 4\na: name: missing; allowed: a string");
}

TEST_CASE("text from a file is made fit for one line") {
  CHECK(in_quotes("abc") == "\"abc\"");
  CHECK(in_quotes("a\n\x1b\xff") == "\"a\\x0a\\x1b\\xff\"");
  CHECK(in_quotes(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "\"...");
}
