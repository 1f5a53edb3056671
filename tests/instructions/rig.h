// A group of cores with global memory, to carry out one command at a time and look at the result.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "isa/numerics/scalar.h"
#include "sim/functional/execute.h"
#include "sim/functional/footprint.h"
#include "sim/functional/validate.h"

namespace npu::test {

inline Limits machine() {
  Limits limits;
  limits.machine = "rig";
  limits.l1 = 128 << 10;
  limits.l0a = limits.l0b = 32 << 10;
  limits.l0c = 64 << 10;
  limits.bias = 1 << 10;
  limits.table = 4 << 10;
  limits.ub = 64 << 10;
  limits.gm = 1 << 26;
  limits.cube_types = {Type::kF32,  Type::kTf32, Type::kF16, Type::kBf16, Type::kE4m3,
                       Type::kE5m2, Type::kE2m1, Type::kI8,  Type::kI4};
  limits.cube_scaled = true;
  limits.vector_types = {Type::kF32, Type::kF16, Type::kBf16};
  limits.l0c_to_ub = limits.ub_to_l1 = true;
  return limits;
}

// Numbers that look random and are the same everywhere.
class Numbers {
 public:
  explicit Numbers(uint64_t seed = 1) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint32_t bits() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 32);
  }
  // In [-range, range], in steps that every float type of 8 bits or more has nearly enough of.
  double real(double range = 4) {
    return (static_cast<double>(bits() % 257) - 128.0) / 128.0 * range;
  }

 private:
  uint64_t state_;
};

// Codes of a type, row after row.
struct Matrix {
  Type type{};
  uint64_t rows = 0, cols = 0;
  std::vector<uint32_t> codes;

  Matrix(Type t, uint64_t r, uint64_t c) : type(t), rows(r), cols(c), codes(r * c) {}
  uint32_t& at(uint64_t row, uint64_t col) { return codes[row * cols + col]; }
  uint32_t at(uint64_t row, uint64_t col) const { return codes[row * cols + col]; }
  double value(uint64_t row, uint64_t col) const { return decode(type, at(row, col)); }
  friend bool operator==(const Matrix& a, const Matrix& b) {
    return a.type == b.type && a.rows == b.rows && a.cols == b.cols && a.codes == b.codes;
  }
};

inline Matrix random_matrix(Type type, uint64_t rows, uint64_t cols, uint64_t seed = 1,
                            double range = 4) {
  Matrix result(type, rows, cols);
  Numbers numbers(seed);
  for (uint32_t& code : result.codes) {
    code = encode(type, is_integer(type) ? std::floor(numbers.real(100)) : numbers.real(range),
                  Round::kNearestEven, true);
  }
  return result;
}

struct Rig {
  Limits limits;
  Gm gm{1 << 26, 1, false};
  GroupState group;

  explicit Rig(Limits l = machine()) : limits(std::move(l)), group(make_group_state(limits)) {}
  Place cube() { return {gm, group, limits, 0}; }
  Place vector(int number = 0) { return {gm, group, limits, 1 + number}; }

  uint64_t tensor(uint64_t bytes, const std::string& name = "tensor") {
    return gm.allocate(bytes, Storage::kData, name);
  }

  std::byte* at(Mem mem, int core, uint64_t address) {
    return mem == Mem::kGm ? gm.row_for_write(address, 1)
                           : memory_of(group, mem, core).data() + address;
  }

  // All bytes of a local memory to a value that shows.
  void dirty(Mem mem, int core = 0, uint8_t value = 0xa5) {
    LocalMemory& memory = memory_of(group, mem, core);
    std::memset(memory.data(), value, memory.size());
  }

  // An element at a number of half bytes.
  void put_element(Mem mem, int core, uint64_t nibble, Type type, uint32_t code) {
    std::byte* to = at(mem, core, nibble / 2);
    if (bits_of(type) >= 8) {
      std::memcpy(to, &code, static_cast<size_t>(bytes_of(type)));
    } else {
      const uint32_t shift = nibble % 2 * 4, kept = static_cast<uint32_t>(*to) & (0xf0u >> shift);
      *to = static_cast<std::byte>(kept | (code & 0xf) << shift);
    }
  }
  uint32_t get_element(Mem mem, int core, uint64_t nibble, Type type) {
    const std::byte* from = at(mem, core, nibble / 2);
    if (bits_of(type) < 8) return static_cast<uint32_t>(*from) >> nibble % 2 * 4 & 0xf;
    uint32_t code = 0;
    std::memcpy(&code, from, static_cast<size_t>(bytes_of(type)));
    return code;
  }

  void put(Mem mem, int core, uint64_t address, const Matrix& m, uint64_t pitch = 0) {
    const auto nibbles = static_cast<uint64_t>(bits_of(m.type) / 4);
    if (pitch == 0) pitch = bytes_of(m.type, m.cols);
    for (uint64_t r = 0; r < m.rows; ++r) {
      for (uint64_t c = 0; c < m.cols; ++c) {
        put_element(mem, core, (address + r * pitch) * 2 + c * nibbles, m.type, m.at(r, c));
      }
    }
  }

  Matrix get(Mem mem, int core, uint64_t address, Type type, uint64_t rows, uint64_t cols,
             uint64_t pitch = 0) {
    Matrix m(type, rows, cols);
    const auto nibbles = static_cast<uint64_t>(bits_of(type) / 4);
    if (pitch == 0) pitch = bytes_of(type, cols);
    for (uint64_t r = 0; r < rows; ++r) {
      for (uint64_t c = 0; c < cols; ++c) {
        m.at(r, c) = get_element(mem, core, (address + r * pitch) * 2 + c * nibbles, type);
      }
    }
    return m;
  }

  // Byte offset of an element in fractal layout; pitch 0 is that of `rows` packed rows.
  uint64_t fractal(Type type, uint64_t rows, uint64_t row, uint64_t col, uint64_t pitch = 0) const {
    return fractal_nibble(type, rows, row, col, pitch) / 2;
  }
  uint64_t fractal_nibble(Type type, uint64_t rows, uint64_t row, uint64_t col,
                          uint64_t pitch = 0) const {
    const auto cols = static_cast<uint64_t>(limits.fractal_cols(type));
    const auto row_bytes = static_cast<uint64_t>(limits.fractal_row_bytes);
    const auto tile_rows = static_cast<uint64_t>(limits.fractal_rows);
    if (pitch == 0) pitch = (rows + tile_rows - 1) / tile_rows * tile_rows * row_bytes;
    return (col / cols * pitch + row * row_bytes) * 2 +
           col % cols * static_cast<uint64_t>(bits_of(type) / 4);
  }

  // The same for the 4-byte tiles of L0C.
  uint64_t sum_offset(uint64_t rows, uint64_t row, uint64_t col, uint64_t pitch = 0) const {
    const auto side = static_cast<uint64_t>(limits.fractal_rows);
    if (pitch == 0) pitch = (rows + side - 1) / side * side * side * 4;
    return col / side * pitch + row * side * 4 + col % side * 4;
  }

  void put_fractal(Mem mem, uint64_t address, const Matrix& m, uint64_t pitch = 0) {
    for (uint64_t r = 0; r < m.rows; ++r) {
      for (uint64_t c = 0; c < m.cols; ++c) {
        put_element(mem, 0, address * 2 + fractal_nibble(m.type, m.rows, r, c, pitch), m.type,
                    m.at(r, c));
      }
    }
  }

  Matrix get_fractal(Mem mem, uint64_t address, Type type, uint64_t rows, uint64_t cols,
                     uint64_t pitch = 0) {
    Matrix m(type, rows, cols);
    for (uint64_t r = 0; r < rows; ++r) {
      for (uint64_t c = 0; c < cols; ++c) {
        m.at(r, c) =
            get_element(mem, 0, address * 2 + fractal_nibble(type, rows, r, c, pitch), type);
      }
    }
    return m;
  }

  void put_sums(uint64_t address, const Matrix& m, uint64_t pitch = 0) {
    for (uint64_t r = 0; r < m.rows; ++r) {
      for (uint64_t c = 0; c < m.cols; ++c) {
        std::memcpy(at(Mem::kL0C, 0, address + sum_offset(m.rows, r, c, pitch)),
                    &m.codes[r * m.cols + c], 4);
      }
    }
  }

  Matrix get_sums(uint64_t address, Type type, uint64_t rows, uint64_t cols, uint64_t pitch = 0) {
    Matrix m(type, rows, cols);
    for (uint64_t r = 0; r < rows; ++r) {
      for (uint64_t c = 0; c < cols; ++c) {
        std::memcpy(&m.at(r, c), at(Mem::kL0C, 0, address + sum_offset(rows, r, c, pitch)), 4);
      }
    }
    return m;
  }

  // Carries out a command that must be valid.
  void run(const Place& place, const Command& command) {
    const auto wrong = validate(place, command);
    INFO((wrong ? wrong->detail : std::string()));
    REQUIRE_FALSE(wrong);
    const auto wrong_index = validate_indices(place, command);
    INFO((wrong_index ? wrong_index->detail : std::string()));
    REQUIRE_FALSE(wrong_index);
    execute(place, command);
  }
};

}  // namespace npu::test
