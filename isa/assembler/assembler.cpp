#include "isa/assembler/assembler.h"

#include <array>

#include "isa/assembler/directives.h"
#include "isa/assembler/instruction_parser.h"
#include "isa/errors.h"

namespace npu {
namespace {

using namespace assembler;

constexpr size_t kMaxSourceText = 400;  // of a line in the source map

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string trimmed(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  const size_t end = line.find_last_not_of(" \t\r");
  return std::string(line.substr(begin, std::min(end - begin + 1, kMaxSourceText)));
}

// Directives and labels first, as far as code may refer to what comes later; then the code.
class Assembler {
 public:
  Assembler(std::string_view text, std::string file_name)
      : file_name_(std::move(file_name)), lines_(lines_of(text)), problems_(file_name_, lines_) {}

  Program run() {
    for (size_t line = 0; line < lines_.size(); ++line) {
      try {
        declare(line);
      } catch (const LineError& error) {
        problems_.add(line, error);
      }
    }
    for (const CodeLine& code : code_) {
      try {
        emit(code);
      } catch (const LineError& error) {
        problems_.add(code.line, error);
      }
    }
    problems_.throw_if_any();
    return std::move(program_);
  }

 private:
  struct CodeLine {
    CoreKind core;
    size_t line;
    size_t position;  // of the instruction's first token
  };

  void declare(size_t line) {
    if (lines_[line].size() > kMaxAssemblyLine) {
      throw LineError{kMaxAssemblyLine, "the line is longer than " +
                                            std::to_string(kMaxAssemblyLine) + " characters"};
    }
    Cursor cursor(tokens_of(lines_[line]));
    while (cursor.peek().kind == Token::Kind::kWord && cursor.peek(1).text == ":") label(cursor);
    if (cursor.at_end()) return;
    if (cursor.is(".") && cursor.peek(1).text != "word") {
      cursor.next();
      directives_.run(cursor);
      return;
    }
    check_section(cursor.peek().column);
    size_t& words = words_[static_cast<size_t>(directives_.section())];
    if (words == kMaxWords) {
      throw LineError{cursor.peek().column, "more than " + std::to_string(kMaxWords) +
                                                " instructions for one kind of core"};
    }
    ++words;
    code_.push_back({directives_.section(), line, cursor.position()});
  }

  void label(Cursor& cursor) {
    const Token name = cursor.next();
    cursor.next();
    check_section(name.column);
    if (register_number(name.text) >= 0) {
      throw LineError{name.column, std::string(name.text) + " cannot be a label"};
    }
    const auto index = static_cast<uint32_t>(words_[static_cast<size_t>(directives_.section())]);
    if (!symbols_.of(directives_.section()).labels.emplace(name.text, index).second) {
      throw LineError{name.column,
                      std::string(name.text) + ": there already is a label of this name"};
    }
  }

  void check_section(size_t column) const {
    if (!directives_.in_section()) {
      throw LineError{column, "code belongs to a core; write .cube or .vector first"};
    }
  }

  void emit(const CodeLine& code) {
    Cursor cursor(tokens_of(lines_[code.line]));
    const size_t end_column = cursor.end_column();
    cursor.seek(code.position);
    const size_t begin_column = cursor.peek().column;
    CoreCode& out = code.core == CoreKind::kCube ? program_.cube : program_.vector;
    out.words.push_back(parser_.parse(cursor, code.core, code.line));
    out.lines.push_back(static_cast<uint32_t>(program_.sources.size()));
    program_.sources.push_back(
        {file_name_, static_cast<uint32_t>(code.line + 1),
         trimmed(lines_[code.line].substr(begin_column, end_column - begin_column))});
  }

  std::string file_name_;
  std::vector<std::string_view> lines_;
  Problems problems_;
  Program program_;
  Symbols symbols_;
  Directives directives_{program_, symbols_};
  InstructionParser parser_{program_, symbols_, problems_};
  std::vector<CodeLine> code_;
  std::array<size_t, 2> words_{};  // by CoreKind
};

}  // namespace

Program assemble(std::string_view text, std::string file_name) {
  if (text.size() > kMaxAssemblyBytes) {
    throw InputError(file_name + ": " + std::to_string(text.size()) +
                     " bytes of assembly; allowed: at most " + std::to_string(kMaxAssemblyBytes));
  }
  return Assembler(text, std::move(file_name)).run();
}

}  // namespace npu
