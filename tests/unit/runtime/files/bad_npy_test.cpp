#include <catch2/catch.hpp>
#include <cstdint>

#include "runtime/files/input_file.h"
#include "runtime/files/npy.h"
#include "tests/unit/runtime/files/bytes.h"

using namespace npu;

namespace {

std::vector<std::byte> npy(const std::string& header, size_t data_bytes, char major = 1,
                           int claimed = -1) {
  std::vector<std::byte> bytes;
  test::append(bytes, "\x93NUMPY");
  test::append(bytes, std::string{major, '\0'});
  const size_t length = claimed < 0 ? header.size() : static_cast<size_t>(claimed);
  if (major == 2) {
    test::append_value(bytes, static_cast<std::uint32_t>(length));
  } else {
    test::append_value(bytes, static_cast<std::uint16_t>(length));
  }
  test::append(bytes, header);
  bytes.resize(bytes.size() + data_bytes);
  return bytes;
}

std::string dict(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::vector<std::byte> text_file(std::string_view text) {
  std::vector<std::byte> bytes;
  test::append(bytes, text);
  return bytes;
}

struct Case {
  const char* name;
  std::vector<std::byte> bytes;
  const char* place_and_problem;
  const char* allowed;
};

const std::string kF4 = "'<f4'";
const std::string kLongShape =
    "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)";

const std::vector<Case>& cases() {
  static const std::vector<Case> table = {
      {"empty", {}, "byte 0: the file ends inside the magic string: 0 bytes", "allowed: 6 bytes"},
      {"not npy", text_file("PK\x03\x04 zip"), "byte 0: starts with \"PK\\x03\\x04 z\"", "NUMPY"},
      {"cut in the version", text_file("\x93NUMPY\x01"), "byte 7: the file ends inside the version",
       "allowed: 1 bytes here"},
      {"version 3", npy(dict(kF4, "False", "(1,)"), 4, 3), "byte 6: version 3.0", "1.0 and 2.0"},
      {"cut header", npy("{'descr'", 0, 1, 60000), "byte 10: the file ends inside the header",
       "allowed: 60000 bytes"},
      {"huge header", npy("{'descr'", 0, 2, 2147483647), "byte 8: a header of 2147483647 bytes",
       "at most 65535"},
      {"not a dict", npy("[1, 2]", 0), "byte 10: the header has \"[1, 2]\"", "a Python dict"},
      {"header ends early", npy("{'descr': '<f4'", 0), "the header ends too early", "',' or '}'"},
      {"unknown key", npy("{'shapes': (1,), }", 0), "byte 11: unknown key \"shapes\"",
       "descr, fortran_order and shape"},
      {"key twice", npy("{'shape': (1,), 'shape': (1,), }", 0),
       "byte 26: the key shape is given twice", "each key once"},
      {"missing key", npy("{'shape': (1,), 'descr': '<f4'}", 4), "the header lacks a key",
       "descr, fortran_order and shape"},
      {"text after the dict", npy(dict(kF4, "False", "(1,)") + "x", 4), "the header has \"x\"",
       "spaces up to the end"},
      {"Fortran order", npy(dict(kF4, "True", "(1,)"), 4), "byte 44: fortran_order is True",
       "C order"},
      {"order is a number", npy(dict(kF4, "0", "(1,)"), 4), "the header has \"0,", "True or False"},
      {"big endian", npy(dict("'>f4'", "False", "(1,)"), 4), "byte 20: dtype \">f4\" is big endian",
       "f2 f4 f8 i1"},
      {"complex", npy(dict("'<c8'", "False", "(1,)"), 8), "dtype \"<c8\" is not supported",
       "f2 f4 f8 i1"},
      {"objects", npy(dict("'|O'", "False", "(1,)"), 8), "dtype \"|O\" is not supported", "f2 f4"},
      {"no byte order", npy(dict("'|f4'", "False", "(1,)"), 4), "dtype \"|f4\" is not", "little"},
      {"empty dtype", npy(dict("''", "False", "(1,)"), 4), "dtype \"\" is not supported", "f2 f4"},
      {"structured dtype", npy(dict("[('a', '<f4')]", "False", "(1,)"), 4),
       "byte 20: the header has \"[('a', '<f4')]", "a string in quotes"},
      {"open string", npy("{'descr': '<f4, }", 4), "the header has \"<f4, }\"",
       "ends with its quote"},
      {"negative extent", npy(dict(kF4, "False", "(-1,)"), 4), "the header has \"-1,)",
       "an extent of decimal digits"},
      {"NaN extent", npy(dict(kF4, "False", "(nan,)"), 4), "the header has \"nan,)", "digits"},
      {"float extent", npy(dict(kF4, "False", "(1.5,)"), 4), "the header has \".5,)", "',' after"},
      {"extent above 2^63", npy(dict(kF4, "False", "(9999999999999999999999,)"), 4),
       "the header has \"99999999999999999999\"", "an extent below 2^63"},
      {"product above 2^63", npy(dict(kF4, "False", "(4294967296, 4294967296)"), 4),
       "byte 60: shape (4294967296, 4294967296) of f4 needs more than 2^63 bytes of data",
       "exactly the size of the shape"},
      {"rank 33", npy(dict(kF4, "False", kLongShape), 4), "the header has \"1)",
       "at most 32 extents"},
      {"shape without comma", npy(dict(kF4, "False", "(3)"), 12), "the header has \")", "(3,)"},
      {"truncated data", npy(dict(kF4, "False", "(3, 4)"), 47),
       "shape (3, 4) of f4 needs 48 bytes of data, the file has 47", "exactly"},
      {"oversized data", npy(dict(kF4, "False", "(3, 4)"), 49),
       "shape (3, 4) of f4 needs 48 bytes of data, the file has 49", "exactly"},
      {"a terabyte promised", npy(dict(kF4, "False", "(274877906944,)"), 8),
       "needs 1099511627776 bytes of data, the file has 8", "exactly"},
  };
  return table;
}

}  // namespace

TEST_CASE("every malformed .npy gives one message with its place and what is allowed") {
  for (const Case& bad : cases()) {
    INFO(bad.name);
    const std::string message = test::refusal([&] {
      InputFile file("bad.npy", bad.bytes);
      read_npy(file);
    });
    CHECK_THAT(message, Catch::StartsWith("bad.npy: byte "));
    CHECK_THAT(message, Catch::Contains(bad.place_and_problem));
    CHECK_THAT(message, Catch::Contains("; allowed: ") && Catch::Contains(bad.allowed));
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a good .npy cut anywhere is refused") {
  Array array{"i4", {3}, std::vector<std::byte>(12)};
  const std::vector<std::byte> good = format_npy(array);
  for (size_t length = 0; length < good.size(); ++length) {
    const std::vector<std::byte> cut(good.begin(),
                                     good.begin() + static_cast<std::ptrdiff_t>(length));
    InputFile file("cut.npy", cut);
    CHECK_THROWS_AS(read_npy(file), InputError);
  }
}
