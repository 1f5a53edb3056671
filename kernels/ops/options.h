// The options of one operator as `npu run matmul --m 1000 --dtype fp16` gives them: names and
// texts, checked against the operator's own list.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "isa/types.h"

namespace npu {

struct OptionSpec {
  std::string_view name;      // without the dashes
  std::string_view fallback;  // its value when not given; never empty
  std::string_view doc;       // one line
  bool launch = false;  // an argument of the launch: the program is the same for all its values
};

using OptionText = std::pair<std::string, std::string>;  // name, value

class Options {
 public:
  // Throws InputError, for all options together, on a name that `specs` lacks (with the nearest one
  // that it has) or a name given twice.
  Options(std::string_view owner, const std::vector<OptionSpec>& specs,
          const std::vector<OptionText>& given = {});

  // Each throws InputError naming the option, its text and what is allowed.
  int64_t count(std::string_view name, int64_t lowest = 1) const;  // whole, lowest..2^40
  double number(std::string_view name) const;                      // finite
  bool flag(std::string_view name) const;                          // true|false|1|0|yes|no
  Type type(std::string_view name, std::initializer_list<Type> allowed) const;
  Type float_type(std::string_view name) const;  // fp32 fp16 bf16: what the vector cores compute
  // A size of which 0, the fallback, means `needed`; below that is refused.
  int64_t count_or_needed(std::string_view name, int64_t needed) const;
  const std::string& text(std::string_view name) const;

 private:
  std::string owner_;
  std::map<std::string, std::string, std::less<>> values_;
};

// "f16", "fp16", "float16", "i8", "int8" ... to a type; throws InputError with what is allowed.
Type parse_type(std::string_view text);

}  // namespace npu
