#include "tests/unit/isa/random_instruction.h"

#include <tuple>

#include "isa/encoding/enum_names.h"

namespace npu {
namespace {

// Values at the ends of their range are as likely as all others together.
template <class T>
T any_number(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return std::numeric_limits<T>::min();
    case 1:
      return std::numeric_limits<T>::max();
    default:
      return static_cast<T>(random());
  }
}

void randomise(std::mt19937_64& random, Reg& reg) { reg.index = random() % kRegisters; }
void randomise(std::mt19937_64& random, bool& flag) { flag = random() % 2; }
void randomise(std::mt19937_64& random, Imm64& imm) { imm.value = any_number<uint64_t>(random); }
void randomise(std::mt19937_64& random, Label& label) {
  label.index = any_number<uint32_t>(random);
}
void randomise(std::mt19937_64& random, StringId& id) { id.index = any_number<uint16_t>(random); }
void randomise(std::mt19937_64& random, RegImm& value) {
  randomise(random, value.reg);
  value.imm = any_number<int32_t>(random);
}
void randomise(std::mt19937_64& random, Sync& sync) {
  for (auto* two : {&sync.waits, &sync.sets}) {
    const uint64_t used = random() % 3;
    for (uint64_t i = 0; i < used; ++i) {
      (*two)[i].flag = random() % kFlags;
      (*two)[i].count = 1 + random() % kMaxRidingCount;
    }
  }
}
template <class E>
requires std::is_enum_v<E>
void randomise(std::mt19937_64& random, E& value) {
  value = static_cast<E>(random() % kEnum<E>.count);
}

template <class Variant>
struct Each;
template <class... Is>
struct Each<std::variant<Is...>> {
  template <class I>
  static Instruction one(std::mt19937_64& random) {
    I instruction{};
    std::apply([&](const auto&... f) { (randomise(random, instruction.*(f.member)), ...); },
               I::fields());
    return instruction;
  }
  static std::vector<Instruction> all(std::mt19937_64& random) { return {one<Is>(random)...}; }
};

}  // namespace

std::vector<Instruction> random_instructions(std::mt19937_64& random) {
  return Each<Instruction>::all(random);
}

}  // namespace npu
