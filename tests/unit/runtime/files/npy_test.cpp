#include "runtime/files/npy.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "runtime/files/input_file.h"
#include "tests/unit/runtime/files/bytes.h"

using namespace npu;

namespace {

Array counting(const std::string& dtype, std::vector<std::int64_t> shape) {
  Array array{dtype, std::move(shape), {}};
  array.data.resize(static_cast<size_t>(element_count(array.shape) * npy_element_bytes(dtype)));
  for (size_t i = 0; i < array.data.size(); ++i) array.data[i] = static_cast<std::byte>(i * 7);
  return array;
}

Array round_trip(const Array& array) {
  InputFile file("memory.npy", format_npy(array));
  return read_npy(file);
}

}  // namespace

TEST_CASE("an array comes back from its file as it went in") {
  for (const char* dtype : {"f2", "f4", "f8", "i1", "i4", "i8", "u1", "u2", "u4"}) {
    for (const auto& shape :
         std::vector<std::vector<std::int64_t>>{{}, {1}, {7}, {3, 4}, {2, 3, 5}, {0}, {4, 0, 2}}) {
      const Array array = counting(dtype, shape);
      const Array copy = round_trip(array);
      CHECK(copy.dtype == array.dtype);
      CHECK(copy.shape == array.shape);
      CHECK(copy.data == array.data);
    }
  }
}

TEST_CASE("a written array is laid out as NumPy lays it out") {
  const Array array = counting("f4", {3, 4});
  const std::vector<std::byte> bytes = format_npy(array);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  CHECK(bytes.size() == 128 + 48);
  CHECK(text.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(text.substr(10, 60) == "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } ");
  CHECK(text[127] == '\n');
}

TEST_CASE("one-byte types carry no byte order") {
  const std::vector<std::byte> bytes = format_npy(counting("u1", {2}));
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  CHECK(text.find("'descr': '|u1'") != std::string::npos);
  CHECK(text.find("'shape': (2,)") != std::string::npos);
}

TEST_CASE("version 2.0 with keys in another order is read") {
  std::vector<std::byte> bytes;
  test::append(bytes, std::string_view("\x93NUMPY\x02\x00", 8));
  const std::string header = "{\"shape\":(2,),'fortran_order':False,'descr':'<i4'}\n";
  test::append_value(bytes, static_cast<std::uint32_t>(header.size()));
  test::append(bytes, header);
  test::append_value(bytes, std::int32_t{-5});
  test::append_value(bytes, std::int32_t{6});
  InputFile file("v2.npy", bytes);
  const Array array = read_npy(file);
  CHECK(array.dtype == "i4");
  CHECK(array.shape == std::vector<std::int64_t>{2});
  std::int32_t first = 0;
  std::memcpy(&first, array.data.data(), 4);
  CHECK(first == -5);
}

TEST_CASE("an array is written to a file and read from it") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("npukit_npy_test_" + std::to_string(std::rand()) + ".npy");
  const Array array = counting("f8", {5, 2});
  write_npy(path.string(), array);
  CHECK(read_npy(path.string()).data == array.data);
  std::filesystem::remove(path);
}

TEST_CASE("an array whose data does not have the size of its shape is our bug") {
  Array array = counting("f4", {3});
  array.data.pop_back();
  CHECK_THROWS_AS(format_npy(array), InternalError);
}

TEST_CASE("files written by NumPy are reproduced byte for byte") {
  const char* given = std::getenv("NPU_DATA");
  const std::filesystem::path data =
      given != nullptr ? given : std::string(NPU_SOURCE_DIR) + "/../shared/data";
  if (!std::filesystem::is_directory(data / "golden")) {
    WARN("skipped: no golden vectors; set NPU_DATA to the folder that has them");
    return;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data / "golden")) {
    if (entry.path().extension() != ".npy") continue;
    InputFile file(entry.path().string());
    const auto bytes = file.array<std::byte>(file.size(), "the file");
    const bool same = format_npy(read_npy(entry.path().string())) == bytes;
    if (!same) FAIL_CHECK(entry.path().string());
    ++files;
  }
  CHECK(files > 100);
}
