#include "runtime/files/npy.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "isa/errors.h"
#include "runtime/files/input_file.h"
#include "runtime/files/problems.h"

namespace npu {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxRank = 32;
constexpr std::uint32_t kMaxHeaderBytes = 65535;
constexpr const char* kTypeList = "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4, little endian";
constexpr std::array<std::string_view, 10> kTypes = {"f2", "f4", "f8", "i1", "i2",
                                                     "i4", "i8", "u1", "u2", "u4"};

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::uint64_t shape_offset = 0;
  std::uint64_t descr_offset = 0;
  std::uint64_t order_offset = 0;
};

// The header is the text of a Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (3,
// 4), }
class HeaderParser {
 public:
  HeaderParser(const InputFile& file, std::string_view text, std::uint64_t offset)
      : file_(file), text_(text), offset_(offset) {}

  Header parse() {
    Header header;
    bool seen[3] = {};
    expect('{', "a Python dict, { ... }");
    while (!accept('}')) {
      const std::uint64_t key_offset = here();
      const std::string key = string();
      expect(':', "':' after a key");
      const std::uint64_t value_offset = here();
      int which = 0;
      if (key == "descr") {
        header.descr = string();
        header.descr_offset = value_offset;
      } else if (key == "fortran_order") {
        which = 1;
        header.fortran_order = boolean();
        header.order_offset = value_offset;
      } else if (key == "shape") {
        which = 2;
        header.shape = tuple();
        header.shape_offset = value_offset;
      } else {
        file_.fail(key_offset, fmt::format("unknown key {}", in_quotes(key)),
                   "the keys descr, fortran_order and shape, once each");
      }
      if (seen[which]) {
        file_.fail(key_offset, fmt::format("the key {} is given twice", key), "each key once");
      }
      seen[which] = true;
      if (!accept(',') && !next_is('}')) fail("',' or '}'");
    }
    skip_space();
    if (position_ != text_.size()) fail("spaces up to the end of the header");
    if (!seen[0] || !seen[1] || !seen[2]) {
      file_.fail(offset_, "the header lacks a key",
                 "the keys descr, fortran_order and shape, once each");
    }
    return header;
  }

 private:
  std::uint64_t here() {
    skip_space();
    return offset_ + position_;
  }

  void skip_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) {
      ++position_;
    }
  }

  bool next_is(char c) {
    skip_space();
    return position_ < text_.size() && text_[position_] == c;
  }

  bool accept(char c) {
    if (!next_is(c)) return false;
    ++position_;
    return true;
  }

  void expect(char c, const char* allowed) {
    if (!accept(c)) fail(allowed);
  }

  std::string string() {
    if (!next_is('\'') && !next_is('"')) fail("a string in quotes");
    const char quote = text_[position_++];
    const size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) fail("a string that ends with its quote");
    const std::string result(text_.substr(position_, end - position_));
    position_ = end + 1;
    return result;
  }

  bool boolean() {
    skip_space();
    for (bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(position_, word.size()) != word) continue;
      position_ += word.size();
      return value;
    }
    fail("True or False");
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> shape;
    expect('(', "a tuple of extents, such as (3, 4) or (3,)");
    while (!accept(')')) {
      if (shape.size() == kMaxRank) fail(fmt::format("at most {} extents", kMaxRank));
      shape.push_back(extent());
      const bool comma = accept(',');
      if (!comma && (!next_is(')') || shape.size() == 1)) {
        fail("',' after an extent; a single one is written (3,)");
      }
    }
    return shape;
  }

  std::int64_t extent() {
    skip_space();
    const size_t start = position_;
    std::int64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text_[position_] - '0', &value)) {
        position_ = start;
        fail("an extent below 2^63");
      }
      ++position_;
    }
    if (position_ == start) fail("an extent of decimal digits, 0 or more");
    return value;
  }

  [[noreturn]] void fail(std::string_view allowed) const {
    const std::string_view rest = text_.substr(position_, 20);
    file_.fail(offset_ + position_,
               rest.empty() ? "the header ends too early"
                            : fmt::format("the header has {} here", in_quotes(rest)),
               allowed);
  }

  const InputFile& file_;
  std::string_view text_;
  std::uint64_t offset_;
  size_t position_ = 0;
};

Header read_header(InputFile& file) {
  const std::string magic = file.text(kMagic.size(), "the magic string");
  if (magic != kMagic) {
    file.fail(0, fmt::format("starts with {}, which is not an .npy file", in_quotes(magic)),
              "the six bytes \\x93NUMPY");
  }
  const std::uint64_t version_offset = file.offset();
  const auto major = file.value<std::uint8_t>("the version");
  const auto minor = file.value<std::uint8_t>("the version");
  if ((major != 1 && major != 2) || minor != 0) {
    file.fail(version_offset, fmt::format("version {}.{} is not supported", major, minor),
              "versions 1.0 and 2.0");
  }
  const std::uint64_t length_offset = file.offset();
  const std::uint32_t length = major == 1 ? file.value<std::uint16_t>("the header length")
                                          : file.value<std::uint32_t>("the header length");
  if (length > kMaxHeaderBytes) {
    file.fail(length_offset, fmt::format("a header of {} bytes", length),
              fmt::format("at most {} bytes", kMaxHeaderBytes));
  }
  const std::uint64_t text_offset = file.offset();
  const std::string text = file.text(length, "the header");
  return HeaderParser(file, text, text_offset).parse();
}

std::string read_dtype(const InputFile& file, const Header& header) {
  const std::string& descr = header.descr;
  if (!descr.empty() && descr[0] == '>') {
    file.fail(header.descr_offset, fmt::format("dtype {} is big endian", in_quotes(descr)),
              kTypeList);
  }
  const std::string name = descr.empty() ? "" : descr.substr(1);
  const int bytes = npy_element_bytes(name);
  if (bytes == 0 || (descr[0] != '<' && !(descr[0] == '|' && bytes == 1))) {
    file.fail(header.descr_offset, fmt::format("dtype {} is not supported", in_quotes(descr)),
              kTypeList);
  }
  return name;
}

// Bytes of the array, or -1 where the extents overflow. A zero extent makes any array empty.
std::int64_t data_bytes(const std::vector<std::int64_t>& shape, int element_bytes) {
  std::int64_t bytes = element_bytes;
  for (const std::int64_t extent : shape) {
    if (extent == 0) return 0;
  }
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return -1;
  }
  return bytes;
}

}  // namespace

int npy_element_bytes(std::string_view dtype) {
  for (const std::string_view type : kTypes) {
    if (type == dtype) return type[1] - '0';
  }
  return 0;
}

std::int64_t element_count(const std::vector<std::int64_t>& shape) {
  const std::int64_t count = data_bytes(shape, 1);
  NPU_ASSERT(count >= 0);
  return count;
}

Array read_npy(const std::string& path) {
  InputFile file(path);
  return read_npy(file);
}

Array read_npy(InputFile& file) {
  Header header = read_header(file);
  if (header.fortran_order) {
    file.fail(header.order_offset, "fortran_order is True",
              "C order; numpy.ascontiguousarray makes it so");
  }
  Array array;
  array.dtype = read_dtype(file, header);
  const std::int64_t bytes = data_bytes(header.shape, npy_element_bytes(array.dtype));
  if (bytes < 0 || static_cast<std::uint64_t>(bytes) != file.remaining()) {
    const std::string need = bytes < 0 ? "more than 2^63" : fmt::format("{}", bytes);
    file.fail(header.shape_offset,
              fmt::format("shape ({}) of {} needs {} bytes of data, the file has {}",
                          fmt::join(header.shape, ", "), array.dtype, need, file.remaining()),
              "data of exactly the size of the shape");
  }
  array.shape = std::move(header.shape);
  array.data = file.array<std::byte>(static_cast<std::uint64_t>(bytes), "the data");
  return array;
}

std::vector<std::byte> format_npy(const Array& array) {
  const int element_bytes = npy_element_bytes(array.dtype);
  NPU_ASSERT(element_bytes != 0);
  NPU_ASSERT(array.shape.size() <= kMaxRank);
  NPU_ASSERT(data_bytes(array.shape, element_bytes) ==
             static_cast<std::int64_t>(array.data.size()));
  std::string header =
      fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                  element_bytes == 1 ? '|' : '<', array.dtype, fmt::join(array.shape, ", "),
                  array.shape.size() == 1 ? "," : "");
  const size_t before = kMagic.size() + 4;
  header.append(64 - (before + header.size() + 1) % 64, ' ');
  header += '\n';

  std::vector<std::byte> file(before + header.size() + array.data.size());
  std::byte* out = file.data();
  const auto put = [&out](const void* bytes, size_t count) {
    if (count != 0) std::memcpy(out, bytes, count);
    out += count;
  };
  const auto length = static_cast<std::uint16_t>(header.size());
  put(kMagic.data(), kMagic.size());
  put("\x01\x00", 2);
  put(&length, sizeof length);
  put(header.data(), header.size());
  put(array.data.data(), array.data.size());
  return file;
}

void write_npy(const std::string& path, const Array& array) { write_file(path, format_npy(array)); }

}  // namespace npu
