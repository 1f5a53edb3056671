// Bytes put together by hand, and the one message that a refused file gives.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "isa/errors.h"

namespace npu::test {

inline void append(std::vector<std::byte>& bytes, std::string_view text) {
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
}

template <typename T>
void append_value(std::vector<std::byte>& bytes, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  append(bytes, std::string_view(raw, sizeof(T)));
}

// The message of the InputError that `action` throws; "(accepted)" if it throws none.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "(accepted)";
}

}  // namespace npu::test
