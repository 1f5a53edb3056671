// Checkpoints in the safetensors format: a JSON header that names tensors and where their bytes
// lie, in one file or in several with an index. Nothing in them is believed unchecked: a header is
// read whole or refused, and a tensor's bytes are read when they are asked for.
// Format: https://github.com/huggingface/safetensors
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/files/input_file.h"

namespace npu {

enum class StoredType : std::uint8_t {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kF16,
  kBf16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64,
  kE4m3,
  kE5m2,
  kE8m0,
};

// The name in a header: "BF16", "F8_E4M3".
std::string_view stored_type_name(StoredType type);
int stored_bytes(StoredType type);

struct StoredTensor {
  StoredType type{};
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  // bytes of the file
  std::int64_t count() const;        // elements
};

class SafetensorsFile {
 public:
  // Reads and checks the header. Throws InputError with place and what is allowed.
  explicit SafetensorsFile(InputFile file);

  const std::string& name() const { return file_.name(); }
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  // The bytes of a tensor of this file.
  std::vector<std::byte> read(const StoredTensor& tensor);

 private:
  InputFile file_;
  std::map<std::string, StoredTensor> tensors_;
};

// All files of a model: `model.safetensors`, or those that `model.safetensors.index.json` lists.
class Checkpoint {
 public:
  // A folder, or one safetensors file. Throws InputError.
  static Checkpoint open(const std::string& path);

  // Null where there is no such tensor.
  const StoredTensor* find(const std::string& tensor) const;
  // Throws InputError with the name where there is none.
  const StoredTensor& at(const std::string& tensor) const;
  std::vector<std::byte> read(const std::string& tensor);
  // Every element as float; integers of magnitude up to 2^24 are exact, F64 is rounded. Throws
  // InputError for what is not finite or an integer beyond.
  std::vector<float> values(const std::string& tensor);

  const std::string& name() const { return name_; }
  const std::map<std::string, size_t>& tensors() const { return where_; }

 private:
  std::string name_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, size_t> where_;  // tensor -> file
};

}  // namespace npu
