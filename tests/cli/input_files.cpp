#include "tests/cli/input_files.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "isa/assembler/assembler.h"
#include "isa/program/object_file.h"
#include "runtime/files/input_file.h"
#include "runtime/files/npy.h"
#include "runtime/model/weights.h"
#include "tests/unit/runtime/files/bytes.h"

namespace npu::test {

namespace {

using Bytes = std::vector<std::byte>;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Bytes front(const Bytes& bytes, size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count)};
}

template <typename T>
Bytes patched(Bytes bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

Bytes with_tail(Bytes bytes) {
  append(bytes, "tail");
  return bytes;
}

void make_objects(const InputFolder& folder) {
  const std::string text = text_of(folder.path("scale.npuasm"));
  const Bytes object = write_object(assemble(text, "scale.npuasm"));
  write_file(folder.path("truncated.npuobj"), front(object, object.size() / 2));
  write_file(folder.path("header_only.npuobj"), front(object, 10));
  write_file(folder.path("corrupt.npuobj"), patched<uint8_t>(object, object.size() / 2, 0xa5));
  write_file(folder.path("version9.npuobj"), patched<uint32_t>(object, 8, 9));
  write_file(folder.path("trailing.npuobj"), with_tail(object));
}

// An .npy file with this header, which says what it wants, and `bytes` bytes of data.
Bytes npy_with(const std::string& header, size_t bytes) {
  Bytes file;
  append(file, std::string_view("\x93NUMPY\x01\x00", 8));
  append_value(file, static_cast<uint16_t>(header.size()));
  append(file, header);
  file.resize(file.size() + bytes);
  return file;
}

Array numbers(const std::string& dtype, std::vector<int64_t> shape) {
  const auto bytes = static_cast<size_t>(element_count(shape) * npy_element_bytes(dtype));
  return {dtype, std::move(shape), Bytes(bytes)};
}

void make_arrays(const InputFolder& folder) {
  const auto header = [](const std::string& descr, const std::string& order,
                         const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  };
  const Bytes good = format_npy(numbers("f4", {8}));
  write_file(folder.path("x.npy"), good);
  write_file(folder.path("truncated.npy"), front(good, good.size() - 5));
  write_npy(folder.path("i8.npy"), numbers("i8", {8}));
  write_file(folder.path("fortran.npy"), npy_with(header("<f4", "True", "(4, 2)"), 32));
  write_file(folder.path("short.npy"), npy_with(header("<f4", "False", "(9,)"), 32));
  write_file(folder.path("oversized.npy"),
             npy_with(header("<f4", "False", "(4611686018427387904, 4611686018427387904)"), 32));
  write_file(folder.path("nan_dims.npy"), npy_with(header("<f4", "False", "(nan,)"), 32));
  write_file(folder.path("negative_dims.npy"), npy_with(header("<f4", "False", "(-8,)"), 32));
  write_file(folder.path("big_endian.npy"), npy_with(header(">f4", "False", "(8,)"), 32));
  write_file(folder.path("objects.npy"), npy_with(header("|O", "False", "(8,)"), 64));
}

void make_models(const InputFolder& folder) {
  ModelConfig config = small_config();
  config.vocab = static_cast<int64_t>(base_pieces().size());
  const Bytes model = checkpoint_bytes(generated_weights(config, 1));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_file(folder.path("model.bin"), model);
  write_file(folder.path("truncated.bin"), front(model, model.size() / 2));
  write_file(folder.path("oversized.bin"), patched<int32_t>(model, 4, 1 << 20));
  write_file(folder.path("nan_header.bin"), patched<float>(model, 0, nan));
  write_file(folder.path("negative.bin"), patched<int32_t>(model, 8, -2));
  write_file(folder.path("nan_weight.bin"), patched<float>(model, 7 * 4 + 40, nan));
  write_file(folder.path("trailing.bin"), with_tail(model));

  const Bytes tokenizer = tokenizer_bytes(base_pieces());
  write_file(folder.path("tokenizer.bin"), tokenizer);
  write_file(folder.path("short_tokenizer.bin"), front(tokenizer, 64));
  write_file(folder.path("negative_tokenizer.bin"), patched<int32_t>(tokenizer, 8, -1));
  write_file(folder.path("nan_tokenizer.bin"), patched<float>(tokenizer, 4, nan));
}

}  // namespace

InputFolder::InputFolder() {
  std::filesystem::copy(std::string(NPU_SOURCE_DIR) + "/tests/cli/inputs", path());
  make_objects(*this);
  make_arrays(*this);
  make_models(*this);
  Bytes garbage;
  for (int i = 0; i < 256; ++i) append_value(garbage, static_cast<uint8_t>(255 - i));
  write_file(path("garbage.bin.yaml"), garbage);
}

std::map<std::string, std::string> InputFolder::snapshot() const {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
    files[entry.path().string()] = entry.is_regular_file() ? text_of(entry.path().string()) : "";
  }
  return files;
}

}  // namespace npu::test
