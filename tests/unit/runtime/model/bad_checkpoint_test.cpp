#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "runtime/files/input_file.h"
#include "runtime/model/llama2c.h"
#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

using Bytes = std::vector<std::byte>;

Bytes good() { return test::checkpoint_bytes(generated_weights(test::small_config(), 1)); }

// The good file with one of its seven sizes replaced.
Bytes with_size(size_t index, std::int32_t value) {
  Bytes bytes = good();
  std::memcpy(bytes.data() + 4 * index, &value, 4);
  return bytes;
}

Bytes with_float(size_t offset, float value) {
  Bytes bytes = good();
  std::memcpy(bytes.data() + offset, &value, 4);
  return bytes;
}

Bytes resized(std::ptrdiff_t change) {
  Bytes bytes = good();
  bytes.resize(static_cast<size_t>(static_cast<std::ptrdiff_t>(bytes.size()) + change));
  return bytes;
}

std::int32_t nan_bits() {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::int32_t bits = 0;
  std::memcpy(&bits, &nan, 4);
  return bits;
}

struct Case {
  const char* name;
  Bytes bytes;
  const char* place_and_problem;
  const char* allowed;
};

}  // namespace

TEST_CASE("every malformed checkpoint gives a message with its place and what is allowed") {
  constexpr size_t kEmbedding = 28, kRmsAtt = kEmbedding + 64 * 32 * 4;
  const std::vector<Case> cases = {
      {"empty", {}, "w.bin: byte 0: the file ends inside the header", "4 bytes here"},
      {"cut header", Bytes(27), "w.bin: byte 24: the file ends inside the header: 3 bytes",
       "4 bytes"},
      {"all zero", Bytes(1000), "w.bin: byte 0: dim: 0 is out of range", "1 to 1048576"},
      {"negative dim", with_size(0, -32), "byte 0: dim: -32 is out of range", "1 to 1048576"},
      {"NaN size", with_size(1, nan_bits()), "byte 4: hidden_dim: 2143289344 is out",
       "1 to 4194304"},
      {"huge layers", with_size(2, 2000000000), "byte 8: n_layers: 2000000000 is out", "1 to 4096"},
      {"zero heads", with_size(3, 0), "byte 12: n_heads: 0 is out of range", "1 to 4096"},
      {"heads not dividing", with_size(3, 5), "byte 12: n_heads: 5", "a divisor of dim, 32"},
      {"odd heads", with_size(3, 32), "byte 12: n_heads: 32 makes heads of 1 elements",
       "even size"},
      {"kv heads not dividing", with_size(4, 3), "byte 16: n_kv_heads: 3",
       "a divisor of n_heads, 4"},
      {"no vocabulary", with_size(5, 0), "byte 20: vocab_size: 0 is out of range", "1 to 16777216"},
      {"least vocabulary", with_size(5, std::numeric_limits<std::int32_t>::min()),
       "byte 20: vocab_size: 2147483648 is out of range", "1 to 16777216"},
      {"negative context", with_size(6, -1), "byte 24: seq_len: -1 is out of range",
       "1 to 1073741824"},
      {"tied though untied", with_size(5, 64), "w.bin: the file has ", "vocab_size 64, seq_len 32"},
      {"largest sizes", with_size(1, 1 << 22), "w.bin: the file has ",
       "dim 32, hidden_dim 4194304"},
      {"truncated", resized(-1), "w.bin: the file has ", "exactly the "},
      {"oversized", resized(1), "w.bin: the file has ", "exactly the "},
      {"NaN weight", with_float(kRmsAtt + 4 * 33, std::nanf("")),
       "byte 8352: rms_att of layer 1 holds nan", "finite numbers"},
      {"infinite weight", with_float(kEmbedding, INFINITY), "byte 28: token_embedding holds inf",
       "finite numbers"},
  };
  for (const Case& bad : cases) {
    INFO(bad.name);
    const std::string message = test::refusal([&] {
      InputFile file("w.bin", bad.bytes);
      load_llama2c(file);
    });
    CHECK_THAT(message, Catch::Contains(bad.place_and_problem));
    CHECK_THAT(message, Catch::Contains("; allowed: ") && Catch::Contains(bad.allowed));
  }
}

TEST_CASE("all wrong sizes of a checkpoint header are reported together") {
  Bytes bytes(28, std::byte{0xff});
  InputFile file("w.bin", bytes);
  const std::string message = test::refusal([&] { load_llama2c(file); });
  for (const char* key : {"dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "seq_len"}) {
    CHECK_THAT(message, Catch::Contains(std::string(key) + ": -1 is out of range"));
  }
}
