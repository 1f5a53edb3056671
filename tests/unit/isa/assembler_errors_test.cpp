// bad_assembly.txt is a table of texts and of exactly what the assembler says about each:
//   ### what is wrong
//   the text
//   ---
//   the message
#include <catch2/catch.hpp>
#include <vector>

#include "isa/assembler/assembler.h"
#include "isa/assembler/problems.h"
#include "isa/errors.h"
#include "tests/unit/isa/cases.h"

namespace npu {
namespace {

const char* const kFile = "tests/unit/isa/bad_assembly.txt";

struct BadText {
  std::string name, text, message;
};

std::vector<BadText> bad_texts() {
  std::vector<BadText> all;
  std::istringstream lines(repository_file(kFile));
  bool in_message = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) {
      all.push_back({line.substr(4), "", ""});
      in_message = false;
    } else if (line == "---") {
      in_message = true;
    } else if (!all.empty()) {
      (in_message ? all.back().message : all.back().text) += line + "\n";
    }
  }
  return all;
}

std::string message_for(std::string_view text) {
  try {
    assemble(text, "bad.npuasm");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no problem";
}

TEST_CASE("every bad text gets exactly its message") {
  const std::vector<BadText> all = bad_texts();
  CHECK(all.size() >= 60);
  for (const BadText& bad : all) {
    INFO(bad.name);
    CHECK(message_for(bad.text) + "\n" == bad.message);
  }
}

TEST_CASE("write the messages of the table of bad texts", "[.approve]") {
  std::string table;
  for (const BadText& bad : bad_texts()) {
    table += "### " + bad.name + "\n" + bad.text + "---\n" + message_for(bad.text) + "\n";
  }
  replace_repository_file(kFile, table);
}

TEST_CASE("bytes that are no text are named and shown as ?") {
  CHECK(message_for(std::string_view(".cube\nli r1\0, 2", 15)) ==
        "bad.npuasm:2:6: byte 0x00 has no meaning here; allowed: ASCII text\nli r1?, 2\n     ^");
  CHECK(message_for(".cube\n\x1b[31m") ==
        "bad.npuasm:2:1: byte 0x1b has no meaning here; allowed: ASCII text\n?[31m\n^");
}

TEST_CASE("the caret stays under its column behind tabs and longer characters") {
  CHECK(message_for(".cube\n\ttrap \"h\xc3\xb6\" x") ==
        "bad.npuasm:2:13: x: nothing more can follow the instruction\n\ttrap \"h\xc3\xb6\" x\n\t"
        "          ^");
}

TEST_CASE("of many problems the first twenty are shown and the rest is counted") {
  std::string text = ".cube\n";
  for (int i = 0; i < 5000; ++i) text += "bad\n";
  const std::string message = message_for(text);
  CHECK(message.ends_with("bad.npuasm: 4980 more problems"));
  CHECK(std::count(message.begin(), message.end(), '\n') == 60);
}

TEST_CASE("texts that are too large are refused at once") {
  CHECK(message_for(std::string(kMaxAssemblyBytes + 1, 'x')) ==
        "bad.npuasm: 16777217 bytes of assembly; allowed: at most 16777216");
  const std::string message =
      message_for(".cube\nli r1, " + std::string(kMaxAssemblyLine, '1') + "\nhalt\n");
  CHECK(message.starts_with("bad.npuasm:2:262145: the line is longer than 262144 characters\n"));
  CHECK(message.size() < 1000);
}

TEST_CASE("more instructions than a program may hold are refused") {
  std::string text = ".cube\n";
  for (size_t i = 0; i <= kMaxWords; ++i) text += "ret\n";
  CHECK(message_for(text).starts_with(
      "bad.npuasm:1048578:1: more than 1048576 instructions for one kind of core"));
}

TEST_CASE("deep nesting and long operator chains end in a message or a result") {
  const auto li = [](const std::string& expression) {
    return message_for(".cube\nli r1, " + expression + "\n");
  };
  CHECK(li(std::string(100000, '(')).starts_with("bad.npuasm:2:72: the expression is nested"));
  CHECK(li(std::string(100000, '-') + "1").starts_with("bad.npuasm:2:72: the expression is"));
  std::string sum = "1";
  for (int i = 0; i < 50000; ++i) sum += "+1";
  CHECK(li(sum) == "no problem");
}

TEST_CASE("a near miss is recognised by inserted, lost, changed and swapped letters") {
  const std::vector<std::string_view> words = {"rows", "cols", "dst_pitch", "r"};
  CHECK(nearest("rosw", words) == "rows");
  CHECK(nearest("row", words) == "rows");
  CHECK(nearest("colls", words) == "cols");
  CHECK(nearest("dst_pich", words) == "dst_pitch");
  CHECK(nearest("x", words).empty());
  CHECK(nearest("completely", words).empty());
  CHECK(hint("abc", {}).empty());
  CHECK(hint("abc", {"rows", "cols"}) == "; allowed: rows, cols");
}

}  // namespace
}  // namespace npu
