// A tensor in host memory: what an operator is given and what it gave back, without a machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "isa/types.h"

namespace npu {

// Packed, row-major elements; of the 4-bit types the even element is in the low half of a byte.
struct HostTensor {
  Type type{};
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;

  int64_t count() const;                  // elements: the product of dims
  double at(int64_t index) const;         // value of one element, exact
  void set(int64_t index, double value);  // rounds to nearest even, saturates integers
};

// All zeros.
HostTensor zero_tensor(Type type, std::vector<int64_t> dims);

// The given values, as many as dims say, each rounded to the type.
HostTensor tensor_from(Type type, std::vector<int64_t> dims, std::span<const double> values);

// Uniform in [low, high), rounded to the type; for integer types the whole numbers of [low, high].
// The same seed gives the same bits on every host.
HostTensor random_tensor(Type type, std::vector<int64_t> dims, uint64_t seed, double low = -1,
                         double high = 1);

// The rows and columns of a matrix in the order of tiles of `rows` x `cols`, one column of tiles
// after the other; both of its dimensions are whole tiles. `from_tiled` is the way back.
HostTensor to_tiled(const HostTensor& matrix, int64_t rows, int64_t cols);
HostTensor from_tiled(const HostTensor& tiled, int64_t rows, int64_t cols);

// Every element as a double.
std::vector<double> values_of(const HostTensor& tensor);

}  // namespace npu
