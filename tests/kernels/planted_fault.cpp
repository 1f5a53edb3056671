#include "tests/kernels/planted_fault.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <tuple>

#include "isa/encoding/encoding.h"
#include "isa/errors.h"
#include "kernels/ops/compare.h"
#include "runtime/schedule/operator_run.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {

namespace {

using Arguments = std::vector<OperatorArgument>;

[[noreturn]] void unknown(const std::string& what) {
  throw InputError("planted fault: " + what + ": there is none");
}

std::string name_of(const Instruction& instruction) {
  return std::visit([](const auto& i) { return std::string(i.info.name); }, instruction);
}

// The Nth instruction of a name, counted over the cube's code and then the vector cores', or all.
std::vector<Word*> find_words(Program& program, const std::string& name, const std::string& which) {
  std::vector<Word*> found;
  for (CoreCode* code : {&program.cube, &program.vector}) {
    for (Word& word : code->words) {
      if (name_of(std::get<Instruction>(decode(word))) == name) found.push_back(&word);
    }
  }
  if (which == "every" && !found.empty()) return found;
  const size_t n = which == "every" ? 0 : std::stoul(which);
  if (n == 0 || n > found.size()) unknown(name + " " + which + " in " + program.name);
  return {found[n - 1]};
}

// Changes an instruction in place; `change` is called with its struct.
template <class Change>
void change_word(Word& word, const Change& change) {
  Instruction instruction = std::get<Instruction>(decode(word));
  std::visit(change, instruction);
  word = encode(instruction);
}

constexpr auto kLeaveOut = [](auto& i) {
  if constexpr (requires { i.rows; }) {
    i.rows = Reg{};
  } else if constexpr (requires { i.m; }) {
    i.m = Reg{};
  } else if constexpr (requires { i.cols; }) {
    i.cols = Reg{};
  } else {
    unknown("an extent of " + std::string(i.info.name));
  }
};

constexpr auto kExchange = [](auto& i) {
  if constexpr (requires { i.a_is, i.b_is, i.a_pitch, i.b_pitch; }) {
    std::swap(i.a, i.b);
    std::swap(i.a_is, i.b_is);
    std::swap(i.a_pitch, i.b_pitch);
  } else if constexpr (requires { i.m, i.a, i.b; }) {
    std::swap(i.a, i.b);
  } else {
    unknown("two sources of " + std::string(i.info.name));
  }
};

// r0 is 0; r1, the address of the arguments, is not.
template <uint8_t value>
constexpr auto kAccumulate = [](auto& i) {
  if constexpr (requires { i.accumulate; }) {
    i.accumulate = Reg{value};
  } else {
    unknown("an accumulator of " + std::string(i.info.name));
  }
};

template <size_t i = 0>
Instruction instruction_named(const std::string& name) {
  if constexpr (i == std::variant_size_v<Instruction>) {
    unknown(name);
  } else {
    using I = std::variant_alternative_t<i, Instruction>;
    return name == I::info.name ? Instruction{I{}} : instruction_named<i + 1>(name);
  }
}

size_t fields_of(const Instruction& instruction) {
  return std::visit([](const auto& i) { return std::tuple_size_v<decltype(i.fields())>; },
                    instruction);
}

// The opcode is the first byte of a word; operations of one shape have the same fields.
void turn_into(Word& word, const std::string& other) {
  const Instruction made = instruction_named(other);
  if (fields_of(made) != fields_of(std::get<Instruction>(decode(word))))
    unknown(other + " of the same shape");
  word.lo = (word.lo & ~uint64_t{0xff}) | (encode(made).lo & 0xff);
}

void change_program(Program& program, const std::string& verb, std::istringstream& words) {
  std::string skip, name, which, other;
  if (verb == "leave") words >> skip;
  words >> name >> which >> skip >> other;
  for (Word* word : find_words(program, name, which)) {
    if (verb == "leave") change_word(*word, kLeaveOut);
    if (verb == "exchange") change_word(*word, kExchange);
    if (verb == "overwrite") change_word(*word, kAccumulate<0>);
    if (verb == "keep") change_word(*word, kAccumulate<1>);
    if (verb == "turn") turn_into(*word, other);
  }
}

// Element i becomes what element from(i) was.
void permute(HostTensor& t, const std::function<int64_t(int64_t)>& from) {
  const HostTensor old = t;
  for (int64_t i = 0; i < t.count(); ++i) t.set(i, old.at(from(i)));
}

void change_tensor(HostTensor& t, const std::string& how) {
  const int64_t cols = t.dims.back(), count = t.count();
  if (how == "shifted") return permute(t, [&](int64_t i) { return (i + 1) % count; });
  if (how == "a row late")
    return permute(t, [&](int64_t i) { return std::max(i - cols, i % cols); });
  if (how == "its first row") return permute(t, [&](int64_t i) { return i % cols; });
  if (how == "last doubled") return t.set(count - 1, 2 * t.at(count - 1));
  if (how != "without its end") unknown(how);
  for (int64_t i = cols - 1; i < count; i += cols) t.set(i, 0);
}

void change_arguments(Arguments& arguments, const std::string& name, std::istringstream& words) {
  std::string how;
  std::getline(words >> std::ws, how);
  const auto found = std::find_if(arguments.begin(), arguments.end(), [&](const auto& argument) {
    return argument.name == name && !argument.output;
  });
  if (found == arguments.end()) unknown("an input " + name);
  change_tensor(found->tensor, how);
}

bool changes_program(const std::string& verb) {
  for (const char* each : {"leave", "turn", "exchange", "overwrite", "keep"}) {
    if (verb == each) return true;
  }
  return false;
}

std::vector<OptionText> replaced(std::vector<OptionText> options,
                                 const std::vector<OptionText>& others) {
  for (const OptionText& other : others) {
    std::erase_if(options, [&](const OptionText& option) { return option.first == other.first; });
    options.push_back(other);
  }
  return options;
}

}  // namespace

FaultyRun run_faulty(Device& device, const PlantedFault& fault) {
  const Operator& op = find_operator(fault.op);
  const Options options(op.name, op.options, fault.options);
  Options built = options;
  Arguments arguments = op.arguments(options, 3, Contents::kAll);
  const std::vector<Expected> expected = op.expected(options, arguments);

  std::istringstream words(fault.text);
  std::string verb, rest;
  words >> verb;
  if (verb == "with") {
    std::getline(words >> std::ws, rest);
    built = Options(op.name, op.options, replaced(fault.options, options_from(rest)));
    // What the kernel would be launched with, by its own idea of it.
    const Arguments own = op.arguments(built, 3, Contents::kControlOnly);
    for (size_t i = 0; i < own.size(); ++i) arguments.at(i).value = own[i].value;
  } else if (!verb.empty() && !changes_program(verb)) {
    change_arguments(arguments, verb, words);
  }
  Program program = op.program(device.limits(), built);
  if (changes_program(verb)) change_program(program, verb, words);

  FaultyRun run;
  run.refused = run_operator(device, std::make_shared<const Program>(std::move(program)), arguments)
                    .fault.has_value();
  size_t next = 0;
  for (const OperatorArgument& argument : arguments) {
    if (!argument.output || run.refused) continue;
    const Expected& e = expected.at(next++);
    const CheckResult verdict = compare(argument.tensor, e.want, e.bound);
    run.passed = run.passed && verdict.passed;
    run.verdicts += std::string(argument.name) + ": " + verdict.text() + "\n";
  }
  return run;
}

}  // namespace npu
