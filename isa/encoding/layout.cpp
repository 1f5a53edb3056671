#include "isa/encoding/layout.h"

#include <algorithm>

#include "isa/encoding/field_bits.h"

namespace npu {
namespace {

template <class T>
constexpr FieldKind kind_of() {
  if constexpr (std::is_same_v<T, Reg>) {
    return FieldKind::kReg;
  } else if constexpr (std::is_same_v<T, bool>) {
    return FieldKind::kBool;
  } else if constexpr (std::is_same_v<T, RegImm>) {
    return FieldKind::kRegImm;
  } else if constexpr (std::is_same_v<T, Imm64>) {
    return FieldKind::kImm64;
  } else if constexpr (std::is_same_v<T, Label>) {
    return FieldKind::kLabel;
  } else if constexpr (std::is_same_v<T, StringId>) {
    return FieldKind::kString;
  } else if constexpr (std::is_same_v<T, Sync>) {
    return FieldKind::kSync;
  } else {
    return FieldKind::kEnum;
  }
}

template <class S, class T>
void add_field(InstructionLayout& layout, const Field<S, T>& field) {
  FieldLayout f{field.name, field.doc, kind_of<T>()};
  f.bit = layout.used_bits;
  f.bits = detail::field_bits<T>();
  f.optional = field.optional || std::is_same_v<T, bool>;
  if constexpr (kind_of<T>() == FieldKind::kEnum) {
    f.names = &kEnum<T>;
    f.optional = kEnum<T>.may_omit;
  }
  f.result = std::is_same_v<T, Reg> && !layout.queue && field.name == "d";
  layout.used_bits += f.bits;
  layout.fields.push_back(f);
}

template <class I>
InstructionLayout describe() {
  InstructionLayout layout{I::info, {}, detail::kOpcodeBits, kHasSync<I>};
  std::apply([&](const auto&... f) { (add_field(layout, f), ...); }, I::fields());
  return layout;
}

template <class Variant>
struct DescribeAll;
template <class... Is>
struct DescribeAll<std::variant<Is...>> {
  static std::vector<InstructionLayout> make() {
    std::vector<InstructionLayout> all = {describe<Is>()...};
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.info.opcode < b.info.opcode; });
    return all;
  }
};

}  // namespace

std::span<const InstructionLayout> isa_layouts() {
  static const std::vector<InstructionLayout> all = DescribeAll<Instruction>::make();
  return all;
}

const InstructionLayout* find_layout(uint8_t opcode) {
  const auto all = isa_layouts();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& l) { return l.info.opcode == opcode; });
  return found == all.end() ? nullptr : &*found;
}

const InstructionLayout* find_layout(std::string_view name) {
  const auto all = isa_layouts();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& l) { return l.info.name == name; });
  return found == all.end() ? nullptr : &*found;
}

uint64_t get_bits(const Word& word, int bit, int bits) {
  uint64_t value = bit < 64 ? word.lo >> bit : word.hi >> (bit - 64);
  if (bit > 0 && bit < 64 && bit + bits > 64) value |= word.hi << (64 - bit);
  return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1);
}

void put_bits(Word& word, int bit, int bits, uint64_t value) {
  const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  value &= mask;
  if (bit < 64) {
    word.lo = (word.lo & ~(mask << bit)) | value << bit;
    if (bit > 0 && bit + bits > 64) {
      word.hi = (word.hi & ~(mask >> (64 - bit))) | value >> (64 - bit);
    }
  } else {
    word.hi = (word.hi & ~(mask << (bit - 64))) | value << (bit - 64);
  }
}

}  // namespace npu
