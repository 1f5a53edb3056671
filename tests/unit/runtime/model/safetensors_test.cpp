#include "runtime/model/safetensors.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

using Bytes = std::vector<std::byte>;

Bytes file_bytes(const std::string& header, const Bytes& data) {
  Bytes bytes;
  test::append_value(bytes, static_cast<std::uint64_t>(header.size()));
  test::append(bytes, header);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::string open_refusal(const Bytes& bytes) {
  return test::refusal([&] { SafetensorsFile(InputFile("w.safetensors", bytes)); });
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(": {"dtype": ")" + type + R"(", "shape": )" + shape +
         R"(, "data_offsets": )" + offsets + "}";
}

std::string header(std::initializer_list<std::string> entries) {
  std::string text;
  for (const std::string& one : entries) text += (text.empty() ? "{" : ", ") + one;
  return text + "}  ";  // padding is allowed
}

}  // namespace

TEST_CASE("tensors of every type a V4 checkpoint uses are read as the numbers they are") {
  struct Case {
    const char* type;
    Bytes one_and_half_or_so;
    float value;
  };
  const auto bytes_of_value = [](auto value) {
    Bytes bytes;
    test::append_value(bytes, value);
    return bytes;
  };
  const std::vector<Case> cases = {
      {"U8", bytes_of_value(std::uint8_t{200}), 200},
      {"I8", bytes_of_value(std::int8_t{-3}), -3},
      {"F16", bytes_of_value(std::uint16_t{0x3e00}), 1.5f},
      {"BF16", bytes_of_value(std::uint16_t{0xbfc0}), -1.5f},
      {"F32", bytes_of_value(1.25f), 1.25f},
      {"F64", bytes_of_value(-0.5), -0.5f},
      {"I64", bytes_of_value(std::int64_t{129279}), 129279},
      {"F8_E4M3", bytes_of_value(std::uint8_t{0x3c}), 1.5f},
      {"F8_E8M0", bytes_of_value(std::uint8_t{129}), 4},
  };
  for (const Case& one : cases) {
    INFO(one.type);
    test::TempFolder folder;
    const Bytes data = one.one_and_half_or_so;
    const std::string size = std::to_string(data.size());
    write_file(folder.path("model.safetensors"),
               file_bytes(header({R"("__metadata__": {"format": "pt"})",
                                  entry("x", one.type, "[1, 1]", "[0, " + size + "]")}),
                          data));
    Checkpoint checkpoint = Checkpoint::open(folder.path(""));
    CHECK(checkpoint.values("x") == std::vector<float>{one.value});
    CHECK(checkpoint.at("x").shape == std::vector<std::int64_t>{1, 1});
    CHECK(stored_type_name(checkpoint.at("x").type) == one.type);
    CHECK(checkpoint.find("y") == nullptr);
    CHECK_THAT(test::refusal([&] { checkpoint.at("y"); }), Catch::Contains("no such tensor"));
  }
}

TEST_CASE("every malformed safetensors file gives a message with what is allowed") {
  const Bytes four(4), eight(8);
  const std::string a = entry("a", "U8", "[4]", "[0, 4]");
  struct Case {
    const char* name;
    Bytes bytes;
    const char* problem;
    const char* allowed;
  };
  Bytes long_header = file_bytes(header({a}), four);
  const std::uint64_t lie = 1'000'000;
  std::memcpy(long_header.data(), &lie, 8);
  const std::vector<Case> cases = {
      {"empty", {}, "ends inside the length of the header", "8 bytes"},
      {"lying length", long_header, "a header of 1000000 bytes", "bytes that follow"},
      {"no JSON", file_bytes("{nonsense", four), "w.safetensors:1:", ""},
      {"twice", file_bytes(header({a, a}), four), "a", "once"},
      {"no object", file_bytes(header({R"("a": 3)"}), four), "not an object", "dtype, shape"},
      {"unknown type", file_bytes(header({entry("a", "Q7", "[4]", "[0, 4]")}), four), "Q7", "BF16"},
      {"negative size", file_bytes(header({entry("a", "U8", "[-4]", "[0, 4]")}), four),
       "shape is not a list", "whole numbers"},
      {"one offset", file_bytes(header({entry("a", "U8", "[4]", "[0]")}), four), "not two places",
       "[begin, end]"},
      {"turned", file_bytes(header({entry("a", "U8", "[4]", "[4, 0]")}), four), "bytes 4 to 0",
       "begin up to end"},
      {"past the end", file_bytes(header({entry("a", "U8", "[5]", "[0, 5]")}), four),
       "bytes 0 to 5", "4 bytes of data"},
      {"wrong size", file_bytes(header({entry("a", "F32", "[4]", "[0, 4]")}), four),
       "4 bytes of data", "the 16 bytes of its shape"},
      {"overflow",
       file_bytes(header({entry("a", "F64", "[4294967296, 4294967296, 2]", "[0, 0]")}), {}),
       "0 bytes of data", "below 2^63"},
      {"overlap", file_bytes(header({a, entry("b", "U8", "[4]", "[2, 6]")}), Bytes(6)),
       "begins at byte 2", "4, where the one before ends"},
      {"hole", file_bytes(header({a, entry("b", "U8", "[2]", "[6, 8]")}), eight),
       "begins at byte 6", "4, where the one before ends"},
      {"rest", file_bytes(header({a}), eight), "8 bytes of data", "the 4 bytes of its tensors"},
      {"metadata", file_bytes(header({R"("__metadata__": {"n": 3})", a}), four),
       "not a map of strings", "strings by name"},
  };
  for (const Case& bad : cases) {
    INFO(bad.name);
    const std::string message = open_refusal(bad.bytes);
    CHECK_THAT(message, Catch::Contains("w.safetensors") && Catch::Contains(bad.problem));
    CHECK_THAT(message, Catch::Contains(bad.allowed));
  }
}

TEST_CASE("numbers that no weight can be are refused with their place") {
  test::TempFolder folder;
  Bytes data;
  test::append_value(data, 1.0f);
  test::append_value(data, std::numeric_limits<float>::infinity());
  write_file(folder.path("model.safetensors"),
             file_bytes(header({entry("x", "F32", "[2]", "[0, 8]")}), data));
  Checkpoint checkpoint = Checkpoint::open(folder.path("model.safetensors"));
  CHECK_THAT(test::refusal([&] { checkpoint.values("x"); }),
             Catch::Contains("\"x\": element 1 is not finite"));
}

TEST_CASE("a sharded checkpoint is read through its index, which names files of its folder only") {
  test::TempFolder folder;
  for (const char* name : {"a", "b"}) {
    write_file(folder.path(std::string(name) + ".safetensors"),
               file_bytes(header({entry(name, "U8", "[1]", "[0, 1]")}),
                          {std::byte{static_cast<unsigned char>(name[0])}}));
  }
  const auto index = [&](const std::string& map) {
    std::ofstream(folder.path("model.safetensors.index.json"))
        << R"({"metadata": {"total_size": 2}, "weight_map": )" << map << "}";
  };
  index(R"({"a": "a.safetensors", "b": "b.safetensors"})");
  Checkpoint checkpoint = Checkpoint::open(folder.path(""));
  CHECK(checkpoint.values("a") == std::vector<float>{'a'});
  CHECK(checkpoint.values("b") == std::vector<float>{'b'});

  const auto refused = [&](const std::string& map) {
    index(map);
    return test::refusal([&] { Checkpoint::open(folder.path("")); });
  };
  CHECK_THAT(refused(R"({"a": "../a.safetensors"})"), Catch::Contains("is no file name"));
  CHECK_THAT(refused(R"({"a": 3})"), Catch::Contains("is no file name"));
  CHECK_THAT(refused(R"({"c": "a.safetensors"})"), Catch::Contains("not in a.safetensors"));
  CHECK_THAT(refused(R"({"a": "z.safetensors"})"), Catch::Contains("no such file"));
  CHECK_THAT(refused("3"), Catch::Contains("missing or not an object"));
}
