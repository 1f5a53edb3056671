#include "kernels/ops/host_tensor.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "isa/errors.h"
#include "isa/numerics/scalar.h"

namespace npu {

namespace {

// splitmix64: small, well mixed and the same everywhere.
uint64_t next_random(uint64_t& state) {
  uint64_t x = state += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

double next_uniform(uint64_t& state) {
  return static_cast<double>(next_random(state) >> 11) * 0x1p-53;
}

}  // namespace

int64_t HostTensor::count() const {
  int64_t product = 1;
  for (const int64_t dim : dims) product *= dim;
  return product;
}

double HostTensor::at(int64_t index) const {
  if (bits_of(type) == 4) {
    const auto pair = static_cast<uint32_t>(bytes[static_cast<size_t>(index / 2)]);
    return decode(type, pair >> (index % 2 * 4) & 0xf);
  }
  const size_t size = static_cast<size_t>(bytes_of(type));
  uint32_t code = 0;
  std::memcpy(&code, bytes.data() + static_cast<size_t>(index) * size, size);
  return decode(type, code);
}

void HostTensor::set(int64_t index, double value) {
  const size_t size = static_cast<size_t>(bytes_of(type));
  const uint32_t code = encode(type, value);
  if (bits_of(type) == 4) {
    std::byte& pair = bytes[static_cast<size_t>(index / 2)];
    const auto other = static_cast<uint32_t>(pair) & (index % 2 == 0 ? 0xf0u : 0x0fu);
    pair = static_cast<std::byte>(other | code << (index % 2 * 4));
    return;
  }
  std::memcpy(bytes.data() + static_cast<size_t>(index) * size, &code, size);
}

HostTensor zero_tensor(Type type, std::vector<int64_t> dims) {
  HostTensor tensor{type, std::move(dims), {}};
  tensor.bytes.resize(bytes_of(type, static_cast<size_t>(tensor.count())));
  return tensor;
}

HostTensor tensor_from(Type type, std::vector<int64_t> dims, std::span<const double> values) {
  HostTensor tensor = zero_tensor(type, std::move(dims));
  NPU_ASSERT(tensor.count() == static_cast<int64_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) tensor.set(static_cast<int64_t>(i), values[i]);
  return tensor;
}

HostTensor random_tensor(Type type, std::vector<int64_t> dims, uint64_t seed, double low,
                         double high) {
  HostTensor tensor = zero_tensor(type, std::move(dims));
  uint64_t state = seed;
  const int64_t count = tensor.count();
  for (int64_t i = 0; i < count; ++i) {
    const double u = next_uniform(state);
    tensor.set(i,
               is_integer(type) ? low + std::floor(u * (high - low + 1)) : low + u * (high - low));
  }
  return tensor;
}

namespace {

// Where the tiled order keeps element i of the matrix.
int64_t tiled_place(const HostTensor& matrix, int64_t i, int64_t rows, int64_t cols) {
  const int64_t row = i / matrix.dims[1], col = i % matrix.dims[1];
  const int64_t tile = col / cols * (matrix.dims[0] / rows) + row / rows;
  return tile * rows * cols + row % rows * cols + col % cols;
}

}  // namespace

HostTensor to_tiled(const HostTensor& matrix, int64_t rows, int64_t cols) {
  NPU_ASSERT(matrix.dims.size() == 2 && matrix.dims[0] % rows == 0 && matrix.dims[1] % cols == 0);
  HostTensor tiled = matrix;
  for (int64_t i = 0; i < matrix.count(); ++i) {
    tiled.set(tiled_place(matrix, i, rows, cols), matrix.at(i));
  }
  return tiled;
}

HostTensor from_tiled(const HostTensor& tiled, int64_t rows, int64_t cols) {
  NPU_ASSERT(tiled.dims.size() == 2 && tiled.dims[0] % rows == 0 && tiled.dims[1] % cols == 0);
  HostTensor matrix = tiled;
  for (int64_t i = 0; i < matrix.count(); ++i) {
    matrix.set(i, tiled.at(tiled_place(tiled, i, rows, cols)));
  }
  return matrix;
}

std::vector<double> values_of(const HostTensor& tensor) {
  std::vector<double> values(static_cast<size_t>(tensor.count()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = tensor.at(static_cast<int64_t>(i));
  return values;
}

}  // namespace npu
