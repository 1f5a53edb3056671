#include "isa/manual/manual.h"

#include <algorithm>
#include <array>

#include "isa/assembler/syntax.h"
#include "isa/encoding/encoding.h"
#include "isa/encoding/layout.h"
#include "isa/encoding/rules.h"

namespace npu {
namespace {

using namespace assembler;

constexpr std::array<std::string_view, kUnits> kUnitDocs = {
    "the sequencer of every core: scalars, branches, control",
    "GM -> L1 on cube cores, GM -> UB on vector cores",
    "cube cores: L1 -> L0A, L0B and the small buffers",
    "cube cores: L0C (+)= L0A x L0B",
    "cube cores: L0C -> GM, L1 or UB",
    "vector cores: UB x UB -> UB",
    "vector cores: UB -> GM or L1"};

constexpr std::array<CoreKind, 2> kCores = {CoreKind::kCube, CoreKind::kVector};

std::string hex_byte(uint8_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

std::string names_of(const EnumInfo& info) {
  std::string text;
  for (int i = 0; i < info.count; ++i) text.append(i == 0 ? "" : ", ").append(info.names[i]);
  return text;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string operand_syntax(const InstructionLayout& layout, const FieldLayout& field) {
  std::string value = "R";
  if (field.kind == FieldKind::kRegImm) value = in_brackets(field) ? "[R+imm]" : "R+imm";
  if (field.kind == FieldKind::kImm64) value = "imm";
  if (field.kind == FieldKind::kLabel) value = "label";
  if (field.kind == FieldKind::kString) value = "\"text\"";
  if (!layout.queue) {
    return field.kind == FieldKind::kReg || value == "R+imm" ? std::string(field.name) : value;
  }
  const bool has_shape = shape_of(layout, field.name) != nullptr;
  return std::string(field.name) + (has_shape ? "=[shape] " : "=") + value;
}

std::string syntax_of(const InstructionLayout& layout) {
  std::string text(layout.info.name);
  for (const FieldLayout& field : layout.fields) {
    if (!is_modifier(field)) continue;
    const std::string word =
        "." + (field.kind == FieldKind::kBool ? std::string(field.name) : upper(field.name));
    text += field.optional ? "[" + word + "]" : word;
  }
  bool first = true;
  for (const FieldLayout& field : layout.fields) {
    if (!is_operand(field)) continue;
    const std::string operand = (first ? " " : ", ") + operand_syntax(layout, field);
    text += field.optional ? " [" + operand.substr(first ? 1 : 0) + "]" : operand;
    first = false;
  }
  if (layout.queue) text += " [wait F+n, F+n] [set F+n, F+n]";
  return text;
}

bool holds_place(const FieldLayout& field) {
  return field.names == &kEnum<Mem> || field.names == &kEnum<Unit>;
}

// True if the instruction is legal on that core for some choice of its memories and units other
// than `fixed`.
bool can_stand(const InstructionLayout& layout, Word word, CoreKind core, const FieldLayout* fixed,
               size_t first = 0) {
  for (size_t i = first; i < layout.fields.size(); ++i) {
    const FieldLayout& field = layout.fields[i];
    if (!holds_place(field) || &field == fixed) continue;
    for (int code = 0; code < field.names->count; ++code) {
      put_bits(word, field.bit, field.bits, static_cast<uint64_t>(code));
      if (can_stand(layout, word, core, fixed, i + 1)) return true;
    }
    return false;
  }
  const auto decoded = decode(word);
  return std::holds_alternative<Instruction>(decoded) &&
         !misplaced(std::get<Instruction>(decoded), core);
}

// "l1 on cube cores, ub on vector cores"
std::string places_of(const InstructionLayout& layout, const FieldLayout& field) {
  std::array<std::string, 2> lists;
  for (const CoreKind core : kCores) {
    std::string& list = lists[static_cast<size_t>(core)];
    for (int code = 0; code < field.names->count; ++code) {
      Word word{layout.info.opcode, 0};
      put_bits(word, field.bit, field.bits, static_cast<uint64_t>(code));
      if (!can_stand(layout, word, core, &field)) continue;
      list.append(list.empty() ? "" : ", ").append(field.names->names[code]);
    }
  }
  if (lists[0].empty()) return lists[1];
  if (lists[1].empty() || lists[0] == lists[1]) return lists[0];
  return lists[0] + " on cube cores; " + lists[1] + " on vector cores";
}

std::string cores_of(const InstructionLayout& layout) {
  const Word word{layout.info.opcode, 0};
  const bool cube = can_stand(layout, word, CoreKind::kCube, nullptr);
  const bool vector = can_stand(layout, word, CoreKind::kVector, nullptr);
  return cube && vector ? "all cores" : cube ? "cube cores" : "vector cores";
}

std::string contents_of(const InstructionLayout& layout, const FieldLayout& field) {
  const std::string doc(field.doc);
  switch (field.kind) {
    case FieldKind::kReg:
      return doc + (field.result ? " (register, written)" : " (register)");
    case FieldKind::kRegImm:
      return doc + " (register in the low 6 bits, signed immediate above)";
    case FieldKind::kBool:
      return doc + " (1: yes)";
    case FieldKind::kEnum:
      if (field.names == &kEnum<Type>) return doc;
      return doc + " (" + (holds_place(field) ? places_of(layout, field) : names_of(*field.names)) +
             ")";
    case FieldKind::kSync:
      return doc + " (2 waits, then 2 sets: flag in 6 bits, count in 4; count 0 is none)";
    case FieldKind::kLabel:
      return doc + " (index of an instruction)";
    case FieldKind::kString:
      return doc + " (index in the program's texts)";
    case FieldKind::kImm64:
      break;
  }
  return doc;
}

std::string bits_text(int bit, int bits) {
  const std::string first = std::to_string(bit);
  return bits == 1 ? first : first + ".." + std::to_string(bit + bits - 1);
}

std::string encoding_table(const InstructionLayout& layout) {
  std::string text = "| bits | field | holds |\n|---|---|---|\n| 0..7 | opcode | " +
                     hex_byte(layout.info.opcode) + " |\n";
  for (const FieldLayout& field : layout.fields) {
    text += "| " + bits_text(field.bit, field.bits) + " | " + std::string(field.name) + " | " +
            contents_of(layout, field) + " |\n";
  }
  if (layout.used_bits < 128) {
    text += "| " + bits_text(layout.used_bits, 128 - layout.used_bits) + " | | zero |\n";
  }
  return text;
}

std::string behaviour_of(const InstructionLayout& layout) {
  const bool joins = !layout.queue && !layout.fields.empty() && layout.fields[0].name == "unit" &&
                     layout.info.name != "await";
  if (layout.queue) {
    return "Issued to the queue of the " + std::string(name_of(layout.info.unit)) +
           " unit. It starts when the instructions before it in that queue have started and both "
           "its waits can be taken, completes after them, and makes its sets when its effect is "
           "visible.";
  }
  if (joins) {
    return "Joins the queue of the unit it names, in order with that unit's other instructions; "
           "with `.seq` the sequencer executes it itself and stops until it is done.";
  }
  return "Executed by the sequencer itself.";
}

std::string page(const InstructionLayout& layout) {
  std::string text = "### " + std::string(layout.info.name) + "\n\n";
  text += std::string(layout.info.doc) + "\n\n";
  text += "Unit: " + std::string(name_of(layout.info.unit)) + ", on " + cores_of(layout) + ".";
  text += "\n\n```text\n" + syntax_of(layout) + "\n```\n\n" + encoding_table(layout) + "\n" +
          behaviour_of(layout) + "\n";
  return text;
}

std::vector<const InstructionLayout*> instructions_of(Unit unit) {
  std::vector<const InstructionLayout*> list;
  for (const InstructionLayout& layout : isa_layouts()) {
    if (layout.info.unit == unit) list.push_back(&layout);
  }
  return list;
}

std::string codes_chapter() {
  std::string text =
      "## Codes\n\nWhat the enumerated fields can be, from code 0 on. In assembly text these are "
      "the words behind the points of an instruction's name.\n\n| field | bits | names |\n"
      "|---|---|---|\n";
  std::vector<const EnumInfo*> seen;
  for (const InstructionLayout& layout : isa_layouts()) {
    for (const FieldLayout& field : layout.fields) {
      if (field.names == nullptr) continue;
      if (std::find(seen.begin(), seen.end(), field.names) != seen.end()) continue;
      seen.push_back(field.names);
      text += "| " + std::string(field.names->what) + " | " + std::to_string(field.bits) + " | " +
              names_of(*field.names) + " |\n";
    }
  }
  return text;
}

}  // namespace

std::string manual() {
  std::string text =
      "# The instruction set\n\nGenerated by `npu isa --markdown`; `npu isa NAME` shows one "
      "instruction. How to write a program is in [assembly.md](assembly.md).\n\n";
  for (const std::string_view chapter : manual_chapters()) text.append(chapter).append("\n");
  text += codes_chapter();
  for (int i = 0; i < kUnits; ++i) {
    const auto unit = static_cast<Unit>(i);
    text += "\n## Unit " + std::string(name_of(unit)) + ": " + std::string(kUnitDocs.at(i)) + "\n";
    for (const InstructionLayout* layout : instructions_of(unit)) text += "\n" + page(*layout);
  }
  return text;
}

std::string manual_list() {
  size_t width = 0;
  for (const InstructionLayout& layout : isa_layouts()) {
    width = std::max(width, layout.info.name.size());
  }
  std::string text;
  for (int i = 0; i < kUnits; ++i) {
    const auto unit = static_cast<Unit>(i);
    text += std::string(i == 0 ? "" : "\n") + std::string(name_of(unit)) + ": " +
            std::string(kUnitDocs.at(i)) + "\n";
    for (const InstructionLayout* layout : instructions_of(unit)) {
      std::string name(layout->info.name);
      name.resize(width, ' ');
      text += "  " + name + "  " + std::string(layout->info.doc) + "\n";
    }
  }
  return text;
}

std::optional<std::string> manual_page(std::string_view name) {
  const InstructionLayout* layout = find_layout(name);
  if (layout == nullptr) return std::nullopt;
  return page(*layout);
}

std::vector<std::string_view> instruction_names() {
  std::vector<std::string_view> names;
  for (const InstructionLayout& layout : isa_layouts()) names.push_back(layout.info.name);
  return names;
}

}  // namespace npu
