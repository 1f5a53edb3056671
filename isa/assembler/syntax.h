// Which part of an instruction's text each field is: shared by reading and writing.
#pragma once

#include "isa/encoding/layout.h"

namespace npu::assembler {

// `a_is` of a vector instruction: written at its operand, as in `a=row r5`.
inline bool is_shape(const FieldLayout& field) { return field.names == &kEnum<Source>; }

// Written behind the name with a point.
inline bool is_modifier(const FieldLayout& field) {
  return field.kind == FieldKind::kBool || (field.kind == FieldKind::kEnum && !is_shape(field));
}

inline bool is_operand(const FieldLayout& field) {
  return field.kind != FieldKind::kBool && field.kind != FieldKind::kEnum &&
         field.kind != FieldKind::kSync;
}

// A register plus immediate that is an address is written in brackets.
inline bool in_brackets(const FieldLayout& field) {
  return field.kind == FieldKind::kRegImm && field.name == "address";
}

// The shape of operand `name`, or null.
inline const FieldLayout* shape_of(const InstructionLayout& layout, std::string_view name) {
  for (const FieldLayout& field : layout.fields) {
    if (is_shape(field) && field.name.substr(0, field.name.size() - 3) == name) return &field;
  }
  return nullptr;
}

}  // namespace npu::assembler
