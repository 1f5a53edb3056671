#include "isa/assembler/disassembler.h"

#include <algorithm>
#include <array>
#include <set>

#include "isa/assembler/lexer.h"
#include "isa/assembler/symbols.h"
#include "isa/assembler/syntax.h"
#include "isa/encoding/encoding.h"

namespace npu {
namespace {

using namespace assembler;

constexpr size_t kCommentColumn = 72;
constexpr size_t kLongestLine = 240;  // comments are cut there

// The names by which one kind of core can write flags, by id; empty: only the number.
struct FlagNames {
  std::array<std::string, kFlags> wait, set;
};

struct Context {
  const Program* program = nullptr;
  const FlagNames* flags = nullptr;
};

bool may_be_name(std::string_view text) {
  return is_word(text) && register_number(text) < 0 && text != "wait" && text != "set";
}

// A name of the language that says what the flag's declaration says, unlike all in `used`.
std::string identifier(const FlagDecl& flag, std::set<std::string>& used) {
  std::string name;
  for (const char c : flag.name.substr(0, 40)) name += is_word(std::string("_") + c) ? c : '_';
  if (!may_be_name(name)) name = "flag_" + name;
  if (used.count(name) != 0) name += "_" + std::to_string(flag.id);
  while (!used.insert(name).second) name += "_";
  return name;
}

std::vector<std::string> identifiers(const CoreCode& code) {
  std::vector<std::string> names;
  std::set<std::string> used;
  for (const FlagDecl& flag : code.flags) names.push_back(identifier(flag, used));
  return names;
}

FlagNames flag_names(const Program& program, CoreKind core) {
  FlagNames names;
  const bool cube = core == CoreKind::kCube;
  const CoreCode& own = cube ? program.cube : program.vector;
  const CoreCode& other = cube ? program.vector : program.cube;
  const std::vector<std::string> own_names = identifiers(own);
  const std::vector<std::string> other_names = identifiers(other);
  std::set<std::string> local;  // would hide a group flag of the same name
  for (size_t i = 0; i < own.flags.size(); ++i) {
    const uint8_t id = own.flags[i].id;
    names.wait.at(id) = own_names[i];
    if (is_group_flag(id)) continue;
    names.set.at(id) = own_names[i];
    local.insert(own_names[i]);
  }
  for (size_t i = 0; i < other.flags.size(); ++i) {
    const bool reachable = is_group_flag(other.flags[i].id) && local.count(other_names[i]) == 0;
    if (reachable) names.set.at(other.flags[i].id) = other_names[i];
  }
  return names;
}

std::string reg_text(uint64_t index) { return "r" + std::to_string(index); }

std::string reg_imm_text(const Word& word, const FieldLayout& field) {
  const uint64_t reg = get_bits(word, field.bit, 6);
  const auto imm = static_cast<int32_t>(get_bits(word, field.bit + 6, 32));
  std::string text = reg == 0 ? std::to_string(imm) : reg_text(reg);
  if (reg != 0 && imm != 0) text += (imm > 0 ? "+" : "") + std::to_string(imm);
  return in_brackets(field) ? "[" + text + "]" : text;
}

std::string string_text(uint64_t index, const Program* program) {
  if (program != nullptr && index < program->strings.size()) {
    const auto& all = program->strings;
    const auto first = std::find(all.begin(), all.end(), all[index]);
    if (static_cast<uint64_t>(first - all.begin()) == index) return quoted(all[index]);
  }
  return "#" + std::to_string(index);
}

std::string value_text(const Word& word, const FieldLayout& field, const Context& context) {
  if (field.kind == FieldKind::kRegImm) return reg_imm_text(word, field);
  const uint64_t value = get_bits(word, field.bit, field.bits);
  if (field.kind == FieldKind::kReg) return reg_text(value);
  if (field.kind == FieldKind::kImm64) return std::to_string(static_cast<int64_t>(value));
  if (field.kind == FieldKind::kLabel) return "L" + std::to_string(value);
  return string_text(value, context.program);
}

bool is_zero(const Word& word, const FieldLayout& field) {
  return get_bits(word, field.bit, field.bits) == 0;
}

std::string sync_text(const Word& word, const FieldLayout& sync, const Context& context) {
  std::string text;
  for (int part = 0; part < 4; ++part) {
    const int bit = sync.bit + 10 * part;
    const uint64_t count = get_bits(word, bit + 6, 4);
    if (count == 0) continue;
    const bool is_set = part >= 2;
    const uint64_t id = get_bits(word, bit, 6);
    text += part % 2 == 1 ? ", " : is_set ? " set " : " wait ";
    std::string name;
    if (context.flags != nullptr) name = (is_set ? context.flags->set : context.flags->wait)[id];
    text += name.empty() ? std::to_string(id) : name;
    if (count > 1) text += "+" + std::to_string(count);
  }
  return text;
}

std::string name_with_modifiers(const Word& word, const InstructionLayout& layout) {
  std::string text(layout.info.name);
  for (const FieldLayout& field : layout.fields) {
    if (!is_modifier(field) || (field.optional && is_zero(word, field))) continue;
    const uint64_t code = get_bits(word, field.bit, field.bits);
    text += ".";
    text += field.kind == FieldKind::kBool ? field.name : field.names->names[code];
  }
  return text;
}

std::string queue_operand(const Word& word, const InstructionLayout& layout,
                          const FieldLayout& field, const Context& context) {
  std::string text = std::string(field.name) + "=";
  if (const FieldLayout* shape = shape_of(layout, field.name)) {
    const uint64_t code = get_bits(word, shape->bit, shape->bits);
    if (code != 0) text.append(shape->names->names[code]).append(" ");
  }
  return text + value_text(word, field, context);
}

// An optional operand may be left out where it is zero and nothing follows it (by position), or
// where it is zero and has no shape to tell (by name).
bool left_out(const Word& word, const InstructionLayout& layout, const FieldLayout& field) {
  if (!field.optional || !is_zero(word, field)) return false;
  const FieldLayout* shape = shape_of(layout, field.name);
  return shape == nullptr || is_zero(word, *shape);
}

std::string text_of(const Word& word, const InstructionLayout& layout, const Context& context) {
  std::string text = name_with_modifiers(word, layout);
  bool first = true;
  for (const FieldLayout& field : layout.fields) {
    if (!is_operand(field) || left_out(word, layout, field)) continue;
    text += first ? " " : ", ";
    first = false;
    text += layout.queue ? queue_operand(word, layout, field, context)
                         : value_text(word, field, context);
  }
  if (layout.queue) text += sync_text(word, layout.fields.back(), context);
  return text;
}

std::string hex(uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[value >> shift & 15];
  return text;
}

std::string name_text(std::string_view name) {
  return may_be_name(name) ? std::string(name) : quoted(name);
}

// One line whatever the text holds.
std::string in_one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) c = static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c;
  return line;
}

class Disassembler {
 public:
  explicit Disassembler(const Program& program) : program_(program) {}

  std::string run() {
    text_ = "; assembles to the same code and declarations; the comments are its sources\n";
    declarations();
    section(CoreKind::kCube, program_.cube);
    section(CoreKind::kVector, program_.vector);
    return std::move(text_);
  }

 private:
  void declarations() {
    if (!program_.name.empty()) text_ += ".program " + name_text(program_.name) + "\n";
    if (!program_.machine.empty()) text_ += ".machine " + name_text(program_.machine) + "\n";
    for (const Parameter& p : program_.parameters) parameter(p);
    for (const Workspace& w : program_.workspaces) {
      text_ += ".workspace " + name_text(w.name) + " " + std::to_string(w.bytes);
      if (w.per_group) text_ += " per_group";
      if (w.zeroed) text_ += " zeroed";
      text_ += "\n";
    }
    for (const std::string& s : program_.strings) text_ += ".string " + quoted(s) + "\n";
  }

  void parameter(const Parameter& p) {
    constexpr std::array<std::string_view, 3> kKinds = {"tensor", "int", "f32"};
    text_.append(".param ").append(kKinds.at(static_cast<size_t>(p.kind)));
    text_ += " " + name_text(p.name);
    if (p.kind == Parameter::Kind::kTensor || p.type != Type{}) {
      text_.append(" ").append(type_name(p.type));
    }
    if (p.output) text_ += " out";
    if (p.control) text_ += " control";
    if (p.rank != 0) text_ += " rank=" + std::to_string(p.rank);
    text_ += "\n";
  }

  void section(CoreKind core, const CoreCode& code) {
    if (code.words.empty() && code.flags.empty()) return;
    text_ += core == CoreKind::kCube ? "\n.cube\n" : "\n.vector\n";
    const std::vector<std::string> names = identifiers(code);
    for (size_t i = 0; i < code.flags.size(); ++i) {
      const FlagDecl& flag = code.flags[i];
      text_ += ".flag " + names[i] + " = " + std::to_string(flag.id) +
               " initial=" + std::to_string(flag.initial) + " limit=" + std::to_string(flag.limit);
      if (names[i] != flag.name) text_ += " " + quoted(flag.name);
      text_ += "\n";
    }
    const FlagNames flags = flag_names(program_, core);
    const std::vector<bool> targets = find_targets(code);
    last_source_ = nullptr;
    for (size_t i = 0; i < code.words.size(); ++i) {
      if (targets[i]) text_ += "L" + std::to_string(i) + ":\n";
      line(core, code, i, {&program_, &flags});
    }
    if (targets.back()) text_ += "L" + std::to_string(code.words.size()) + ":\n";
  }

  // Which instructions, or the end, are the target of a legal branch.
  static std::vector<bool> find_targets(const CoreCode& code) {
    std::vector<bool> targets(code.words.size() + 1);
    for (const Word& word : code.words) {
      const InstructionLayout* layout = find_layout(static_cast<uint8_t>(word.lo & 0xff));
      if (layout == nullptr) continue;
      for (const FieldLayout& field : layout->fields) {
        if (field.kind != FieldKind::kLabel) continue;
        const uint64_t target = get_bits(word, field.bit, field.bits);
        if (target < targets.size()) targets[target] = true;
      }
    }
    return targets;
  }

  // Why a word cannot be written as an instruction, or empty.
  std::string obstacle(CoreKind core, const CoreCode& code, const Word& word) const {
    const auto decoded = decode(word);
    if (const auto* error = std::get_if<DecodeError>(&decoded)) return error->problem;
    if (const auto problem = misplaced(std::get<Instruction>(decoded), core)) return *problem;
    const InstructionLayout* layout = find_layout(static_cast<uint8_t>(word.lo & 0xff));
    for (const FieldLayout& field : layout->fields) {
      const bool lost = field.kind == FieldKind::kLabel &&
                        get_bits(word, field.bit, field.bits) > code.words.size();
      if (lost) return std::string(layout->info.name) + ": the target is outside the code";
    }
    return {};
  }

  void line(CoreKind core, const CoreCode& code, size_t index, const Context& context) {
    const Word& word = code.words[index];
    std::string line = "  ";
    std::string comment;
    if (std::string why = obstacle(core, code, word); why.empty()) {
      line += text_of(word, *find_layout(static_cast<uint8_t>(word.lo & 0xff)), context);
    } else {
      line += ".word " + hex(word.lo) + ", " + hex(word.hi);
      comment = why;
    }
    if (index < code.lines.size() && code.lines[index] < program_.sources.size()) {
      const SourceLine& source = program_.sources[code.lines[index]];
      comment += (comment.empty() ? "" : "; ") + in_one_line(source.file) + ":" +
                 std::to_string(source.line);
      if (&source != last_source_ && !source.text.empty()) {
        comment += ": " + in_one_line(source.text);
      }
      last_source_ = &source;
    }
    const size_t shortest = std::max(line.size(), kLongestLine);
    if (!comment.empty()) {
      line.resize(std::max(line.size() + 1, kCommentColumn), ' ');
      line += "; " + comment;
    }
    text_ += line.substr(0, shortest) + "\n";
  }

  const Program& program_;
  std::string text_;
  const SourceLine* last_source_ = nullptr;
};

}  // namespace

std::string disassemble(const Program& program) { return Disassembler(program).run(); }

std::string to_text(const Instruction& instruction, const Program* program, CoreKind core) {
  const Word word = encode(instruction);
  const InstructionLayout& layout = *find_layout(static_cast<uint8_t>(word.lo & 0xff));
  if (program == nullptr) return text_of(word, layout, {});
  const FlagNames flags = flag_names(*program, core);
  return text_of(word, layout, {program, &flags});
}

}  // namespace npu
