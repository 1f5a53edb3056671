#include "sim/check/mutants.h"

#include <variant>

#include "isa/encoding/encoding.h"
#include "isa/errors.h"
#include "isa/instructions/instruction.h"

namespace npu {

namespace {

// An addition to r0.
Word do_nothing() { return encode(Instruction{Add{}}); }

template <class I>
inline constexpr bool kIsSet = std::is_same_v<I, Set<Reg>> || std::is_same_v<I, SetWord<Reg>>;
template <class I>
inline constexpr bool kIsWait = std::is_same_v<I, Wait<Reg>> || std::is_same_v<I, WaitWord<Reg>>;

class Finder {
  template <class P>
  auto& code(P& program) const {
    return on_cube_ ? program.cube : program.vector;
  }

 public:
  explicit Finder(const Program& program) : program_(program) {}

  void search(bool on_cube) {
    on_cube_ = on_cube;
    const std::vector<Word>& words = code(program_).words;
    for (pc_ = 0; pc_ < words.size(); ++pc_) {
      const auto decoded = decode(words[pc_]);
      const Instruction* instruction = std::get_if<Instruction>(&decoded);
      if (instruction == nullptr) continue;  // a run reports it
      std::visit([&](const auto& i) { search_instruction(i); }, *instruction);
    }
  }

  std::vector<Mutant> found;

 private:
  template <class I>
  void search_instruction(const I& instruction) {
    if constexpr (kIsSet<I> || kIsWait<I>) {
      add(do_nothing(), kIsSet<I>, std::string(I::info.name));
    } else if constexpr (kHasSync<I>) {
      for (size_t i = 0; i < 2; ++i) {
        search_riding(
            instruction, instruction.sync.waits[i],
            [i](I& mutant) -> FlagCount& { return mutant.sync.waits[i]; }, false);
        search_riding(
            instruction, instruction.sync.sets[i],
            [i](I& mutant) -> FlagCount& { return mutant.sync.sets[i]; }, true);
      }
    }
  }

  template <class I, class Pick>
  void search_riding(const I& instruction, const FlagCount& riding, Pick pick, bool is_set) {
    if (riding.count == 0) return;
    I mutant = instruction;
    pick(mutant) = FlagCount{};
    add(encode(Instruction{mutant}), is_set,
        std::string(is_set ? "set" : "wait") + " of flag " + std::to_string(riding.flag) +
            (is_set ? " (+" : " (") + std::to_string(riding.count) + ") on " +
            std::string(I::info.name));
  }

  void add(const Word& word, bool is_set, std::string what) {
    Mutant mutant{program_, is_set, on_cube_, pc_, std::move(what)};
    code(mutant.program).words[pc_] = word;
    mutant.what +=
        std::string(", ") + (on_cube_ ? "cube" : "vector") + " instruction " + std::to_string(pc_);
    const std::vector<uint32_t>& lines = code(program_).lines;
    if (pc_ < lines.size() && lines[pc_] < program_.sources.size()) {
      const SourceLine& source = program_.sources[lines[pc_]];
      mutant.what += " (" + source.file + ":" + std::to_string(source.line) + ")";
    }
    found.push_back(std::move(mutant));
  }

  const Program& program_;
  bool on_cube_ = true;
  uint32_t pc_ = 0;
};

}  // namespace

std::vector<Mutant> sync_mutants(const Program& program) {
  Finder finder(program);
  finder.search(true);
  finder.search(false);
  return std::move(finder.found);
}

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFoundByCheck:
      return "found by check";
    case Verdict::kFoundByFault:
      return "found as a fault";
    case Verdict::kHarmless:
      return "harmless";
    case Verdict::kNotReached:
      return "not reached";
    case Verdict::kMissed:
      return "missed";
  }
  return "";
}

Verdict judge(const Mutant& mutant, const CheckReport& original, const std::optional<Fault>& fault,
              const CheckReport& report, bool same_results) {
  if (!report.clean()) return Verdict::kFoundByCheck;
  if (fault) return Verdict::kFoundByFault;
  if (!original.reached(mutant.on_cube, mutant.pc)) return Verdict::kNotReached;
  return same_results ? Verdict::kHarmless : Verdict::kMissed;
}

}  // namespace npu
