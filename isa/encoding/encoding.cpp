#include "isa/encoding/encoding.h"

#include <array>
#include <utility>

#include "isa/encoding/field_bits.h"
#include "isa/errors.h"

namespace npu {
namespace {

using detail::field_bits;

// Bits [at, at + bits) of a word whose parts are taken or given in ascending order.
class Packer {
 public:
  explicit Packer(uint8_t opcode) { put(opcode, detail::kOpcodeBits); }

  void put(uint64_t value, int bits) {
    NPU_ASSERT(bits == 64 || value >> bits == 0);
    if (at_ < 64) word_.lo |= value << at_;
    if (at_ >= 64) word_.hi |= value << (at_ - 64);
    if (at_ < 64 && at_ + bits > 64) word_.hi |= value >> (64 - at_);
    at_ += bits;
  }

  void operator()(Reg reg) { put(reg.index, detail::kRegBits); }
  void operator()(bool flag) { put(flag ? 1 : 0, 1); }
  void operator()(Imm64 imm) { put(imm.value, 64); }
  void operator()(Label label) { put(label.index, field_bits<Label>()); }
  void operator()(StringId id) { put(id.index, field_bits<StringId>()); }
  void operator()(const RegImm& value) {
    put(value.reg.index, detail::kRegBits);
    put(static_cast<uint32_t>(value.imm), detail::kImmBits);
  }
  void operator()(const Sync& sync) {
    pair(sync.waits);
    pair(sync.sets);
  }
  template <class E>
  requires std::is_enum_v<E>
  void operator()(E value) {
    NPU_ASSERT(static_cast<int>(value) < kEnum<E>.count);
    put(static_cast<uint64_t>(value), kEnum<E>.bits);
  }

  const Word& word() const { return word_; }

 private:
  void pair(const std::array<FlagCount, 2>& two) {
    const bool first = two[0].count != 0;
    one(first ? two[0] : two[1]);
    one(first ? two[1] : FlagCount{});
  }
  void one(FlagCount part) {
    put(part.count == 0 ? 0 : part.flag, detail::kFlagBits);
    put(part.count, detail::kCountBits);
  }

  Word word_;
  int at_ = 0;
};

class Unpacker {
 public:
  explicit Unpacker(const Word& word) : word_(word) { take(detail::kOpcodeBits); }

  uint64_t take(int bits) {
    uint64_t value = at_ < 64 ? word_.lo >> at_ : word_.hi >> (at_ - 64);
    if (at_ < 64 && at_ + bits > 64) value |= word_.hi << (64 - at_);
    at_ += bits;
    return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1);
  }

  void operator()(std::string_view, Reg& reg) { reg.index = take8(detail::kRegBits); }
  void operator()(std::string_view, bool& flag) { flag = take(1) != 0; }
  void operator()(std::string_view, Imm64& imm) { imm.value = take(64); }
  void operator()(std::string_view, Label& label) {
    label.index = static_cast<uint32_t>(take(field_bits<Label>()));
  }
  void operator()(std::string_view, StringId& id) {
    id.index = static_cast<uint16_t>(take(field_bits<StringId>()));
  }
  void operator()(std::string_view, RegImm& value) {
    value.reg.index = take8(detail::kRegBits);
    value.imm = static_cast<int32_t>(static_cast<uint32_t>(take(detail::kImmBits)));
  }
  void operator()(std::string_view name, Sync& sync) {
    pair(name, sync.waits);
    pair(name, sync.sets);
  }
  template <class E>
  requires std::is_enum_v<E>
  void operator()(std::string_view name, E& value) {
    const uint64_t code = take(kEnum<E>.bits);
    if (code >= static_cast<uint64_t>(kEnum<E>.count)) {
      fail(std::string(name) + ": code " + std::to_string(code) + " names no " +
           std::string(kEnum<E>.what));
    }
    value = static_cast<E>(code);
  }

  // Call when every field has been taken.
  void finish() {
    const bool clear = at_ >= 128 || (at_ >= 64 ? word_.hi >> (at_ - 64) == 0
                                                : word_.hi == 0 && word_.lo >> at_ == 0);
    if (!clear) fail("bits " + std::to_string(at_) + "..127 must be zero");
  }
  const std::string& problem() const { return problem_; }

 private:
  uint8_t take8(int bits) { return static_cast<uint8_t>(take(bits)); }
  void pair(std::string_view name, std::array<FlagCount, 2>& two) {
    for (FlagCount& part : two) {
      part.flag = take8(detail::kFlagBits);
      part.count = take8(detail::kCountBits);
      if (part.count == 0 && part.flag != 0) fail(std::string(name) + ": a flag with count 0");
    }
    if (two[0].count == 0 && two[1].count != 0) {
      fail(std::string(name) + ": the second is used, the first is not");
    }
  }
  void fail(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  Word word_;
  int at_ = 0;
  std::string problem_;
};

template <class I>
std::variant<Instruction, DecodeError> decode_as(const Word& word) {
  I instruction{};
  Unpacker unpack(word);
  std::apply([&](const auto&... f) { (unpack(f.name, instruction.*(f.member)), ...); },
             I::fields());
  unpack.finish();
  if (!unpack.problem().empty()) {
    return DecodeError{std::string(I::info.name) + ": " + unpack.problem()};
  }
  return Instruction(instruction);
}

using DecodeFn = std::variant<Instruction, DecodeError> (*)(const Word&);

template <class Variant>
struct IsaTable;
template <class... Is>
struct IsaTable<std::variant<Is...>> {
  static_assert(((detail::used_bits<Is>() <= detail::kWordBits) && ...),
                "every instruction fits in a word");

  static consteval std::array<DecodeFn, 256> make() {
    std::array<DecodeFn, 256> table{};
    const auto add = [&](uint8_t opcode, DecodeFn fn) {
      if (opcode == 0 || table[opcode] != nullptr) throw "opcodes are unique and never 0";
      table[opcode] = fn;
    };
    (add(Is::info.opcode, &decode_as<Is>), ...);
    return table;
  }
};

constexpr std::array<DecodeFn, 256> kDecoders = IsaTable<Instruction>::make();

}  // namespace

Word encode(const Instruction& instruction) {
  return std::visit(
      []<class I>(const I& i) {
        Packer pack(I::info.opcode);
        std::apply([&](const auto&... f) { (pack(i.*(f.member)), ...); }, I::fields());
        return pack.word();
      },
      instruction);
}

std::variant<Instruction, DecodeError> decode(Word word) {
  const auto opcode = static_cast<uint8_t>(word.lo & 0xff);
  const DecodeFn fn = kDecoders[opcode];
  if (fn == nullptr) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return DecodeError{std::string("opcode 0x") + kDigits[opcode >> 4] + kDigits[opcode & 15] +
                       " names no instruction"};
  }
  return fn(word);
}

}  // namespace npu
