#include "sim/memory/stimulus.h"

#include <catch2/catch.hpp>

#include "isa/errors.h"

namespace npu {
namespace {

TEST_CASE("a trace is read line by line") {
  const auto accesses = parse_trace("# two\nread 0x1000 64\n\nwrite 4096 512 12.5  # later\n", "t");
  REQUIRE(accesses.size() == 2);
  CHECK(accesses[0].address == 4096);
  CHECK(accesses[0].bytes == 64);
  CHECK(!accesses[0].write);
  CHECK(accesses[1].write);
  CHECK(accesses[1].from_ns == 12.5);
}

TEST_CASE("all that is wrong with a trace is said together, with its lines") {
  try {
    parse_trace("raed 0 64\nread 0 64\nread 0 0\nread 0x 64\nread 1 64 soon\n", "t.trace");
    FAIL("no error");
  } catch (const InputError& error) {
    const std::string text = error.what();
    for (const char* place : {"t.trace:1: is no access", "t.trace:3: bytes '0'",
                              "t.trace:4: address '0x'", "t.trace:5: time 'soon'"})
      CHECK(text.find(place) != std::string::npos);
    CHECK(text.find("t.trace:2") == std::string::npos);
  }
  CHECK_THROWS_AS(parse_trace("# nothing\n", "t"), InputError);
}

TEST_CASE("mixed accesses keep their share of writes at any length") {
  StimulusOptions options;
  options.accesses = 1000;
  for (const double share : {0.0, 0.25, 0.5, 1.0}) {
    options.write_share = share;
    size_t writes = 0;
    for (const MemoryAccess& access : mixed_accesses(options)) writes += access.write ? 1 : 0;
    CHECK(static_cast<double>(writes) == Approx(1000 * share).margin(1));
  }
}

}  // namespace
}  // namespace npu
