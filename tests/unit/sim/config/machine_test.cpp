#include "sim/config/machine.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "isa/errors.h"

namespace npu {
namespace {

std::string problem_of(const std::string& yaml) {
  try {
    parse_machine(yaml, "x.yaml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Dotted names of all single fields and of all groups.
class Names final : public FieldVisitor {
 public:
  using FieldVisitor::field;
  void field(const char* name, int64_t&, FieldRange, const char*) override { add(name); }
  void field(const char* name, double&, FieldRange, const char*) override { add(name); }
  void field(const char* name, bool&, const char*) override { add(name); }
  void field(const char* name, std::string&, const char*) override { add(name); }
  void field(const char* name, TypeTable&, FieldRange, const char*) override { add(name); }
  void field(const char* name, TypeList&, const char*) override { add(name); }
  std::vector<std::string> fields;

 protected:
  void enter(const char* name, const char*) override { prefix_.push_back(name); }
  void leave() override { prefix_.pop_back(); }

 private:
  void add(const std::string& name) {
    std::string dotted;
    for (const std::string& part : prefix_) dotted += part + ".";
    fields.push_back(dotted + name);
  }
  std::vector<std::string> prefix_;
};

TEST_CASE("the presets load and say what the design says") {
  const MachineConfig base = load_machine("base");
  CHECK(base.name == "base");
  const Limits limits = limits_of(base);
  CHECK(limits.groups == 32);
  CHECK(limits.vectors == 2);
  CHECK(limits.fractal_cols(Type::kF16) == 16);
  CHECK(limits.cube_macs_per_cycle_f16 == 4096);
  CHECK(limits.hbm_bytes_per_cycle == Approx(2400 / 1.8));
  CHECK(limits.l0c_to_ub);
  CHECK(base.cube.cycles[static_cast<size_t>(Type::kF32)] == 2);
  const MachineConfig gm = load_machine("base-gm");
  CHECK(!limits_of(gm).l0c_to_ub);
  CHECK(gm.groups == 32);
  const Limits tiny = limits_of(load_machine("tiny"));
  CHECK(tiny.fractal_cols(Type::kF16) == 4);
  CHECK(tiny.fractal_bytes() == 32);
}

TEST_CASE("every field of a preset has a source, itself or through its group") {
  for (const char* name : {"base", "base-gm", "tiny"}) {
    MachineConfig machine = load_machine(name);
    Names names;
    machine.visit(names);
    for (const std::string& field : names.fields) {
      if (field == "about" || field == "chips") continue;
      bool found = machine.sources.count(field) > 0;
      for (size_t dot = field.rfind('.'); dot != std::string::npos && !found;
           dot = dot == 0 ? std::string::npos : field.rfind('.', dot - 1)) {
        found = machine.sources.count(field.substr(0, dot)) > 0;
      }
      INFO(name << ": " << field);
      CHECK(found);
    }
  }
}

TEST_CASE("a dump reads back as the same machine") {
  std::vector<std::string> names = machine_names();
  for (const std::string& system : system_names()) {
    CHECK(load_machine(system).chips > 1);
    names.push_back(system);
  }
  CHECK(names.size() >= 7);
  for (const std::string& name : names) {
    const MachineConfig machine = load_machine(name);
    const std::string text = dump_machine(machine);
    const MachineConfig again = parse_machine(text, name + ".yaml");
    MachineConfig bare = machine;
    bare.sources.clear();
    CHECK(dump_machine(again) == dump_machine(bare));
  }
}

TEST_CASE("a file gives only what differs from its base") {
  const MachineConfig machine =
      parse_machine("base: base\ngroups: 4\ncube: {gap: 9}\n", "mine.yaml");
  CHECK(machine.name == "mine");
  CHECK(machine.groups == 4);
  CHECK(machine.cube.gap == 9);
  CHECK(machine.cube.startup == load_machine("base").cube.startup);
}

TEST_CASE("a file without a base must give every field") {
  CHECK(problem_of("groups: 4\n")
            .rfind("x.yaml:1: no base, so every field must be given; missing are about, clock_ghz",
                   0) == 0);
}

TEST_CASE("an unknown key is refused with its place and the nearest name") {
  CHECK(problem_of("base: base\ncube:\n  fractal_rowz: 4\n") ==
        "x.yaml:3: cube.fractal_rowz: unknown key; did you mean fractal_rows?");
  CHECK(has(problem_of("base: base\nzzzzzz: 4\n"),
            "x.yaml:2: zzzzzz: unknown key; known keys: base"));
}

TEST_CASE("all problems of a file come together") {
  const std::string text = problem_of(
      "base: base\ngroups: 0\nclock_ghz: fast\npath: {l0c_to_ub: maybe}\n"
      "vector: {types: [f32, f33]}\nmemory: 3\ncube: {cycles: {f16: 1, f16x: 2}}\n");
  CHECK(has(text, "x.yaml:2: groups: is '0', allowed is a whole number from 1 to 1024"));
  CHECK(has(text, "x.yaml:3: clock_ghz: is 'fast', allowed is a number from"));
  CHECK(has(text, "x.yaml:4: path.l0c_to_ub: is 'maybe', allowed are true and false"));
  CHECK(has(text, "x.yaml:5: vector.types: f33 is no element type"));
  CHECK(has(text, "x.yaml:6: memory: must be a map of fields"));
  CHECK(has(text, "x.yaml:7: cube.cycles: f16x is no element type"));
}

TEST_CASE("broken YAML, wrong shapes and numbers that are none are refused") {
  CHECK(has(problem_of("a: [1\nb: {"), "x.yaml:"));
  CHECK(has(problem_of("- 1\n- 2\n"), "must be a map"));
  CHECK(has(problem_of(""), "must be a map"));
  CHECK(has(problem_of("base: base\ngroups: [1]\n"), "groups: must be a single value"));
  CHECK(has(problem_of("base: base\ngroups: 1e3\n"), "groups: is '1e3'"));
  CHECK(has(problem_of("base: base\nclock_ghz: nan\n"), "clock_ghz: is 'nan'"));
  CHECK(has(problem_of("base: base\ngroups: 99999999999999999999\n"), "groups: is"));
  CHECK(has(problem_of("base: base\ngroups: 2\ngroups: 3\n"), "groups: is there twice"));
  CHECK(has(problem_of("base: base\nsources: {cube.rowz: x}\n"), "cube.rowz is no field"));
}

TEST_CASE("fields that contradict each other are refused") {
  CHECK(has(problem_of("base: base\nmemory: {l2: {line: 500}}\n"), "must be a power of two"));
  CHECK(has(problem_of("base: base\nmemory: {window_lines: 4}\n"), "memory.lines_per_event"));
  CHECK(has(problem_of("base: base\nbuffer: {l0a: 1000}\n"), "buffer.l0a"));
  CHECK(has(problem_of("base: base\nvector: {repeat: 16}\n"), "vector.block"));
  CHECK(has(problem_of("base: base\ncube: {cycles: {}}\n"), "names no type"));
}

TEST_CASE("an unknown machine lists those that exist, a circle of bases is found") {
  CHECK_THROWS_WITH(load_machine("bsae"),
                    Catch::Contains("no such machine; known are") && Catch::Contains("base-gm"));
  CHECK_THROWS_WITH(load_machine("./nowhere.yaml"), Catch::Contains("no such machine file"));
  const auto folder = std::filesystem::temp_directory_path() / "npu_machine_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.yaml") << "base: ./b.yaml\n";
  std::ofstream(folder / "b.yaml") << "base: ./a.yaml\n";
  CHECK_THROWS_WITH(load_machine((folder / "a.yaml").string()),
                    Catch::Contains("base goes in a circle"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace npu
