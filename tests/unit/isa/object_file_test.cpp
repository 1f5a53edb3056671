#include "isa/program/object_file.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <random>

#include "isa/encoding/encoding.h"
#include "isa/errors.h"

namespace npu {
namespace {

using Bytes = std::vector<std::byte>;

constexpr size_t kHeaderBytes = 24;

Program sample() {
  Program program;
  program.name = "sample";
  program.machine = "tiny";
  program.parameters = {{"a", Parameter::Kind::kTensor, types::f16, false, true, 2},
                        {"m", Parameter::Kind::kInt}};
  program.workspaces = {{"w", 4096, true, true}};
  program.strings = {"text", std::string("\0x", 2)};
  program.cube.words = {encode(Halt{}), {~uint64_t{0}, 5}};
  program.cube.flags = {{0, 1, 2, "free"}, {63, 0, 1, "done"}};
  program.cube.lines = {1, 0};
  program.vector.words = {encode(Halt{})};
  program.sources = {{"a.cpp", 1, "halt"}, {"b.cpp", 2, ""}};
  return program;
}

void put_u32(Bytes& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

// Makes header and checksum right again after the payload was changed.
Bytes resealed(Bytes bytes) {
  const auto size = static_cast<uint32_t>(bytes.size() - kHeaderBytes);
  put_u32(bytes, 12,
          static_cast<uint32_t>(
              crc32(0, reinterpret_cast<const Bytef*>(bytes.data()) + kHeaderBytes, size)));
  put_u32(bytes, 16, size);
  return bytes;
}

std::string problem_of(const Bytes& bytes) {
  try {
    read_object(bytes, "k.npuobj");
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

// Where in the payload a sequence of bytes is.
size_t find(const Bytes& bytes, std::string_view text) {
  for (size_t i = 0; i + text.size() <= bytes.size(); ++i) {
    bool same = true;
    for (size_t k = 0; k < text.size(); ++k) {
      same = same && bytes[i + k] == static_cast<std::byte>(text[k]);
    }
    if (same) return i;
  }
  FAIL("no such bytes");
  return 0;
}

TEST_CASE("a program comes back from its object file") {
  CHECK(read_object(write_object(sample()), "k") == sample());
  CHECK(read_object(write_object({}), "k") == Program{});
  CHECK(is_object(write_object({})));
}

TEST_CASE("a file that is no object file says so") {
  CHECK(problem_of({}) ==
        "k.npuobj: no object file: it does not begin with npuobj; npu asm writes one");
  Bytes bytes = write_object(sample());
  bytes[0] = std::byte{'x'};
  CHECK(problem_of(bytes) ==
        "k.npuobj: no object file: it does not begin with npuobj; npu asm writes one");
}

TEST_CASE("another version is refused by number") {
  Bytes bytes = write_object(sample());
  put_u32(bytes, 8, 2);
  CHECK(problem_of(bytes) == "k.npuobj: object file of version 2; this npu reads version 1");
}

TEST_CASE("every changed byte is noticed") {
  const Bytes good = write_object(sample());
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes bytes = good;
    bytes[i] ^= std::byte{0x10};
    INFO(i);
    CHECK_FALSE(problem_of(bytes).empty());
  }
  Bytes bytes = good;
  bytes.back() ^= std::byte{1};
  CHECK(problem_of(bytes) ==
        "k.npuobj: no valid object file: its checksum is wrong, it was changed");
}

TEST_CASE("every shortened or lengthened file is refused") {
  const Bytes good = write_object(sample());
  for (size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(problem_of(Bytes(good.begin(), good.begin() + static_cast<long>(size))).empty());
  }
  Bytes longer = good;
  longer.push_back(std::byte{0});
  const std::string expected = std::to_string(good.size() - kHeaderBytes);
  CHECK(problem_of(longer) == "k.npuobj: no valid object file: its header announces " + expected +
                                  " bytes, " + std::to_string(longer.size() - kHeaderBytes) +
                                  " follow; allowed: up to 1073741824");
  CHECK(problem_of(resealed(longer)) ==
        "k.npuobj: no valid object file: 1 bytes behind the end of the program (before byte " +
            expected + ")");
}

TEST_CASE("a list longer than the file costs an error and no memory") {
  Bytes bytes = write_object(sample());
  put_u32(bytes, kHeaderBytes, 0xffffffff);
  CHECK_THAT(problem_of(resealed(bytes)),
             Catch::Matchers::Contains("cut short: 4294967295 more bytes expected"));
  bytes = write_object(sample());
  put_u32(bytes, kHeaderBytes + 18, 0x7fffffff);
  CHECK_THAT(problem_of(resealed(bytes)),
             Catch::Matchers::Contains("a list of 2147483647; allowed: up to 65536"));
}

TEST_CASE("values out of range in an intact file are refused one by one") {
  struct Case {
    const char* name;
    std::string before;  // a sequence of payload bytes
    size_t offset;       // of the byte to change, behind the sequence's begin
    int value;
    std::string problem;
  };
  const std::string tensor = std::string("\1\0\0\0a", 5);
  const std::string workspace = std::string("\1\0\0\0w", 5);
  const std::string flag = std::string("\4\0\0\0free", 8);
  const std::vector<Case> cases = {
      {"kind", tensor, 5, 3, "a parameter's kind is 3; allowed: 0 to 2"},
      {"type", tensor, 6, 14, "a parameter's type is 14; allowed: 0 to 13"},
      {"output", tensor, 7, 2, "a parameter's direction is 2; allowed: 0 to 1"},
      {"control", tensor, 8, 255, "a parameter's storage is 255; allowed: 0 to 1"},
      {"per group", workspace, 13, 2, "a workspace's scope is 2; allowed: 0 to 1"},
      {"zeroed", workspace, 14, 2, "a workspace's content is 2; allowed: 0 to 1"},
      {"same name", workspace, 4, 'a', "two parameters or workspaces are named a"},
      {"flag limit", flag, size_t(0) - 4, 0, "flag 0 begins above its limit"},
      {"flag id", flag, size_t(0) - 9, 64, "a flag's id is 64; allowed: 0 to 63"},
      {"flag twice", flag, size_t(0) - 9, 63, "flag 63 is declared twice"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    Bytes bytes = write_object(sample());
    bytes[find(bytes, c.before) + c.offset] = static_cast<std::byte>(c.value);
    CHECK_THAT(problem_of(resealed(bytes)),
               Catch::Matchers::StartsWith("k.npuobj: no valid object file: " + c.problem));
  }
}

TEST_CASE("a source map must fit code and sources") {
  Program program = sample();
  program.cube.lines = {1};
  CHECK_THAT(problem_of(write_object(program)),
             Catch::Matchers::Contains("the source map is not as long as the code"));
  program.cube.lines = {1, 2};
  CHECK_THAT(problem_of(write_object(program)),
             Catch::Matchers::Contains("the source map names a line that is not there"));
}

TEST_CASE("random damage behind a right checksum never does more than throw InputError") {
  std::mt19937_64 random(5);
  const Bytes good = write_object(sample());
  int accepted = 0;
  for (int turn = 0; turn < 20000; ++turn) {
    Bytes bytes = good;
    for (uint64_t changes = random() % 4 + 1; changes > 0; --changes) {
      bytes[kHeaderBytes + random() % (bytes.size() - kHeaderBytes)] =
          static_cast<std::byte>(random());
    }
    accepted += problem_of(resealed(bytes)).empty() ? 1 : 0;
  }
  CHECK(accepted > 0);
  CHECK(accepted < 20000);
}

}  // namespace
}  // namespace npu
