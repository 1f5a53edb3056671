#include "runtime/model/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "isa/errors.h"
#include "isa/numerics/convert.h"
#include "runtime/files/problems.h"
#include "runtime/model/config_reader.h"

namespace npu {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000, kMaxIndex = 100'000'000;
constexpr std::uint64_t kLengthBytes = 8;
constexpr std::int64_t kMaxExactInteger = std::int64_t{1} << 24;

struct TypeRow {
  std::string_view name;
  int bytes;
};
constexpr std::array<TypeRow, 16> kTypes = {{{"BOOL", 1},
                                             {"U8", 1},
                                             {"I8", 1},
                                             {"I16", 2},
                                             {"U16", 2},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"I32", 4},
                                             {"U32", 4},
                                             {"F32", 4},
                                             {"F64", 8},
                                             {"I64", 8},
                                             {"U64", 8},
                                             {"F8_E4M3", 1},
                                             {"F8_E5M2", 1},
                                             {"F8_E8M0", 1}}};

std::string type_names() {
  std::string names;
  for (const TypeRow& row : kTypes) names += (names.empty() ? "" : " ") + std::string(row.name);
  return names;
}

// A list of whole numbers that a file may name; false for anything else.
bool read_numbers(const json& value, std::vector<std::uint64_t>& numbers) {
  if (!value.is_array()) return false;
  for (const json& element : value) {
    if (!element.is_number_unsigned()) return false;
    numbers.push_back(element.get<std::uint64_t>());
  }
  return true;
}

// Reads the entries of a header.
class HeaderReader {
 public:
  HeaderReader(std::string name, std::uint64_t data_begin, std::uint64_t data_bytes)
      : name_(std::move(name)), data_begin_(data_begin), data_bytes_(data_bytes) {}

  std::map<std::string, StoredTensor> read(const json& header) {
    for (const auto& item : header.items()) {
      if (item.key() == "__metadata__") {
        metadata(item.value());
      } else {
        tensor(item.key(), item.value());
      }
    }
    problems_.throw_if_any();
    check_cover();
    problems_.throw_if_any();
    return std::move(tensors_);
  }

 private:
  std::string place(const std::string& tensor) const { return name_ + ": " + in_quotes(tensor); }

  void metadata(const json& value) {
    bool texts = value.is_object();
    for (const auto& item : value.items()) texts = texts && item.value().is_string();
    if (!texts) {
      problems_.add(place("__metadata__"), "not a map of strings", "strings by name, or nothing");
    }
  }

  void tensor(const std::string& key, const json& value) {
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
        !value.contains("shape") || !value.contains("data_offsets")) {
      problems_.add(place(key), "not an object of these keys", "dtype, shape and data_offsets");
      return;
    }
    StoredTensor result;
    const json& type = value["dtype"];
    const auto row = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) {
      return type.is_string() && type.get<std::string>() == r.name;
    });
    if (row == kTypes.end()) {
      problems_.add(place(key), fmt::format("dtype {} is not known", in_quotes(type.dump())),
                    type_names());
      return;
    }
    result.type = static_cast<StoredType>(row - kTypes.begin());
    std::vector<std::uint64_t> shape, offsets;
    if (!read_numbers(value["shape"], shape)) {
      problems_.add(place(key), "shape is not a list of sizes", "whole numbers from 0 on");
      return;
    }
    if (!read_numbers(value["data_offsets"], offsets) || offsets.size() != 2) {
      problems_.add(place(key), "data_offsets are not two places", "[begin, end]");
      return;
    }
    if (offsets[0] > offsets[1] || offsets[1] > data_bytes_) {
      problems_.add(
          place(key), fmt::format("bytes {} to {}", offsets[0], offsets[1]),
          fmt::format("begin up to end, end up to the file's {} bytes of data", data_bytes_));
      return;
    }
    std::uint64_t bytes = static_cast<std::uint64_t>(row->bytes);
    bool overflow = false;
    for (const std::uint64_t extent : shape) {
      overflow = overflow || __builtin_mul_overflow(bytes, extent, &bytes) ||
                 extent > static_cast<std::uint64_t>(INT64_MAX);
      result.shape.push_back(static_cast<std::int64_t>(extent));
    }
    if (overflow || bytes != offsets[1] - offsets[0]) {
      problems_.add(place(key), fmt::format("{} bytes of data", offsets[1] - offsets[0]),
                    overflow ? std::string("a shape below 2^63 bytes")
                             : fmt::format("the {} bytes of its shape and dtype", bytes));
      return;
    }
    result.begin = data_begin_ + offsets[0];
    result.end = data_begin_ + offsets[1];
    tensors_.emplace(key, std::move(result));
  }

  // Ranges lie end to end from the first byte of data to the last.
  void check_cover() {
    std::vector<std::pair<const std::string*, const StoredTensor*>> order;
    for (const auto& [key, tensor] : tensors_) order.emplace_back(&key, &tensor);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
    });
    std::uint64_t next = data_begin_;
    for (const auto& [key, tensor] : order) {
      if (tensor->begin != next) {
        problems_.add(place(*key),
                      fmt::format("begins at byte {} of the data", tensor->begin - data_begin_),
                      fmt::format("{}, where the one before ends", next - data_begin_));
        return;
      }
      next = tensor->end;
    }
    if (next != data_begin_ + data_bytes_) {
      problems_.add(name_, fmt::format("{} bytes of data", data_bytes_),
                    fmt::format("the {} bytes of its tensors", next - data_begin_));
    }
  }

  std::string name_;
  std::uint64_t data_begin_, data_bytes_;
  Problems problems_;
  std::map<std::string, StoredTensor> tensors_;
};

std::map<std::string, StoredTensor> read_header(InputFile& file) {
  const auto length = file.value<std::uint64_t>("the length of the header");
  if (length > kMaxHeader || length > file.remaining()) {
    file.fail(0, fmt::format("a header of {} bytes", length),
              fmt::format("at most {}, and no more than the {} bytes that follow", kMaxHeader,
                          file.remaining()));
  }
  const json header = parse_json_object(file.text(length, "the header"), file.name());
  return HeaderReader(file.name(), kLengthBytes + length, file.remaining()).read(header);
}

template <typename T>
std::vector<float> convert_all(const std::vector<std::byte>& bytes) {
  std::vector<float> values(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<float>(value);
    if constexpr (std::is_integral_v<T>) {
      const bool high = value > 0 && static_cast<std::uint64_t>(value) > kMaxExactInteger;
      const bool low = std::is_signed_v<T> && static_cast<std::int64_t>(value) < -kMaxExactInteger;
      if (high || low) values[i] = std::numeric_limits<float>::infinity();  // refused by the caller
    }
  }
  return values;
}

std::vector<float> convert_floats(const std::vector<std::byte>& bytes, Type type) {
  std::vector<float> values(bytes.size() / static_cast<size_t>(bytes_of(type)));
  convert(bytes.data(), type, reinterpret_cast<std::byte*>(values.data()), Type::kF32,
          values.size(), Round::kNearestEven);
  return values;
}

std::vector<float> to_floats(const std::vector<std::byte>& bytes, StoredType type) {
  switch (type) {
    case StoredType::kBool:
    case StoredType::kU8:
      return convert_all<std::uint8_t>(bytes);
    case StoredType::kI8:
      return convert_all<std::int8_t>(bytes);
    case StoredType::kI16:
      return convert_all<std::int16_t>(bytes);
    case StoredType::kU16:
      return convert_all<std::uint16_t>(bytes);
    case StoredType::kI32:
      return convert_all<std::int32_t>(bytes);
    case StoredType::kU32:
      return convert_all<std::uint32_t>(bytes);
    case StoredType::kI64:
      return convert_all<std::int64_t>(bytes);
    case StoredType::kU64:
      return convert_all<std::uint64_t>(bytes);
    case StoredType::kF32:
      return convert_all<float>(bytes);
    case StoredType::kF64:
      return convert_all<double>(bytes);
    case StoredType::kF16:
      return convert_floats(bytes, Type::kF16);
    case StoredType::kBf16:
      return convert_floats(bytes, Type::kBf16);
    case StoredType::kE4m3:
      return convert_floats(bytes, Type::kE4m3);
    case StoredType::kE5m2:
      return convert_floats(bytes, Type::kE5m2);
    case StoredType::kE8m0:
      return convert_floats(bytes, Type::kE8m0);
  }
  NPU_ASSERT(false);
  return {};
}

// The files that an index names, in order, each once.
std::map<std::string, std::string> read_index(const std::string& path) {
  InputFile file(path);
  if (file.size() > kMaxIndex) {
    throw InputError(problem_line(path, fmt::format("{} bytes", file.size()),
                                  fmt::format("at most {} bytes", kMaxIndex)));
  }
  const json index = parse_json_object(file.text(file.size(), "the file"), path);
  if (!index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw InputError(
        problem_line(path + ": weight_map", "missing or not an object", "file names by tensor"));
  }
  std::map<std::string, std::string> result;
  for (const auto& item : index["weight_map"].items()) {
    const std::string name =
        item.value().is_string() ? item.value().get<std::string>() : std::string();
    if (name.empty() || name.find('/') != std::string::npos ||
        name.find('\\') != std::string::npos || name.find("..") != std::string::npos) {
      throw InputError(problem_line(path + ": weight_map: " + in_quotes(item.key()),
                                    fmt::format("{} is no file name", in_quotes(name)),
                                    "the name of a file in the same folder"));
    }
    result[item.key()] = name;
  }
  return result;
}

}  // namespace

std::string_view stored_type_name(StoredType type) {
  return kTypes[static_cast<size_t>(type)].name;
}

int stored_bytes(StoredType type) { return kTypes[static_cast<size_t>(type)].bytes; }

std::int64_t StoredTensor::count() const {
  return static_cast<std::int64_t>((end - begin) / static_cast<std::uint64_t>(stored_bytes(type)));
}

SafetensorsFile::SafetensorsFile(InputFile file)
    : file_(std::move(file)), tensors_(read_header(file_)) {}

std::vector<std::byte> SafetensorsFile::read(const StoredTensor& tensor) {
  file_.seek(tensor.begin);
  return file_.array<std::byte>(tensor.end - tensor.begin, "a tensor");
}

Checkpoint Checkpoint::open(const std::string& path) {
  namespace fs = std::filesystem;
  Checkpoint result;
  result.name_ = path;
  std::error_code ignored;
  const bool folder = fs::is_directory(path, ignored);
  const fs::path index = fs::path(path) / "model.safetensors.index.json";
  if (!folder || !fs::exists(index, ignored)) {
    const std::string file = folder ? (fs::path(path) / "model.safetensors").string() : path;
    result.files_.emplace_back(InputFile(file));
    for (const auto& [name, tensor] : result.files_[0].tensors()) result.where_[name] = 0;
    return result;
  }
  std::map<std::string, size_t> opened;
  for (const auto& [tensor, file] : read_index(index.string())) {
    const auto [it, fresh] = opened.emplace(file, result.files_.size());
    if (fresh) result.files_.emplace_back(InputFile((fs::path(path) / file).string()));
    if (result.files_[it->second].tensors().count(tensor) == 0) {
      throw InputError(problem_line(index.string() + ": weight_map: " + in_quotes(tensor),
                                    fmt::format("not in {}", file), "the file that holds it"));
    }
    result.where_[tensor] = it->second;
  }
  return result;
}

const StoredTensor* Checkpoint::find(const std::string& tensor) const {
  const auto it = where_.find(tensor);
  return it == where_.end() ? nullptr : &files_[it->second].tensors().at(tensor);
}

const StoredTensor& Checkpoint::at(const std::string& tensor) const {
  const StoredTensor* found = find(tensor);
  if (found == nullptr) {
    throw InputError(problem_line(name_ + ": " + in_quotes(tensor), "no such tensor",
                                  "a checkpoint that has all tensors of its config.json"));
  }
  return *found;
}

std::vector<std::byte> Checkpoint::read(const std::string& tensor) {
  const StoredTensor& stored = at(tensor);
  return files_[where_.at(tensor)].read(stored);
}

std::vector<float> Checkpoint::values(const std::string& tensor) {
  std::vector<float> values = to_floats(read(tensor), at(tensor).type);
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw InputError(
        problem_line(name_ + ": " + in_quotes(tensor),
                     fmt::format("element {} is not finite, or no integer of magnitude up to {}", i,
                                 kMaxExactInteger),
                     "such numbers"));
  }
  return values;
}

}  // namespace npu
