// The pages that quote code and figures tell the truth: docs/walkthrough.md and docs/tutorial/. The
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
  std::vector<std::string> pages{NPU_SOURCE_DIR "/docs/walkthrough.md"};
  for (const auto& entry : std::filesystem::directory_iterator(NPU_SOURCE_DIR "/docs/tutorial")) {
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
// command on the path.
std::string output_of(const std::string& commands) {
  const std::string command = NPU_COMMAND;
  const std::string folder = command.substr(0, command.rfind('/'));
  const std::string script = "set -eo pipefail\ncd " + quoted(NPU_SOURCE_DIR) +
                             "\nPATH=" + quoted(folder) + ":$PATH\n" + commands;
  std::FILE* pipe = popen(("bash -c " + quoted(script) + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  INFO(output);
  CHECK(pclose(pipe) == 0);
  return output;
}

TEST_CASE("the commands of the pages give the output they show") {
  const std::string path = GENERATE(from_range(all_pages()));
  INFO(path);
  std::vector<Piece> pieces = pieces_of(contents(path));
  const bool update = std::getenv("NPU_UPDATE_DOCS") != nullptr;
  int shown = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].fenced || pieces[i].language != "sh") continue;
    INFO(pieces[i].text);
    const std::string output = output_of(pieces[i].text);
    const bool has_output =
        i + 2 < pieces.size() && pieces[i + 1].blank() && pieces[i + 2].language == "text";
    if (!has_output) continue;
    ++shown;
    if (!update) CHECK(output == pieces[i + 2].text);
    pieces[i + 2].text = output;
  }
  CHECK(shown >= 1);
  if (update) std::ofstream(path) << page_of(pieces);
}

TEST_CASE("the code that the pages show is in the files they name") {
  int shown = 0;
  for (const std::string& path : all_pages()) {
    for (const Piece& piece : pieces_of(contents(path))) {
      if (!piece.fenced || piece.language.rfind("cpp ", 0) != 0) continue;
      const std::string source = contents(NPU_SOURCE_DIR "/" + piece.language.substr(4));
      INFO(path << ": " << piece.language << "\n" << piece.text);
      CHECK(source.find(piece.text) != std::string::npos);
      ++shown;
    }
  }
  CHECK(shown >= 2);
}

}  // namespace
}  // namespace npu
