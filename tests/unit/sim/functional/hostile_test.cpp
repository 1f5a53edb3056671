// Commands with random operands: validate must let through nothing that reaches outside a memory.
// Under the address sanitizer this also proves that of execute.
#include "tests/unit/sim/functional/samples.h"

using namespace npu;
using namespace npu::test;

namespace {

class Breaker {
 public:
  explicit Breaker(SampleRig& rig) : rig_(rig) {}

  // A copy of the command with about one field in six changed to something nasty.
  Command broken(const Command& command) {
    Command result = command;
    std::visit([&](auto& c) { break_fields(c); }, result);
    return result;
  }

 private:
  template <class C>
  void break_fields(C& c) {
    std::apply([&](const auto&... field) { (maybe(c.*(field.member)), ...); }, C::fields());
  }

  template <class T>
  void maybe(T& value) {
    if (numbers_.bits() % 6 == 0) change(value);
  }

  void change(Value& value) {
    const Value nasty[] = {0,
                           1,
                           2,
                           3,
                           15,
                           16,
                           31,
                           32,
                           33,
                           64,
                           96,
                           100,
                           511,
                           512,
                           513,
                           1024,
                           1536,
                           4096,
                           0xf000,
                           0xffe0,
                           1 << 16,
                           1 << 24,
                           (1 << 24) + 1,
                           uint64_t{1} << 32,
                           uint64_t{1} << 40,
                           uint64_t{1} << 63,
                           ~uint64_t{0},
                           ~uint64_t{31},
                           ~uint64_t{511},
                           rig_.gm_tensor,
                           rig_.gm_tensor + (1 << 16) - 64,
                           rig_.gm_list,
                           value + 1,
                           value - 1,
                           value + 32,
                           value * 2};
    value = nasty[numbers_.bits() % std::size(nasty)];
  }
  void change(bool& value) { value = !value; }
  void change(Type& value) { value = static_cast<Type>(numbers_.bits() % 16); }
  void change(Mem& value) { value = static_cast<Mem>(numbers_.bits() % 8); }
  void change(Source& value) { value = static_cast<Source>(numbers_.bits() % 8); }
  void change(Layout& value) { value = static_cast<Layout>(numbers_.bits() % 8); }
  void change(Atomic& value) { value = static_cast<Atomic>(numbers_.bits() % 4); }
  void change(Activation& value) { value = static_cast<Activation>(numbers_.bits() % 4); }
  void change(ScaleMode& value) { value = static_cast<ScaleMode>(numbers_.bits() % 4); }
  void change(Compare& value) { value = static_cast<Compare>(numbers_.bits() % 8); }
  void change(RoundMode& value) { value = static_cast<RoundMode>(numbers_.bits() % 4); }
  void change(Hint&) {}
  void change(Unit& value) { value = static_cast<Unit>(numbers_.bits() % 7); }
  void change(Sync&) {}

  SampleRig& rig_;
  Numbers numbers_{123};
};

bool inside(SampleRig& rig, const Region& region) {
  const uint64_t last = region.base + (region.rows - 1) * static_cast<uint64_t>(region.pitch);
  if (region.mem == Mem::kGm) {
    const Allocation* found = rig.gm.find(region.base, region.row_bytes);
    return found != nullptr && found == rig.gm.find(last, region.row_bytes);
  }
  return last + region.row_bytes <= size_of(rig.limits, region.mem, region.core);
}

}  // namespace

TEST_CASE("no command that validate lets through reaches outside a memory") {
  SampleRig rig;
  Breaker breaker(rig);
  const std::vector<Sample> samples = rig.samples();
  int ran = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    for (const Sample& sample : samples) {
      const Place place{rig.gm, rig.group, rig.limits, sample.core};
      const Command command = breaker.broken(sample.command);
      if (validate(place, command) || validate_indices(place, command)) {
        ++refused;
        continue;
      }
      const Footprint all = footprint(place, command);
      for (const Region& region : all) {
        if (!inside(rig, region)) FAIL("alternative " << command.index() << " reaches outside");
      }
      execute(place, command);
      ++ran;
    }
    if (round % 50 == 0) {  // the lists may have been overwritten
      SampleRig fresh;
      rig.group = fresh.group;
    }
  }
  CHECK(ran > 1000);
  CHECK(refused > 1000);
}
