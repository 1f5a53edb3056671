#include "isa/encoding/issue.h"

#include <type_traits>
#include <utility>

#include "isa/errors.h"

namespace npu {
namespace {

constexpr size_t kInstructions = std::variant_size_v<Instruction>;
constexpr size_t kCommands = std::variant_size_v<Command>;
// Commands are the last alternatives of Instruction, in the same order.
constexpr size_t kFirstQueue = kInstructions - kCommands;

template <size_t... k>
constexpr bool same_order(std::index_sequence<k...>) {
  return ((std::variant_alternative_t<kFirstQueue + k, Instruction>::info.opcode ==
           std::variant_alternative_t<k, Command>::info.opcode) &&
          ...);
}
static_assert(same_order(std::make_index_sequence<kCommands>()));

template <class T>
T issued(const T& value, const Registers&) {
  return value;
}
Value issued(Reg reg, const Registers& registers) { return registers[reg.index]; }

template <size_t index>
void issue_as(const Instruction& instruction, const Registers& registers, Command& command) {
  using To = std::variant_alternative_t<index, Command>;
  const auto& from = *std::get_if<kFirstQueue + index>(&instruction);
  using From = std::remove_cvref_t<decltype(from)>;
  constexpr auto kFrom = From::fields();
  constexpr auto kTo = To::fields();
  To& to = command.emplace<index>();
  [&]<size_t... k>(std::index_sequence<k...>) {
    ((to.*(std::get<k>(kTo).member) = issued(from.*(std::get<k>(kFrom).member), registers)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(kTo)>>());
}

using IssueFn = void (*)(const Instruction&, const Registers&, Command&);
template <size_t... k>
constexpr std::array<IssueFn, kCommands> issue_table(std::index_sequence<k...>) {
  return {&issue_as<k>...};
}
constexpr std::array<IssueFn, kCommands> kIssue =
    issue_table(std::make_index_sequence<kCommands>());

struct Use {
  uint64_t read = 0;
  int written = 0;
};

// In sequencer instructions the register field `d` is the result; all other registers are read.
template <class I, class T>
void add_use(Use& use, std::string_view name, const T& value) {
  const bool scalar = !kHasSync<I> && !kNamesUnit<I>;
  if constexpr (std::is_same_v<T, Reg>) {
    const bool result = scalar && name == "d";
    if (result) use.written = value.index;
    if (!result || std::is_same_v<I, AddWrap>) use.read |= uint64_t{1} << value.index;
  } else if constexpr (std::is_same_v<T, RegImm>) {
    use.read |= uint64_t{1} << value.reg.index;
  }
}

Use use_of(const Instruction& instruction) {
  return std::visit(
      []<class I>(const I& i) {
        Use use;
        std::apply([&](const auto&... f) { (add_use<I>(use, f.name, i.*(f.member)), ...); },
                   I::fields());
        use.read &= ~uint64_t{1};
        return use;
      },
      instruction);
}

template <class Variant>
const Sync* find_sync(const Variant& variant) {
  return std::visit(
      []<class I>(const I& i) -> const Sync* {
        if constexpr (kHasSync<I>) {
          return &i.sync;
        } else {
          return nullptr;
        }
      },
      variant);
}

template <class Variant>
const Info& find_info(const Variant& variant) {
  return std::visit([]<class I>(const I&) -> const Info& { return I::info; }, variant);
}

template <class Variant>
Unit find_unit(const Variant& variant) {
  return std::visit([](const auto& i) { return unit_of(i); }, variant);
}

}  // namespace

const Info& info_of(const Instruction& instruction) { return find_info(instruction); }
const Info& info_of(const Command& command) { return find_info(command); }
Unit unit_of(const Instruction& instruction) { return find_unit(instruction); }
Unit unit_of(const Command& command) { return find_unit(command); }
const Sync* sync_of(const Instruction& instruction) { return find_sync(instruction); }
const Sync* sync_of(const Command& command) { return find_sync(command); }

bool is_queue(const Instruction& instruction) {
  return instruction.index() >= kFirstQueue && unit_of(instruction) != Unit::kSequencer;
}

uint64_t source_registers(const Instruction& instruction) { return use_of(instruction).read; }
int destination_register(const Instruction& instruction) { return use_of(instruction).written; }

void issue(const Instruction& instruction, const Registers& registers, Command& command) {
  NPU_ASSERT(instruction.index() >= kFirstQueue);
  kIssue[instruction.index() - kFirstQueue](instruction, registers, command);
}

Command issue(const Instruction& instruction, const Registers& registers) {
  Command command;
  issue(instruction, registers, command);
  return command;
}

}  // namespace npu
