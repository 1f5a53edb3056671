// docs/walkthrough.md tells the truth: its commands give the output it shows, and the code it shows
// is in the file it names. With NPU_UPDATE_DOCS set, the outputs are written into the page instead.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace npu {
namespace {

const std::string kPage = NPU_SOURCE_DIR "/docs/walkthrough.md";

std::string contents(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The page as pieces: prose, and fenced blocks with what stands behind the opening fence.
struct Piece {
  bool fenced = false;
  std::string language, text;
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

// What the shell prints for the commands of one block, run in the repository's folder with the npu
// command on the path and `scratch` as a place to write to.
std::string output_of(const std::string& commands) {
  const std::string command = NPU_COMMAND;
  const std::string folder = command.substr(0, command.rfind('/'));
  const std::string script =
      "cd '" NPU_SOURCE_DIR "' && PATH='" + folder + "':$PATH && " + commands;
  std::FILE* pipe = popen(("bash -c '" +
                           [&] {
                             std::string quoted;
                             for (const char c : script)
                               quoted += c == '\'' ? "'\\''" : std::string(1, c);
                             return quoted;
                           }() +
                           "' 2>&1")
                              .c_str(),
                          "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  CHECK(pclose(pipe) == 0);
  return output;
}

TEST_CASE("the commands of the walkthrough give the output it shows") {
  std::vector<Piece> pieces = pieces_of(contents(kPage));
  int commands = 0;
  for (size_t i = 0; i + 2 < pieces.size(); ++i) {
    if (!pieces[i].fenced || pieces[i].language != "sh") continue;
    REQUIRE(pieces[i + 2].fenced);
    const std::string output = output_of(pieces[i].text);
    ++commands;
    INFO(pieces[i].text);
    if (std::getenv("NPU_UPDATE_DOCS") == nullptr) CHECK(output == pieces[i + 2].text);
    pieces[i + 2].text = output;
  }
  CHECK(commands >= 3);
  if (std::getenv("NPU_UPDATE_DOCS") != nullptr) std::ofstream(kPage) << page_of(pieces);
}

TEST_CASE("the code that the walkthrough shows is in the file it names") {
  int shown = 0;
  for (const Piece& piece : pieces_of(contents(kPage))) {
    if (!piece.fenced || piece.language.rfind("cpp ", 0) != 0) continue;
    const std::string source = contents(NPU_SOURCE_DIR "/" + piece.language.substr(4));
    INFO(piece.language << "\n" << piece.text);
    CHECK(source.find(piece.text) != std::string::npos);
    ++shown;
  }
  CHECK(shown >= 1);
}

}  // namespace
}  // namespace npu
