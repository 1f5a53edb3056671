#include "runtime/files/input_file.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/runtime/files/bytes.h"

using namespace npu;

TEST_CASE("a path that is no readable file is refused by name") {
  const auto folder = std::filesystem::temp_directory_path();
  CHECK(test::refusal([] { InputFile("/nonexistent/w.bin"); }) ==
        "/nonexistent/w.bin: no such file; allowed: the path of a readable file");
  CHECK_THAT(test::refusal([&] { InputFile(folder.string()); }), Catch::Contains(": is a folder;"));
  CHECK_THAT(test::refusal([] { InputFile("/dev/zero"); }),
             Catch::Contains("/dev/zero: is not a regular file;"));
}

TEST_CASE("a read past the end names what was read and where") {
  InputFile file("short.bin", std::vector<std::byte>(6));
  CHECK(file.value<std::int32_t>("the size") == 0);
  CHECK(file.offset() == 4);
  CHECK(
      test::refusal([&] { file.value<double>("the scale"); }) ==
      "short.bin: byte 4: the file ends inside the scale: 2 bytes are left; allowed: 8 bytes here");
  CHECK(file.remaining() == 2);
}

TEST_CASE("a count that the file cannot hold is refused before memory is allocated") {
  InputFile file("lying.bin", std::vector<std::byte>(64));
  const std::string message =
      test::refusal([&] { file.array<double>(std::uint64_t{1} << 61, "the table"); });
  CHECK_THAT(message, Catch::Contains("the file ends inside the table: 64 bytes are left") &&
                          Catch::Contains("allowed: 2305843009213693952 x 8 bytes here"));
}

TEST_CASE("a file that cannot be written is refused by name") {
  CHECK_THAT(test::refusal([] { write_file("/nonexistent/out.npy", {}); }),
             Catch::StartsWith("/nonexistent/out.npy: cannot be written") &&
                 Catch::Contains("allowed: a path in an existing, writable folder"));
}
