// One line of code -> one word.
#pragma once

#include "isa/assembler/lexer.h"
#include "isa/assembler/symbols.h"
#include "isa/encoding/layout.h"

namespace npu::assembler {

class InstructionParser {
 public:
  InstructionParser(Program& program, const Symbols& symbols, Problems& problems)
      : program_(program), symbols_(symbols), problems_(problems) {}

  // Problems of single operands are added to `problems`; what makes the rest of the line
  // unreadable is thrown as LineError.
  Word parse(Cursor& cursor, CoreKind core, size_t line);

 private:
  struct Clauses {
    int waits = 0, sets = 0;
  };
  bool pseudo(const Token& name, Cursor& cursor);
  void raw_word(Cursor& cursor);
  void modifiers(Cursor& cursor, size_t column);
  bool modifier(const Token& word, size_t& next_field);
  void operands_by_position(Cursor& cursor);
  void operand_by_name(Cursor& cursor, uint64_t& given);
  void operands_by_name(Cursor& cursor, size_t column);
  void shape(Cursor& cursor, const FieldLayout& operand);
  void clause(Cursor& cursor, Clauses& clauses);
  void flag(Cursor& cursor, bool is_set, int index);
  uint8_t flag_id(Cursor& cursor, bool is_set);
  void value(Cursor& cursor, const FieldLayout& field);
  void text(Cursor& cursor, const FieldLayout& field);
  void label(Cursor& cursor, const FieldLayout& field);
  void add(const LineError& error);

  Program& program_;
  const Symbols& symbols_;
  Problems& problems_;
  const InstructionLayout* layout_ = nullptr;
  CoreKind core_ = CoreKind::kCube;
  size_t line_ = 0;
  bool failed_ = false;
  Word word_;
};

}  // namespace npu::assembler
