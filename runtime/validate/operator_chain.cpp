#include "runtime/validate/operator_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "isa/errors.h"

namespace npu {

namespace {

constexpr uint64_t kSeed = 1;  // of control contents: which rows are listed

uint64_t bytes_of_tensor(const OperatorArgument& argument) {
  return bytes_of(argument.tensor.type, static_cast<size_t>(argument.tensor.count()));
}

std::vector<OperatorArgument> arguments_of(const ChainLink& link) {
  const Options options(link.kernel->name, link.kernel->options, link.options);
  return link.kernel->arguments(options, kSeed, Contents::kControlOnly);
}

// The tensors of a chain by name, each as large as the largest of its uses.
class Tensors {
 public:
  explicit Tensors(Device& device) : device_(device) {}
  ~Tensors() {
    for (const auto& [name, buffer] : buffers_) device_.release(buffer);
  }
  Tensors(const Tensors&) = delete;
  Tensors& operator=(const Tensors&) = delete;

  void need(const std::string& name, const OperatorArgument& argument) {
    Need& need = needs_[name];
    need.bytes = std::max(need.bytes, bytes_of_tensor(argument));
    if (argument.control) need.storage = Storage::kControl;
  }
  void allocate() {
    for (const auto& [name, need] : needs_) {
      buffers_[name] = device_.alloc(need.bytes, need.storage, name);
    }
  }
  const Buffer& operator[](const std::string& name) const { return buffers_.at(name); }

 private:
  struct Need {
    uint64_t bytes = 0;
    Storage storage = Storage::kData;
  };
  Device& device_;
  std::map<std::string, Need> needs_;
  std::map<std::string, Buffer> buffers_;
};

// The names of a link's tensors beside its arguments that are tensors.
void need_tensors(const ChainLink& link, const std::vector<OperatorArgument>& arguments,
                  Tensors& tensors) {
  size_t next = 0;
  std::string expected;
  for (const OperatorArgument& argument : arguments) {
    if (argument.kind != Parameter::Kind::kTensor) continue;
    expected += " " + std::string(argument.name);
    if (next < link.tensors.size()) tensors.need(link.tensors[next], argument);
    ++next;
  }
  if (next != link.tensors.size()) {
    throw InputError(fmt::format("{}: {} tensors named; allowed: one for each of{}",
                                 link.kernel->name, link.tensors.size(), expected));
  }
}

std::vector<Argument> launch_arguments(const ChainLink& link, Device& device,
                                       const std::vector<OperatorArgument>& arguments,
                                       const Tensors& tensors) {
  std::vector<Argument> launched;
  size_t next = 0;
  for (const OperatorArgument& argument : arguments) {
    if (argument.kind == Parameter::Kind::kInt) {
      launched.emplace_back(argument.value);
    } else if (argument.kind == Parameter::Kind::kF32) {
      launched.emplace_back(argument.real);
    } else {
      const Buffer& buffer = tensors[link.tensors[next++]];
      if (!argument.tensor.bytes.empty()) device.write(buffer, argument.tensor.bytes);
      launched.emplace_back(buffer);
    }
  }
  return launched;
}

}  // namespace

ChainLink parse_link(const std::string& text) {
  const size_t colon = text.find(':');
  ChainLink link;
  std::istringstream options(text.substr(0, colon));
  std::string word;
  options >> word;
  link.kernel = &find_operator(word);
  while (options >> word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      throw InputError(fmt::format("{}: '{}' is no option; allowed: NAME=VALUE", text, word));
    }
    link.options.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  if (colon == std::string::npos) return link;
  std::istringstream names(text.substr(colon + 1));
  while (names >> word) link.tensors.push_back(word);
  return link;
}

ChainRun run_chain(Bench& bench, const std::vector<ChainLink>& chain) {
  Tensors tensors(bench.device());
  std::vector<std::vector<OperatorArgument>> arguments;
  for (const ChainLink& link : chain) {
    arguments.push_back(arguments_of(link));
    need_tensors(link, arguments.back(), tensors);
  }
  tensors.allocate();
  ChainRun all;
  bool cube = false, vector = false;
  for (size_t i = 0; i < chain.size(); ++i) {
    const ChainLink& link = chain[i];
    const Options options(link.kernel->name, link.kernel->options, link.options);
    auto program = std::make_shared<const Program>(link.kernel->program(bench.limits(), options));
    cube = cube || !program->cube.words.empty();
    vector = vector || !program->vector.words.empty();
    const Bench::Run run =
        bench.run(std::move(program), launch_arguments(link, bench.device(), arguments[i], tensors),
                  {.cold_l2 = i == 0});
    all.sum.cycles += run.cycles;
    for (size_t unit = 0; unit < kUnits; ++unit) all.sum.under_way[unit] += run.under_way[unit];
  }
  all.mixed = cube && vector;
  return all;
}

}  // namespace npu
