// Program <-> bytes of an object file.
//
// A header of 24 bytes (magic "npuobj\r\n", format version, CRC-32 of the payload, size of the
// payload) and the payload: the members of Program in declared order. Integers are little-endian;
// texts and lists carry their length before them. Files of other versions are refused.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "isa/program/program.h"

namespace npu {

inline constexpr uint32_t kObjectVersion = 1;

std::vector<std::byte> write_object(const Program& program);

// Throws InputError that begins with `name` for anything that write_object cannot have written.
// Words are taken as they are: one that is no instruction is a fault when it is executed.
Program read_object(std::span<const std::byte> bytes, const std::string& name);

// True if the bytes begin like an object file of any version.
bool is_object(std::span<const std::byte> bytes);

}  // namespace npu
