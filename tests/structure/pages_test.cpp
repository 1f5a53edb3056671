// The pages that quote code and figures tell the truth: those of NPU_PAGES and docs/tutorial/. The
// output that follows a block of commands is what these print, and code is in the file that its
// block names. With NPU_UPDATE_DOCS set, the outputs are written into the pages instead.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace npu {
namespace {

std::vector<std::string> all_pages() {
  std::vector<std::string> pages;
  std::istringstream names(NPU_PAGES);
  for (std::string name; names >> name;) pages.push_back(NPU_SOURCE_DIR "/" + name);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(NPU_SOURCE_DIR "/docs/tutorial")) {
    if (entry.path().extension() == ".md") pages.push_back(entry.path().string());
  }
  std::sort(pages.begin(), pages.end());
  return pages;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  INFO(path);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The page as pieces: prose, and fenced blocks with what stands behind the opening fence.
struct Piece {
  bool fenced = false;
  std::string language, text;

  bool blank() const { return text.find_first_not_of(" \n") == std::string::npos; }
};

std::vector<Piece> pieces_of(const std::string& page) {
  std::vector<Piece> pieces{{}};
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    const bool fence = line.rfind("```", 0) == 0;
    if (fence && pieces.back().fenced) {
      pieces.push_back({});
    } else if (fence) {
      pieces.push_back({true, line.substr(3), ""});
    } else {
      pieces.back().text += line + "\n";
    }
  }
  return pieces;
}

std::string page_of(const std::vector<Piece>& pieces) {
  std::string page;
  for (const Piece& piece : pieces) {
    page += piece.fenced ? "```" + piece.language + "\n" + piece.text + "```\n" : piece.text;
  }
  return page;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

// What the shell prints for the commands of one block, run in the repository's folder with the npu
// command on the path, and whether all of them succeeded.
struct Output {
  std::string text;
  bool good = false;
};
Output output_of(const std::string& commands) {
  const std::string command = NPU_COMMAND;
  const std::string folder = command.substr(0, command.rfind('/'));
  const std::string script = "set -eo pipefail\ncd " + quoted(NPU_SOURCE_DIR) +
                             "\nPATH=" + quoted(folder) + ":$PATH\n" + commands;
  std::FILE* pipe = popen(("bash -c " + quoted(script) + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Output output;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.text.append(buffer, n);
  output.good = pclose(pipe) == 0;
  return output;
}

// What is wrong with a page.
using Problems = std::vector<std::string>;

// Runs its commands. Afterwards the page shows what they print.
Problems wrong_outputs(std::string& page) {
  Problems problems;
  std::vector<Piece> pieces = pieces_of(page);
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].fenced || pieces[i].language != "sh") continue;
    const Output output = output_of(pieces[i].text);
    if (!output.good) problems.push_back("failed: " + pieces[i].text + output.text);
    const bool shown =
        i + 2 < pieces.size() && pieces[i + 1].blank() && pieces[i + 2].language == "text";
    if (!shown) continue;
    if (output.text != pieces[i + 2].text)
      problems.push_back("other output: " + pieces[i].text + output.text);
    pieces[i + 2].text = output.text;
  }
  page = page_of(pieces);
  return problems;
}

Problems wrong_code(const std::string& page) {
  Problems problems;
  for (const Piece& piece : pieces_of(page)) {
    if (!piece.fenced || piece.language.rfind("cpp ", 0) != 0) continue;
    const std::string source = contents(NPU_SOURCE_DIR "/" + piece.language.substr(4));
    if (source.find(piece.text) == std::string::npos)
      problems.push_back("not in " + piece.language.substr(4) + ":\n" + piece.text);
  }
  return problems;
}

TEST_CASE("the commands of the pages give the output they show") {
  const bool update = std::getenv("NPU_UPDATE_DOCS") != nullptr;
  for (const std::string& path : all_pages()) {
    std::string page = contents(path);
    const Problems problems = wrong_outputs(page);
    INFO(path);
    if (update) std::ofstream(path) << page;
    for (const std::string& problem : problems) {
      if (update && problem.rfind("other output", 0) == 0) continue;
      FAIL_CHECK(problem);
    }
  }
}

TEST_CASE("the code that the pages show is in the files they name") {
  for (const std::string& path : all_pages()) {
    INFO(path);
    for (const std::string& problem : wrong_code(contents(path))) FAIL_CHECK(problem);
  }
}

TEST_CASE("another output, a failing command and other code are found on a page") {
  const std::string good =
      "Prose.\n```sh\necho one\n```\n\n```text\none\n```\n```sh\ntrue\n```\n"
      "```cpp tests/structure/pages_test.cpp\nnamespace npu {\n```\n";
  std::string page = good;
  CHECK(wrong_outputs(page).empty());
  CHECK(wrong_code(page).empty());
  CHECK(page == good);

  page.replace(page.find("\none"), 4, "\ntwo");
  CHECK(wrong_outputs(page) == Problems{"other output: echo one\none\n"});
  CHECK(page == good);

  page.replace(page.find("true"), 4, "echo no && false");
  CHECK(wrong_outputs(page) == Problems{"failed: echo no && false\nno\n"});

  page.replace(page.find("namespace npu {"), 15, "namespace other {");
  CHECK(wrong_code(page).size() == 1);
}

}  // namespace
}  // namespace npu
