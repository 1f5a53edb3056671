#include "isa/assembler/instruction_parser.h"

#include <algorithm>

#include "isa/assembler/expression.h"
#include "isa/assembler/syntax.h"
#include "isa/encoding/encoding.h"
#include "isa/errors.h"

namespace npu::assembler {
namespace {

constexpr std::string_view kOperandEnd = ",";

// The words that a modifier can be.
void append_names(const FieldLayout& field, std::vector<std::string_view>& names) {
  if (field.kind == FieldKind::kBool) {
    names.push_back(field.name);
    return;
  }
  for (int i = 0; i < field.names->count; ++i) names.push_back(field.names->names[i]);
}

int code_of(const FieldLayout& field, std::string_view word) {
  if (field.kind == FieldKind::kBool) return word == field.name ? 1 : -1;
  for (int i = 0; i < field.names->count; ++i) {
    if (field.names->names[i] == word) return i;
  }
  return -1;
}

bool must_be_written(const FieldLayout& field) { return is_modifier(field) && !field.optional; }

std::string quoted_name(const Token& token) { return std::string(token.text.substr(0, 40)); }

std::vector<std::string_view> mnemonics() {
  std::vector<std::string_view> names = {"mv", "nop"};
  for (const InstructionLayout& layout : isa_layouts()) names.push_back(layout.info.name);
  return names;
}

bool starts_clause(const Cursor& cursor) { return cursor.is_name("wait") || cursor.is_name("set"); }

void skip_operand(Cursor& cursor) {
  while (!cursor.at_end() && !cursor.is(kOperandEnd) && !starts_clause(cursor)) cursor.next();
}

}  // namespace

void InstructionParser::add(const LineError& error) {
  problems_.add(line_, error);
  failed_ = true;
}

Word InstructionParser::parse(Cursor& cursor, CoreKind core, size_t line) {
  core_ = core;
  line_ = line;
  failed_ = false;
  word_ = {};
  if (cursor.is(".")) {
    raw_word(cursor);
    return word_;
  }
  const Token name = cursor.word("an instruction");
  if (pseudo(name, cursor)) return word_;
  layout_ = find_layout(name.text);
  if (layout_ == nullptr) {
    const std::string_view near = nearest(name.text, mnemonics());
    throw LineError{name.column, quoted_name(name) + ": unknown instruction; " +
                                     (near.empty() ? "npu isa lists all"
                                                   : "did you mean " + std::string(near) + "?")};
  }
  word_.lo = layout_->info.opcode;
  modifiers(cursor, name.column);
  if (layout_->queue) {
    operands_by_name(cursor, name.column);
  } else {
    operands_by_position(cursor);
  }
  cursor.expect_end("the instruction");
  if (failed_) return word_;
  const auto decoded = decode(word_);
  const auto* instruction = std::get_if<Instruction>(&decoded);
  NPU_ASSERT(instruction != nullptr);
  if (const auto problem = misplaced(*instruction, core)) {
    throw LineError{name.column, quoted_name(name) + ": " + *problem};
  }
  return word_;
}

// Names for common forms of other instructions.
bool InstructionParser::pseudo(const Token& name, Cursor& cursor) {
  if (name.text == "nop") {
    word_ = encode(Add{});
  } else if (name.text == "mv") {
    Expression expression(cursor, symbols_, nullptr);
    Add move;
    move.d.index = expression.reg();
    cursor.expect(",", "after the destination");
    move.a.index = expression.reg();
    word_ = encode(move);
  } else {
    return false;
  }
  cursor.expect_end("the instruction");
  return true;
}

// .word low, high: any 128 bits.
void InstructionParser::raw_word(Cursor& cursor) {
  cursor.next();
  cursor.next();
  Expression expression(cursor, symbols_, &symbols_.of(core_));
  word_.lo = static_cast<uint64_t>(expression.value(kLowest64, kHighest64));
  cursor.expect(",", "after the low 64 bits");
  word_.hi = static_cast<uint64_t>(expression.value(kLowest64, kHighest64));
  cursor.expect_end(".word");
}

// Takes `word` for the first field from `next_field` on that has such a code, passing over fields
// that may be left out.
bool InstructionParser::modifier(const Token& word, size_t& next_field) {
  for (size_t i = next_field; i < layout_->fields.size(); ++i) {
    const FieldLayout& field = layout_->fields[i];
    if (!is_modifier(field)) continue;
    if (const int code = code_of(field, word.text); code >= 0) {
      put_bits(word_, field.bit, field.bits, static_cast<uint64_t>(code));
      next_field = i + 1;
      return true;
    }
    if (must_be_written(field)) return false;
  }
  return false;
}

void InstructionParser::modifiers(Cursor& cursor, size_t column) {
  size_t next_field = 0;
  const auto allowed = [&] {
    std::vector<std::string_view> names;
    for (size_t i = next_field; i < layout_->fields.size(); ++i) {
      const FieldLayout& field = layout_->fields[i];
      if (is_modifier(field)) append_names(field, names);
      if (must_be_written(field)) break;
    }
    return names;
  };
  while (cursor.accept(".")) {
    const Token word = cursor.word("a word after the point");
    if (modifier(word, next_field)) continue;
    const auto names = allowed();
    throw LineError{word.column,
                    names.empty() ? quoted_name(word) + ": " + std::string(layout_->info.name) +
                                        " takes no further word here"
                                  : quoted_name(word) + ": not a word that can stand here in " +
                                        std::string(layout_->info.name) + hint(word.text, names)};
  }
  for (size_t i = next_field; i < layout_->fields.size(); ++i) {
    const FieldLayout& field = layout_->fields[i];
    if (!must_be_written(field)) continue;
    std::vector<std::string_view> names;
    append_names(field, names);
    throw LineError{column, std::string(layout_->info.name) + " needs ." + std::string(field.name) +
                                " (" + std::string(field.doc) + ")" + hint("", names)};
  }
}

void InstructionParser::operands_by_position(Cursor& cursor) {
  bool first = true;
  for (const FieldLayout& field : layout_->fields) {
    if (!is_operand(field)) continue;
    if (cursor.at_end() && field.optional) return;
    if (!first) cursor.expect(",", "before operand " + std::string(field.name));
    first = false;
    value(cursor, field);
  }
}

void InstructionParser::operand_by_name(Cursor& cursor, uint64_t& given) {
  const Token name = cursor.word("an operand such as dst=r4");
  std::vector<std::string_view> names;
  for (size_t i = 0; i < layout_->fields.size(); ++i) {
    const FieldLayout& field = layout_->fields[i];
    if (!is_operand(field)) continue;
    names.push_back(field.name);
    if (field.name != name.text) continue;
    if ((given >> i & 1) != 0) throw LineError{name.column, quoted_name(name) + ": given twice"};
    given |= uint64_t{1} << i;
    cursor.expect("=", "after " + std::string(name.text));
    shape(cursor, field);
    value(cursor, field);
    return;
  }
  throw LineError{name.column, quoted_name(name) + ": no operand of " +
                                   std::string(layout_->info.name) + hint(name.text, names)};
}

void InstructionParser::operands_by_name(Cursor& cursor, size_t column) {
  uint64_t given = 0;
  bool unreadable = false;
  while (!cursor.at_end() && !starts_clause(cursor)) {
    try {
      operand_by_name(cursor, given);
      if (!cursor.at_end() && !cursor.is(kOperandEnd) && !starts_clause(cursor)) {
        cursor.fail_expected(", after the operand");
      }
    } catch (const LineError& error) {
      add(error);
      unreadable = true;
      skip_operand(cursor);
    }
    cursor.accept(kOperandEnd);
  }
  Clauses clauses;
  while (starts_clause(cursor)) clause(cursor, clauses);
  std::string missing;
  for (size_t i = 0; i < layout_->fields.size(); ++i) {
    const FieldLayout& field = layout_->fields[i];
    if (!is_operand(field) || field.optional || (given >> i & 1) != 0) continue;
    missing.append(missing.empty() ? "" : ", ").append(field.name);
  }
  if (!missing.empty() && !unreadable) {
    add({column, std::string(layout_->info.name) + " lacks " + missing});
  }
}

void InstructionParser::shape(Cursor& cursor, const FieldLayout& operand) {
  const FieldLayout* field = shape_of(*layout_, operand.name);
  if (field == nullptr || cursor.peek().kind != Token::Kind::kWord) return;
  if (register_number(cursor.peek().text) >= 0) return;
  // `a=row r5`: two words; a single word is the register of a tile.
  if (cursor.peek(1).kind != Token::Kind::kWord || cursor.peek(1).text == "wait" ||
      cursor.peek(1).text == "set") {
    return;
  }
  const Token word = cursor.next();
  const int code = code_of(*field, word.text);
  if (code < 0) {
    std::vector<std::string_view> names;
    append_names(*field, names);
    throw LineError{word.column, quoted_name(word) + ": unknown shape" + hint(word.text, names)};
  }
  put_bits(word_, field->bit, field->bits, static_cast<uint64_t>(code));
}

void InstructionParser::clause(Cursor& cursor, Clauses& clauses) {
  const Token keyword = cursor.next();
  const bool is_set = keyword.text == "set";
  int& used = is_set ? clauses.sets : clauses.waits;
  do {
    if (starts_clause(cursor)) return;  // behind a comma
    if (used == 2) {
      throw LineError{cursor.peek().column, "a third " + std::string(keyword.text) +
                                                "; an instruction carries two waits and two sets"};
    }
    try {
      flag(cursor, is_set, used);
    } catch (const LineError& error) {
      add(error);
      skip_operand(cursor);
    }
    ++used;
  } while (cursor.accept(","));
}

void InstructionParser::flag(Cursor& cursor, bool is_set, int index) {
  const FieldLayout& sync = layout_->fields.back();
  NPU_ASSERT(sync.kind == FieldKind::kSync);
  const uint8_t id = flag_id(cursor, is_set);
  Int128 count = 1;
  if (cursor.accept("+")) {
    count = Expression(cursor, symbols_, &symbols_.of(core_)).atom(1, kMaxRidingCount);
  }
  const int bit = sync.bit + (is_set ? 20 : 0) + 10 * index;
  put_bits(word_, bit, 6, id);
  put_bits(word_, bit + 6, 4, static_cast<uint64_t>(count));
}

// A wait names a flag of its own core. A set of a group flag arrives at the other kind of core, so
// that it names a group flag declared there.
uint8_t InstructionParser::flag_id(Cursor& cursor, bool is_set) {
  if (cursor.peek().kind == Token::Kind::kNumber) {
    return static_cast<uint8_t>(Expression(cursor, symbols_, nullptr).atom(0, kFlags - 1));
  }
  const Token name = cursor.word("a flag, by name or number 0 to 63");
  const CoreKind other = core_ == CoreKind::kCube ? CoreKind::kVector : CoreKind::kCube;
  std::vector<std::string_view> names;
  bool own_group_flag = false;
  for (const CoreKind where : {core_, other}) {
    for (const auto& [flag, id] : symbols_.of(where).flags) {
      const bool right = is_set ? is_group_flag(id) == (where == other) : where == core_;
      if (right) names.push_back(flag);
      if (flag != name.text) continue;
      if (right) return id;
      own_group_flag = own_group_flag || (where == core_ && is_group_flag(id));
    }
  }
  if (own_group_flag) {
    throw LineError{name.column, quoted_name(name) + " is counted on this core: only the " +
                                     core_name(other) + " can set it"};
  }
  throw LineError{name.column, quoted_name(name) + ": unknown flag" + hint(name.text, names)};
}

void InstructionParser::text(Cursor& cursor, const FieldLayout& field) {
  if (cursor.accept("#")) {
    put_bits(word_, field.bit, field.bits,
             static_cast<uint64_t>(Expression(cursor, symbols_, nullptr).atom(0, 0xffff)));
    return;
  }
  if (cursor.peek().kind != Token::Kind::kString) cursor.fail_expected("a text in quotes");
  const Token token = cursor.next();
  std::vector<std::string>& all = program_.strings;
  const auto found = std::find(all.begin(), all.end(), unescaped(token));
  const auto index = static_cast<uint64_t>(found - all.begin());
  if (index == kMaxStrings) throw LineError{token.column, "more than 65536 texts"};
  if (found == all.end()) all.push_back(unescaped(token));
  put_bits(word_, field.bit, field.bits, index);
}

void InstructionParser::label(Cursor& cursor, const FieldLayout& field) {
  const Token name = cursor.word("a label");
  const auto& labels = symbols_.of(core_).labels;
  const auto found = labels.find(name.text);
  if (found == labels.end()) {
    throw LineError{name.column,
                    quoted_name(name) + ": unknown label" + hint(name.text, names_of(labels))};
  }
  put_bits(word_, field.bit, field.bits, found->second);
}

void InstructionParser::value(Cursor& cursor, const FieldLayout& field) {
  Expression expression(cursor, symbols_, &symbols_.of(core_));
  constexpr Int128 kLow = INT32_MIN;
  constexpr Int128 kHigh = INT32_MAX;
  switch (field.kind) {
    case FieldKind::kReg:
      put_bits(word_, field.bit, field.bits, expression.reg());
      break;
    case FieldKind::kRegImm: {
      if (in_brackets(field)) cursor.expect("[", "before the address");
      const bool has_register = expression.at_register();
      const uint8_t reg = has_register ? expression.reg() : 0;
      const Int128 imm =
          has_register ? expression.offset(kLow, kHigh) : expression.value(kLow, kHigh);
      put_bits(word_, field.bit, 6, reg);
      put_bits(word_, field.bit + 6, 32, static_cast<uint32_t>(static_cast<int32_t>(imm)));
      if (in_brackets(field)) cursor.expect("]", "after the address");
      break;
    }
    case FieldKind::kImm64:
      put_bits(word_, field.bit, field.bits,
               static_cast<uint64_t>(expression.value(kLowest64, kHighest64)));
      break;
    case FieldKind::kLabel:
      label(cursor, field);
      break;
    case FieldKind::kString:
      text(cursor, field);
      break;
    default:
      NPU_ASSERT(false);
  }
}

}  // namespace npu::assembler
