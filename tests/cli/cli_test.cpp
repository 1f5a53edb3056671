// Every subcommand on its good path, and the exit codes of bad results and of interrupts.
#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/files/input_file.h"
#include "runtime/files/npy.h"
#include "tests/cli/command.h"
#include "tests/cli/input_files.h"

namespace npu::test {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Array array_of(const std::vector<float>& values) {
  Array array{"f4", {static_cast<int64_t>(values.size())}, {}};
  array.data.resize(values.size() * sizeof(float));
  std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

std::vector<float> values_of(const Array& array) {
  std::vector<float> values(array.data.size() / sizeof(float));
  std::memcpy(values.data(), array.data.data(), array.data.size());
  return values;
}

json json_of(const CommandResult& result) {
  INFO(result.out << result.err);
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  return json::parse(result.out);
}

const std::string kScale = "--machine tiny --arg factor=2.5 --arg n=8 --arg x=@in.npy ";

TEST_CASE("npu machine lists the machines, shows one and checks a file") {
  const InputFolder folder;
  const CommandResult list = npu(folder.path(), "machine");
  CHECK(list.code == 0);
  for (const char* name : {"base", "tiny", "base-x4"}) CHECK(contains(list.out, name));
  const CommandResult base = npu(folder.path(), "machine base");
  CHECK(base.code == 0);
  for (const char* part : {"471.9 TFLOP/s", "L2        128 MB", "HBM       128 GB, 2.4 TB/s",
                           "startup: 21", "source: measured by msKPP"}) {
    INFO(part << " in " << base.out);
    CHECK(contains(base.out, part));
  }
  const CommandResult system = npu(folder.path(), "machine base-x4");
  CHECK(contains(system.out, "links     full_mesh of 4 chips, 56 GB/s one way a link"));
}

TEST_CASE("npu machine --check tells all problems of a file together") {
  const InputFolder folder;
  const CommandResult bad = npu(folder.path(), "machine --check several_problems.yaml");
  CHECK(bad.code == 2);
  CHECK(contains(bad.err, "several_problems.yaml:2: groups: is '0'"));
  CHECK(contains(bad.err, "several_problems.yaml:4: zzz: unknown key"));
  const CommandResult good = npu(folder.path(), "machine --check four_chips.yaml");
  CHECK(good.code == 0);
  CHECK(good.out == "four_chips.yaml: good, 4 chips of 32 groups\n");
}

TEST_CASE("npu run all_reduce runs on every chip of a system and is checked there") {
  const InputFolder folder;
  const CommandResult run =
      npu(folder.path(), "run all_reduce --bytes 3000 --machine tiny-x4 --dtype fp32");
  INFO(run.out << run.err);
  CHECK(run.code == 0);
  CHECK(contains(run.out, "carried between 4 chips"));
  CHECK(contains(run.out, "energy"));
}

TEST_CASE("npu run matmul --json tells the check, the cycles and where they went") {
  const InputFolder folder;
  const json result = json_of(
      npu(folder.path(), "run matmul --m 13 --n 9 --k 7 --dtype fp16 --machine tiny --json"));
  CHECK(result.at("machine") == "tiny");
  CHECK(contains(result.at("kernel"), "matmul"));
  CHECK_FALSE(result.at("interrupted").get<bool>());
  CHECK_FALSE(result.contains("fault"));
  REQUIRE(result.at("checks").size() == 1);
  for (const json& check : result.at("checks")) {
    CHECK(check.at("passed").get<bool>());
    CHECK(check.at("elements") == 13 * 9);
    CHECK(check.at("failures") == 0);
    CHECK(check.at("worst_error_over_bound").get<double>() <= 1);
  }
  CHECK(result.at("cycles").get<uint64_t>() > 100);
  CHECK(result.at("seconds").get<double>() ==
        Approx(static_cast<double>(result.at("cycles").get<uint64_t>()) * 1e-9));
  for (const char* share : {"cube_share", "roofline_share"}) {
    CHECK(result.at(share).get<double>() > 0);
    CHECK(result.at(share).get<double>() <= 1);
  }
  CHECK(result.at("l2") == "cold");
  CHECK(result.at("launch") == "excluded");
  CHECK(result.at("uses").size() >= 2);
}

TEST_CASE("npu run prints the verdict with its bound, cycles, shares, L2 state and launch cost") {
  const InputFolder folder;
  const CommandResult result = npu(folder.path(), "run matmul --m 8 --n 8 --k 8 --machine tiny");
  INFO(result.out << result.err);
  CHECK(result.code == 0);
  for (const char* part : {"check     c: pass", "cycles    ", "of peak", "roofline  ", "L2 cold",
                           "launch not included", "bound by  "}) {
    CHECK(contains(result.out, part));
  }
}

TEST_CASE("npu run tells what its launch would cost from the host and in a graph") {
  const InputFolder folder;
  const std::string run = "run matmul --m 8 --n 8 --k 8 --machine tiny";
  CHECK(contains(npu(folder.path(), run).out, "launch not included (1 us from the host)"));
  CHECK(contains(npu(folder.path(), run + " --launch graph").out,
                 "launch not included (5 us in a graph)"));
  const json result = json_of(npu(folder.path(), run + " --launch graph --json"));
  CHECK(result.at("launch_seconds").get<double>() == Approx(5e-6));
}

TEST_CASE("npu generate tells what its launches would cost from the host and in a graph") {
  const InputFolder folder;
  const std::string generate = "generate --generated --tokens 2 --machine base";
  CHECK(contains(npu(folder.path(), generate).out, "(980 us from the host)"));
  CHECK(contains(npu(folder.path(), generate + " --launch graph").out, "(245 us in a graph)"));
}

TEST_CASE("npu run takes anybody's kernel, arrays and numbers, and writes and compares arrays") {
  const InputFolder folder;
  write_npy(folder.path("in.npy"), array_of({-3, -2, -1, 0, 1, 2, 3, 4}));
  write_npy(folder.path("right.npy"), array_of({-7.5, -5, -2.5, 0, 2.5, 5, 7.5, 10}));
  write_npy(folder.path("wrong.npy"), array_of({-7.5, -5, -2.5, 0, 2.5, 5, 7.5, -10}));

  SECTION("from text, with an output written") {
    const CommandResult result =
        npu(folder.path(), "run scale.npuasm " + kScale + "--out y=@out.npy --expect y=@right.npy");
    INFO(result.out << result.err);
    CHECK(result.code == 0);
    CHECK(contains(result.out, "check     y: pass"));
    CHECK(values_of(read_npy(folder.path("out.npy"))) ==
          values_of(read_npy(folder.path("right.npy"))));
  }
  SECTION("from an object file") {
    REQUIRE(npu(folder.path(), "asm scale.npuasm").code == 0);
    CHECK(npu(folder.path(), "run scale.npuobj " + kScale + "--expect y=@right.npy").code == 0);
  }
  SECTION("and ends with 1 where the numbers differ") {
    const CommandResult result =
        npu(folder.path(), "run scale.npuasm " + kScale + "--expect y=@wrong.npy");
    INFO(result.out << result.err);
    CHECK(result.code == 1);
    CHECK(contains(result.out, "check     y: FAIL"));
    CHECK(result.err.empty());
  }
  SECTION("functional only gives the same numbers, timing only none") {
    CHECK(
        npu(folder.path(), "run scale.npuasm " + kScale + "--functional-only --expect y=@right.npy")
            .code == 0);
    const CommandResult timing =
        npu(folder.path(), "run scale.npuasm " + kScale + "--timing-only --arg y=f32[8]");
    INFO(timing.out << timing.err);
    CHECK(timing.code == 0);
    CHECK(contains(timing.out, "check     none: timing only"));
  }
}

TEST_CASE("a fault of the guest ends npu run with 1 and names the source line") {
  const InputFolder folder;
  const CommandResult result = npu(folder.path(), "run trap.npuasm --machine tiny");
  INFO(result.out << result.err);
  CHECK(result.code == 1);
  CHECK(contains(result.out, "trap: not today"));
  CHECK(contains(result.out, "trap.npuasm:2"));
  CHECK(result.err.empty());

  const CommandResult endless =
      npu(folder.path(), "run endless.npuasm --machine tiny --max-cycles 5000");
  CHECK(endless.code == 1);
  CHECK(contains(endless.out, "cycle limit"));

  const json faulty = json::parse(npu(folder.path(), "run trap.npuasm --machine tiny --json").out);
  CHECK(contains(faulty.at("fault"), "not today"));
}

TEST_CASE("what npu dis prints assembles to the same program") {
  const InputFolder folder;
  REQUIRE(npu(folder.path(), "asm scale.npuasm -o first.npuobj").code == 0);
  const CommandResult text = npu(folder.path(), "dis first.npuobj");
  REQUIRE(text.code == 0);
  CHECK(contains(text.out, "vmul.f32"));
  CHECK(contains(text.out, "scale.npuasm:20"));  // where it came from, as a comment
  std::vector<std::byte> bytes(text.out.size());
  std::memcpy(bytes.data(), text.out.data(), bytes.size());
  write_file(folder.path("again.npuasm"), bytes);
  REQUIRE(npu(folder.path(), "asm again.npuasm -o second.npuobj").code == 0);
  const CommandResult again = npu(folder.path(), "dis second.npuobj");
  const auto without_comments = [](const std::string& listing) {
    std::string code;
    for (size_t at = 0; at < listing.size();) {
      const size_t end = listing.find('\n', at);
      const std::string line = listing.substr(at, end - at);
      code += line.substr(0, line.find(';')) + "\n";
      at = end == std::string::npos ? listing.size() : end + 1;
    }
    return code;
  };
  CHECK(without_comments(again.out) == without_comments(text.out));
}

TEST_CASE("npu isa explains an instruction, lists all and prints the manual") {
  const InputFolder folder;
  const CommandResult page = npu(folder.path(), "isa mma");
  CHECK(page.code == 0);
  for (const char* part : {"mma", "accumulate", "handover"}) CHECK(contains(page.out, part));
  const CommandResult list = npu(folder.path(), "isa");
  CHECK(list.code == 0);
  for (const char* name : {"load_rows", "vtranspose", "addwrap"}) CHECK(contains(list.out, name));
  CHECK(npu(folder.path(), "isa --markdown").out.size() > list.out.size());
}

TEST_CASE("npu estimate --json costs every operator of a step") {
  const InputFolder folder;
  const json decode = json_of(
      npu(folder.path(), "estimate small.json --phase decode --context 16 --machine tiny --json"));
  CHECK(decode.at("complete").get<bool>());
  CHECK(decode.at("phase") == "decode");
  double seconds = 0;
  for (const json& op : decode.at("operators")) {
    CHECK(op.at("obtained") == "simulated");
    CHECK(op.at("cycles").get<uint64_t>() > 0);
    CHECK(op.at("count").get<uint64_t>() > 0);
    seconds += op.at("seconds").get<double>();
  }
  CHECK(decode.at("step_seconds").get<double>() == Approx(seconds));
  CHECK(decode.at("tpot_seconds") == decode.at("step_seconds"));
  CHECK(decode.at("memory_bytes").at("weights").get<double>() > 0);

  const json prefill = json_of(
      npu(folder.path(), "estimate small.json --phase prefill --tokens 16 --machine tiny --json"));
  CHECK(prefill.at("ttft_seconds").get<double>() > 0);
  CHECK_FALSE(prefill.contains("tpot_seconds"));
}

TEST_CASE("npu generate gives the ids of the double-precision reference") {
  const InputFolder folder;
  const CommandResult ids =
      npu(folder.path(), "generate --generated --check --ids --tokens 6 --machine tiny");
  INFO(ids.out << ids.err);
  CHECK(ids.code == 0);
  CHECK(contains(ids.out, "check     pass"));
  CHECK(contains(ids.out, "tokens/s simulated"));
  const CommandResult text = npu(folder.path(),
                                 "generate --weights model.bin --tokenizer tokenizer.bin --prompt "
                                 "ab --tokens 5 --check --functional-only --machine tiny");
  INFO(text.out << text.err);
  CHECK(text.code == 0);
  CHECK(contains(text.out, "check     pass"));
}

TEST_CASE("npu check finds nothing in a clean kernel and names both lines of a race") {
  const InputFolder folder;
  const CommandResult clean = npu(folder.path(), "check matmul --m 9 --n 5 --k 8 --machine tiny");
  INFO(clean.out << clean.err);
  CHECK(clean.code == 0);
  const CommandResult racy = npu(folder.path(), "check race.npuasm --machine tiny --arg x=f32[16]");
  INFO(racy.out << racy.err);
  CHECK(racy.code == 1);
  CHECK(contains(racy.out, "race.npuasm:8"));
  CHECK(contains(racy.out, "race.npuasm:9"));
}

// Seconds: far below what those runs take, far above what a crowded host makes of the answer.
constexpr double kSoon = 30;

TEST_CASE("Ctrl-C ends a long run soon with what is known so far") {
  const InputFolder folder;
  const CommandResult result = npu(folder.path(), "run endless.npuasm --machine tiny", 1.0);
  INFO(result.out << result.err);
  CHECK(result.signal == 0);
  CHECK(result.code == 130);
  CHECK(result.seconds_after_interrupt < kSoon);
  CHECK(contains(result.out, "interrupted"));
  CHECK(contains(result.out, "cycles    "));
  CHECK(result.err.empty());  // no progress line where nobody watches

  const CommandResult estimate =
      npu(folder.path(), "estimate long.json --phase prefill --tokens 30000 --machine tiny", 1.0);
  INFO(estimate.out << estimate.err);
  CHECK(estimate.code == 130);
  CHECK(estimate.seconds_after_interrupt < kSoon);
  CHECK(contains(estimate.out, "interrupted"));

  const CommandResult comparing = npu(folder.path(), "run matmul --m 3000 --n 3000 --k 3000", 1.0);
  INFO(comparing.out << comparing.err);
  CHECK(comparing.code == 130);
  CHECK(comparing.seconds_after_interrupt < kSoon);
  CHECK(contains(comparing.out, "interrupted"));
  CHECK(contains(comparing.out, "cycles    "));

  const CommandResult generate =
      npu(folder.path(), "generate --generated --tokens 250 --machine tiny", 1.0);
  CHECK(generate.code == 130);
  CHECK(generate.seconds_after_interrupt < kSoon);
  CHECK(contains(generate.out, "cycles    "));
}

TEST_CASE("help goes to standard output and ends with 0") {
  const InputFolder folder;
  for (const char* command : {"--help", "run --help", "run matmul --help", "check --help",
                              "generate --help", "estimate --help", "asm --help"}) {
    const CommandResult result = npu(folder.path(), command);
    CHECK(result.code == 0);
    CHECK(result.err.empty());
    CHECK(result.out.size() > 100);
  }
}

}  // namespace
}  // namespace npu::test
