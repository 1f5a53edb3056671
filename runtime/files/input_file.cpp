#include "runtime/files/input_file.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "isa/errors.h"
#include "runtime/files/problems.h"

namespace npu {

static_assert(std::endian::native == std::endian::little, "file formats are read as they lie");

InputFile::InputFile(const std::string& path) : name_(path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw InputError(problem_line(path, "no such file", "the path of a readable file"));
  }
  if (!std::filesystem::is_regular_file(status)) {
    const bool folder = std::filesystem::is_directory(status);
    throw InputError(problem_line(path, folder ? "is a folder" : "is not a regular file",
                                  "the path of a readable file"));
  }
  size_ = std::filesystem::file_size(path, error);
  auto stream = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (error || !*stream) {
    throw InputError(problem_line(path, fmt::format("cannot be opened ({})", std::strerror(errno)),
                                  "the path of a readable file"));
  }
  stream_ = std::move(stream);
}

InputFile::InputFile(std::string name, const std::vector<std::byte>& content)
    : name_(std::move(name)),
      size_(content.size()),
      stream_(std::make_unique<std::istringstream>(
          std::string(reinterpret_cast<const char*>(content.data()), content.size()))) {}

InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;
InputFile::~InputFile() = default;

void InputFile::read(void* into, std::uint64_t bytes, std::string_view what) {
  require(bytes, 1, what);
  if (bytes == 0) return;
  stream_->read(static_cast<char*>(into), static_cast<std::streamsize>(bytes));
  if (static_cast<std::uint64_t>(stream_->gcount()) != bytes) {
    fail(offset_, "the file became shorter while it was read", "a file that nobody writes to");
  }
  offset_ += bytes;
}

std::string InputFile::text(std::uint64_t bytes, std::string_view what) {
  require(bytes, 1, what);
  std::string result(bytes, '\0');
  read(result.data(), bytes, what);
  return result;
}

void InputFile::skip(std::uint64_t bytes, std::string_view what) {
  require(bytes, 1, what);
  stream_->seekg(static_cast<std::streamoff>(bytes), std::ios::cur);
  offset_ += bytes;
}

void InputFile::seek(std::uint64_t offset) {
  NPU_ASSERT(offset <= size_);
  stream_->seekg(static_cast<std::streamoff>(offset), std::ios::beg);
  offset_ = offset;
}

void InputFile::fail(std::uint64_t at, std::string_view problem, std::string_view allowed) const {
  throw InputError(problem_line(fmt::format("{}: byte {}", name_, at), problem, allowed));
}

void InputFile::require(std::uint64_t count, std::uint64_t bytes_each,
                        std::string_view what) const {
  if (count <= remaining() / bytes_each) return;
  const std::string need =
      bytes_each == 1 ? fmt::format("{}", count) : fmt::format("{} x {}", count, bytes_each);
  fail(offset_, fmt::format("the file ends inside {}: {} bytes are left", what, remaining()),
       fmt::format("{} bytes here", need));
}

void write_file(const std::string& path, const std::vector<std::byte>& content) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) {
    throw InputError(problem_line(path, fmt::format("cannot be written ({})", std::strerror(errno)),
                                  "a path in an existing, writable folder with enough room"));
  }
}

}  // namespace npu
