#include "isa/assembler/directives.h"

#include <algorithm>

#include "isa/assembler/expression.h"
#include "isa/encoding/enum_names.h"

namespace npu::assembler {
namespace {

const std::vector<std::string_view>& directive_names() {
  static const std::vector<std::string_view> names = {"program", "machine",   "const",  "reg",
                                                      "param",   "workspace", "string", "cube",
                                                      "vector",  "flag",      "word"};
  return names;
}

[[noreturn]] void fail_name(const Token& token, std::string_view what,
                            const std::vector<std::string_view>& allowed) {
  throw LineError{token.column,
                  std::string(token.text) + ": " + std::string(what) + hint(token.text, allowed)};
}

Type type_at(Cursor& cursor) {
  const Token token = cursor.word("an element type");
  if (const auto type = type_from_name(token.text)) return *type;
  const auto& names = kEnum<Type>.names;
  fail_name(token, "unknown type", {names.begin(), names.begin() + kTypeCount});
}

}  // namespace

uint64_t Directives::number(Cursor& cursor, uint64_t high) const {
  const SectionSymbols* section = in_section_ ? &symbols_.of(section_) : nullptr;
  return static_cast<uint64_t>(Expression(cursor, symbols_, section).value(0, Int128{high}));
}

void Directives::run(Cursor& cursor) {
  const Token name = cursor.word("the name of a directive after the point");
  if (name.text == "program") {
    program_.name = cursor.name("a name");
  } else if (name.text == "machine") {
    program_.machine = cursor.name("the name of a machine");
  } else if (name.text == "const") {
    constant(cursor);
  } else if (name.text == "reg") {
    register_alias(cursor);
  } else if (name.text == "param") {
    parameter(cursor);
  } else if (name.text == "workspace") {
    workspace(cursor);
  } else if (name.text == "string") {
    string(cursor);
  } else if (name.text == "flag") {
    if (!in_section_) {
      throw LineError{name.column, "a flag belongs to a core; write .cube or .vector first"};
    }
    flag(cursor);
  } else if (name.text == "cube" || name.text == "vector") {
    in_section_ = true;
    section_ = name.text == "cube" ? CoreKind::kCube : CoreKind::kVector;
  } else {
    fail_name(name, "unknown directive", directive_names());
  }
  cursor.expect_end("." + std::string(name.text));
}

std::string Directives::fresh_name(Cursor& cursor, std::string_view what) const {
  const Token token = cursor.word(what);
  if (register_number(token.text) >= 0 || token.text == "wait" || token.text == "set") {
    throw LineError{token.column, std::string(token.text) + " cannot be a name"};
  }
  return std::string(token.text);
}

void Directives::constant(Cursor& cursor) {
  const size_t column = cursor.peek().column;
  const std::string name = fresh_name(cursor, "the name of a constant");
  cursor.expect("=", "after " + name);
  const SectionSymbols* section = in_section_ ? &symbols_.of(section_) : nullptr;
  const Int128 value = Expression(cursor, symbols_, section).value(kLowest64, kHighest64);
  if (!symbols_.constants.emplace(name, value).second) {
    throw LineError{column, name + ": this constant already has a value"};
  }
}

void Directives::register_alias(Cursor& cursor) {
  const size_t column = cursor.peek().column;
  const std::string name = fresh_name(cursor, "a name for a register");
  cursor.expect("=", "after " + name);
  const uint8_t reg = Expression(cursor, symbols_, nullptr).reg();
  if (!symbols_.registers.emplace(name, reg).second) {
    throw LineError{column, name + ": this name already stands for a register"};
  }
}

void Directives::add_control_word(const std::string& name, size_t column) {
  const uint64_t offset = 8 * static_cast<uint64_t>(symbols_.control_words.size());
  if (!symbols_.control_words.emplace(name, offset).second) {
    throw LineError{column, name + ": there already is a parameter or workspace of this name"};
  }
}

void Directives::parameter(Cursor& cursor) {
  if (!program_.workspaces.empty()) {
    throw LineError{cursor.peek().column,
                    "parameters come before workspaces, as in the control block"};
  }
  Parameter parameter;
  const Token kind = cursor.word("tensor, int or f32");
  const std::vector<std::string_view> kinds = {"tensor", "int", "f32"};
  const auto found = std::find(kinds.begin(), kinds.end(), kind.text);
  if (found == kinds.end()) fail_name(kind, "unknown kind of parameter", kinds);
  parameter.kind = static_cast<Parameter::Kind>(found - kinds.begin());
  const size_t column = cursor.peek().column;
  parameter.name = cursor.name("the name of the parameter");
  const bool scalar = parameter.kind != Parameter::Kind::kTensor;
  const bool has_type =
      cursor.peek().kind == Token::Kind::kWord && type_from_name(cursor.peek().text).has_value();
  if (!scalar || has_type) parameter.type = type_at(cursor);
  while (!cursor.at_end()) {
    const Token option = cursor.word("out, control or rank=N");
    if (option.text == "out") {
      parameter.output = true;
    } else if (option.text == "control") {
      parameter.control = true;
    } else if (option.text == "rank") {
      cursor.expect("=", "after rank");
      parameter.rank = static_cast<uint32_t>(number(cursor, 0xffffffff));
    } else {
      fail_name(option, "unknown property of a parameter", {"out", "control", "rank"});
    }
  }
  add_control_word(parameter.name, column);
  program_.parameters.push_back(parameter);
}

void Directives::workspace(Cursor& cursor) {
  Workspace workspace;
  const size_t column = cursor.peek().column;
  workspace.name = cursor.name("the name of the workspace");
  workspace.bytes = number(cursor, ~uint64_t{0});
  while (!cursor.at_end()) {
    const Token option = cursor.word("per_group or zeroed");
    if (option.text == "per_group") {
      workspace.per_group = true;
    } else if (option.text == "zeroed") {
      workspace.zeroed = true;
    } else {
      fail_name(option, "unknown property of a workspace", {"per_group", "zeroed"});
    }
  }
  add_control_word(workspace.name, column);
  program_.workspaces.push_back(workspace);
}

void Directives::flag(Cursor& cursor) {
  FlagDecl flag;
  const Token token = cursor.peek();
  flag.name = fresh_name(cursor, "the name of a flag");
  cursor.expect("=", "after " + flag.name);
  const size_t id_column = cursor.peek().column;
  flag.id = static_cast<uint8_t>(number(cursor, kFlags - 1));
  while (cursor.peek().kind == Token::Kind::kWord) {
    const Token option = cursor.next();
    if (option.text != "initial" && option.text != "limit") {
      fail_name(option, "unknown property of a flag", {"initial", "limit"});
    }
    cursor.expect("=", "after " + std::string(option.text));
    (option.text == "initial" ? flag.initial : flag.limit) =
        static_cast<uint32_t>(number(cursor, 0xffffffff));
  }
  if (flag.initial > flag.limit) {
    throw LineError{token.column, flag.name + ": the initial value " +
                                      std::to_string(flag.initial) + " is above the limit " +
                                      std::to_string(flag.limit)};
  }
  CoreCode& code = section_ == CoreKind::kCube ? program_.cube : program_.vector;
  for (const FlagDecl& other : code.flags) {
    if (other.id == flag.id) {
      throw LineError{id_column, "flag " + std::to_string(flag.id) + " is already " + other.name};
    }
  }
  if (!symbols_.of(section_).flags.emplace(flag.name, flag.id).second) {
    throw LineError{token.column, flag.name + ": there already is a flag of this name"};
  }
  if (cursor.peek().kind == Token::Kind::kString) flag.name = unescaped(cursor.next());
  code.flags.push_back(flag);
}

void Directives::string(Cursor& cursor) {
  if (cursor.peek().kind != Token::Kind::kString) cursor.fail_expected("a text in quotes");
  const Token token = cursor.next();
  if (program_.strings.size() == kMaxStrings)
    throw LineError{token.column, "more than 65536 texts"};
  program_.strings.push_back(unescaped(token));
}

}  // namespace npu::assembler
