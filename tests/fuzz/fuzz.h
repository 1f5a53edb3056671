// What every fuzz target shares: the one contract of whatever reads foreign bytes. It accepts its
// input or throws InputError; anything else, be it a crash, a sanitizer's report or another
// exception, is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "isa/errors.h"

namespace npu::fuzz {

inline std::string text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::vector<std::byte> bytes(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  return {begin, begin + size};
}

// Runs `read` on one input; true if it accepted it.
template <class Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const InputError&) {
    return false;
  }
}

// For what must hold after an input was accepted, such as a round trip.
inline void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace npu::fuzz
