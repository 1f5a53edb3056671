// Numbers as people read them: a time, a size, a rate with a fitting unit and four digits.
#pragma once

#include <cstdint>
#include <string>

namespace npu {

std::string time_text(double seconds);           // "1.234 ms"
std::string bytes_text(double bytes);            // "117.4 MB", powers of 1000
std::string rate_text(double bytes_per_second);  // "2.287 TB/s"
std::string percent_text(double share);          // "87.3 %"
std::string count_text(uint64_t number);         // "1,234,567"

}  // namespace npu
