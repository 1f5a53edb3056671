// Lines that begin with a point: they declare what the program needs and name things.
#pragma once

#include "isa/assembler/lexer.h"
#include "isa/assembler/symbols.h"

namespace npu::assembler {

// Carries out directives in the order of the text.
class Directives {
 public:
  Directives(Program& program, Symbols& symbols) : program_(program), symbols_(symbols) {}

  // `cursor` stands behind the point. Throws LineError. .word is not a directive: it is code.
  void run(Cursor& cursor);

  bool in_section() const { return in_section_; }
  CoreKind section() const { return section_; }

 private:
  void constant(Cursor& cursor);
  void register_alias(Cursor& cursor);
  void parameter(Cursor& cursor);
  void workspace(Cursor& cursor);
  void flag(Cursor& cursor);
  void string(Cursor& cursor);
  std::string fresh_name(Cursor& cursor, std::string_view what) const;
  void add_control_word(const std::string& name, size_t column);
  uint64_t number(Cursor& cursor, uint64_t high) const;

  Program& program_;
  Symbols& symbols_;
  bool in_section_ = false;
  CoreKind section_ = CoreKind::kCube;
};

}  // namespace npu::assembler
