// A file of foreign bytes, read from front to back. Every read is checked against what is left
// before anything is allocated, so a lying length in a file costs an error and never memory; errors
// name file and offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace npu {

class InputFile {
 public:
  // Opens a regular file. Throws InputError if there is none or it cannot be read.
  explicit InputFile(const std::string& path);
  // Reads from memory; `name` stands for the path in errors.
  InputFile(std::string name, const std::vector<std::byte>& content);
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;
  ~InputFile();

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t remaining() const { return size_ - offset_; }

  // The next `bytes` bytes. `what` names them in the error of a file that ends too early.
  void read(void* into, std::uint64_t bytes, std::string_view what);

  // The next little-endian value.
  template <typename T>
  T value(std::string_view what) {
    static_assert(std::is_arithmetic_v<T>);
    T result;
    read(&result, sizeof(T), what);
    return result;
  }

  // The next `count` little-endian values.
  template <typename T>
  std::vector<T> array(std::uint64_t count, std::string_view what) {
    static_assert(std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>);
    require(count, sizeof(T), what);
    std::vector<T> result(count);
    read(result.data(), count * sizeof(T), what);
    return result;
  }

  std::string text(std::uint64_t bytes, std::string_view what);

  void skip(std::uint64_t bytes, std::string_view what);

  // Reading goes on at this byte, at most size().
  void seek(std::uint64_t offset);

  // Throws InputError `name: byte N: problem; allowed: ...`.
  [[noreturn]] void fail(std::uint64_t at, std::string_view problem,
                         std::string_view allowed) const;

 private:
  // Throws unless `count` elements of `bytes_each` are left.
  void require(std::uint64_t count, std::uint64_t bytes_each, std::string_view what) const;

  std::string name_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
  std::unique_ptr<std::istream> stream_;
};

// Writes a whole file, replacing what was there. Throws InputError if that is impossible.
void write_file(const std::string& path, const std::vector<std::byte>& content);

}  // namespace npu
