// NumPy's .npy files: how arrays of numbers come into the command and leave it.
// Read: versions 1.0 and 2.0, little endian, C order. Written: version 1.0, laid out as NumPy does.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace npu {

class InputFile;

struct Array {
  std::string dtype;                // f2 f4 f8 i1 i2 i4 i8 u1 u2 u4
  std::vector<std::int64_t> shape;  // empty: a single number
  std::vector<std::byte> data;      // C order, little endian, without gaps
};

// Bytes of one element of `dtype`; 0 for a name that Array does not have.
int npy_element_bytes(std::string_view dtype);

// The product of the extents; 1 for a single number. It must be below 2^63.
std::int64_t element_count(const std::vector<std::int64_t>& shape);

// Throws InputError, with place and what is allowed, for anything but one whole, well-formed array.
Array read_npy(const std::string& path);
Array read_npy(InputFile& file);

// The bytes of a file holding `array`, whose data must have the length its shape says.
std::vector<std::byte> format_npy(const Array& array);

// Throws InputError if the file cannot be written.
void write_npy(const std::string& path, const Array& array);

}  // namespace npu
