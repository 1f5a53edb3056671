#include "runtime/cli/kernel_arguments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>

#include "isa/errors.h"
#include "runtime/files/npy.h"
#include "runtime/files/problems.h"

namespace npu {

namespace {

// "name=value" of a command line, the value without the '@' of a file name.
struct NamedValue {
  std::string name, value;
  bool file = false;
};

NamedValue parse_named(std::string_view option, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError(fmt::format("{} {}: expected NAME=VALUE, such as a=@a.npy", option, text));
  }
  NamedValue result{text.substr(0, equals), text.substr(equals + 1)};
  result.file = !result.value.empty() && result.value[0] == '@';
  if (result.file) result.value.erase(0, 1);
  if (result.file && result.value.empty()) {
    throw InputError(fmt::format("{} {}: the name of the file is missing", option, text));
  }
  return result;
}

NamedValue parse_file(std::string_view option, const std::string& text) {
  NamedValue result = parse_named(option, text);
  if (!result.file) throw InputError(fmt::format("{} {}: expected NAME=@FILE.npy", option, text));
  return result;
}

// How NumPy stores a type; types that it lacks travel as f4 and are rounded on the way in.
const char* npy_dtype(Type type) {
  switch (type) {
    case Type::kF16:
      return "f2";
    case Type::kI32:
      return "i4";
    case Type::kI16:
      return "i2";
    case Type::kI8:
      return "i1";
    case Type::kU32:
      return "u4";
    case Type::kU8:
      return "u1";
    default:
      return "f4";
  }
}

double element(const Array& array, size_t index) {
  const std::byte* at =
      array.data.data() + index * static_cast<size_t>(npy_element_bytes(array.dtype));
  const auto as = [&](auto value) {
    std::memcpy(&value, at, sizeof value);
    return static_cast<double>(value);
  };
  if (array.dtype == "f4") return as(float{});
  if (array.dtype == "f8") return as(double{});
  if (array.dtype == "i1") return as(int8_t{});
  if (array.dtype == "i2") return as(int16_t{});
  if (array.dtype == "i4") return as(int32_t{});
  if (array.dtype == "i8") return as(int64_t{});
  if (array.dtype == "u1") return as(uint8_t{});
  if (array.dtype == "u2") return as(uint16_t{});
  if (array.dtype == "u4") return as(uint32_t{});
  HostTensor half{Type::kF16, {1}, {at, at + 2}};
  return half.at(0);
}

std::vector<double> values_of(const Array& array) {
  std::vector<double> values(static_cast<size_t>(element_count(array.shape)));
  for (size_t i = 0; i < values.size(); ++i) values[i] = element(array, i);
  return values;
}

// Same type bits as they are; any float array is rounded to a float tensor; nothing else fits.
HostTensor tensor_from_array(const Array& array, const Parameter& parameter,
                             const std::string& path) {
  if (bits_of(parameter.type) < 8) {
    throw InputError(fmt::format("{}: parameter {} is {}, which a .npy file cannot hold", path,
                                 parameter.name, type_name(parameter.type)));
  }
  const bool same = array.dtype == npy_dtype(parameter.type);
  const bool floats = array.dtype[0] == 'f' && is_float(parameter.type);
  if (!same && !floats) {
    throw InputError(fmt::format("{}: dtype {} does not fit parameter {} of type {}; allowed: {}{}",
                                 path, array.dtype, parameter.name, type_name(parameter.type),
                                 npy_dtype(parameter.type),
                                 is_float(parameter.type) ? " or another float" : ""));
  }
  if (same && (parameter.type == Type::kF32 || parameter.type == Type::kF16 ||
               is_integer(parameter.type))) {
    return {parameter.type, array.shape, array.data};
  }
  return tensor_from(parameter.type, array.shape, values_of(array));
}

// "f32[2,3]": a tensor of that shape, of generated values, an output of zeros; the type must be the
// parameter's.
HostTensor generated(const std::string& text, const Parameter& parameter, uint64_t seed) {
  const auto fail = [&] {
    throw InputError(fmt::format(
        "--arg {}={}: the parameter is of type {}: expected @FILE.npy or a shape such as "
        "{}[128,64]",
        parameter.name, text, type_name(parameter.type), type_name(parameter.type)));
  };
  const std::string prefix = std::string(type_name(parameter.type)) + "[";
  if (text.size() <= prefix.size() || text.compare(0, prefix.size(), prefix) != 0 ||
      text.back() != ']')
    fail();
  std::vector<int64_t> dims;
  int64_t count = 1;
  for (const std::string& part :
       CLI::detail::split(text.substr(prefix.size(), text.size() - prefix.size() - 1), ',')) {
    int64_t dim = 0;
    if (!CLI::detail::lexical_cast(part, dim) || dim < 1 || dim > (int64_t{1} << 40) / count)
      fail();
    dims.push_back(dim);
    count *= dim;
  }
  check_host_memory(fmt::format("--arg {}={}", parameter.name, text),
                    static_cast<double>(count) * bits_of(parameter.type) / 8);
  if (parameter.output) return zero_tensor(parameter.type, dims);
  const double most = is_integer(parameter.type) ? 8 : 1;
  return random_tensor(parameter.type, dims, seed,
                       parameter.type == Type::kU8 || parameter.type == Type::kU32 ? 0 : -most,
                       most);
}

int64_t number(const NamedValue& given) {
  int64_t value = 0;
  if (given.file || !CLI::detail::lexical_cast(given.value, value)) {
    throw InputError(
        fmt::format("--arg {}={}: the parameter is an integer", given.name, given.value));
  }
  return value;
}

float real_number(const NamedValue& given) {
  double value = 0;
  if (given.file || !CLI::detail::lexical_cast(given.value, value)) {
    throw InputError(
        fmt::format("--arg {}={}: the parameter is an f32 number", given.name, given.value));
  }
  if (std::isfinite(value) && std::fabs(value) > FLT_MAX) {
    throw InputError(fmt::format("--arg {}={}: too large for f32; allowed: magnitudes up to {:.8g}",
                                 given.name, given.value, FLT_MAX));
  }
  return static_cast<float>(value);
}

OperatorArgument make_argument(const Parameter& parameter, const NamedValue* given,
                               const NamedValue* expected, uint64_t seed) {
  OperatorArgument argument{.name = parameter.name,
                            .kind = parameter.kind,
                            .output = parameter.output,
                            .control = parameter.control};
  if (!given && expected && parameter.kind == Parameter::Kind::kTensor) {
    const Array shape = read_npy(expected->value);
    argument.tensor = zero_tensor(parameter.type, shape.shape);
    return argument;
  }
  if (!given) {
    throw InputError(fmt::format(
        "parameter {} has no value: give --arg {}={}", parameter.name, parameter.name,
        parameter.kind == Parameter::Kind::kTensor ? "@FILE.npy, or --expect for an output"
                                                   : "NUMBER"));
  }
  switch (parameter.kind) {
    case Parameter::Kind::kInt:
      argument.value = number(*given);
      break;
    case Parameter::Kind::kF32:
      argument.real = real_number(*given);
      break;
    case Parameter::Kind::kTensor:
      argument.tensor = given->file
                            ? tensor_from_array(read_npy(given->value), parameter, given->value)
                            : generated(given->value, parameter, seed);
      break;
  }
  return argument;
}

const NamedValue* find(const std::vector<NamedValue>& values, const std::string& name) {
  for (const NamedValue& value : values) {
    if (value.name == name) return &value;
  }
  return nullptr;
}

std::string parameter_names(const Program& program) {
  std::string names;
  for (const Parameter& parameter : program.parameters)
    names += (names.empty() ? "" : ", ") + parameter.name;
  return names;
}

const Parameter* find(const Program& program, const std::string& name) {
  for (const Parameter& parameter : program.parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

// Every name is a parameter, given once; of a tensor where `tensors` says so.
void check_names(const std::vector<NamedValue>& values, std::string_view option, bool tensors,
                 const Program& program, std::string& problems) {
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& name = values[i].name;
    const Parameter* parameter = find(program, name);
    if (parameter == nullptr) {
      problems += fmt::format("{} {}: no such parameter; there are {}\n", option, name,
                              parameter_names(program));
    } else if (tensors && parameter->kind != Parameter::Kind::kTensor) {
      problems += fmt::format("{} {}: the parameter is a number; allowed: tensors\n", option, name);
    }
    for (size_t j = 0; j < i; ++j) {
      if (values[j].name == name)
        problems += fmt::format("{} {}: given twice; allowed: once\n", option, name);
    }
  }
}

// Found out before the run, so that no run is lost for it.
void check_writable(const std::vector<NamedValue>& outputs, std::string& problems) {
  namespace fs = std::filesystem;
  for (const NamedValue& output : outputs) {
    std::error_code ignored;
    const fs::path path(output.value);
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const bool exists = fs::exists(path, ignored);
    if (access(exists ? path.c_str() : folder.c_str(), W_OK) == 0 &&
        !fs::is_directory(path, ignored)) {
      continue;
    }
    problems += problem_line(fmt::format("--out {}: {}", output.name, output.value),
                             "cannot be written", "a file in an existing, writable folder") +
                "\n";
  }
}

// The array that a tensor is compared with, nullopt if there is none. Throws InputError if it does
// not fit.
std::optional<Array> expected_array(const std::vector<NamedValue>& expected,
                                    const OperatorArgument& argument) {
  const NamedValue* given = find(expected, std::string(argument.name));
  if (given == nullptr) return std::nullopt;
  Array array = read_npy(given->value);
  if (array.shape != argument.tensor.dims) {
    throw InputError(fmt::format("--expect {}: {}: shape ({}); allowed: that of the argument, ({})",
                                 argument.name, given->value, fmt::join(array.shape, ", "),
                                 fmt::join(argument.tensor.dims, ", ")));
  }
  return array;
}

std::vector<NamedValue> parse_files(std::string_view option,
                                    const std::vector<std::string>& texts) {
  std::vector<NamedValue> values;
  for (const std::string& text : texts) values.push_back(parse_file(option, text));
  return values;
}

void check_tolerance(std::string_view option, double value) {
  if (value >= 0 && std::isfinite(value)) return;
  throw InputError(fmt::format("{} {}: allowed: a finite number, 0 or more", option, value));
}

}  // namespace

void check_host_memory(std::string_view what, double bytes) {
  const double host =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (2 * bytes <= host) return;
  throw InputError(
      fmt::format("{}: {:.3g} bytes, which are held twice; allowed: up to {:.3g} on "
                  "this host, any size for an operator with --timing-only",
                  what, bytes, host / 2));
}

std::vector<OperatorArgument> file_arguments(const KernelTarget& target, const Program& program) {
  check_tolerance("--rtol", target.rtol);
  check_tolerance("--atol", target.atol);
  std::vector<NamedValue> given;
  for (const std::string& text : target.arguments) given.push_back(parse_named("--arg", text));
  const std::vector<NamedValue> outputs = parse_files("--out", target.outputs);
  const std::vector<NamedValue> expected = parse_files("--expect", target.expected);
  std::string problems;
  check_names(given, "--arg", false, program, problems);
  check_names(outputs, "--out", true, program, problems);
  check_names(expected, "--expect", true, program, problems);
  check_writable(outputs, problems);
  std::vector<OperatorArgument> arguments;
  for (const Parameter& parameter : program.parameters) {
    try {
      arguments.push_back(make_argument(parameter, find(given, parameter.name),
                                        find(expected, parameter.name),
                                        target.seed + arguments.size()));
      if (parameter.kind == Parameter::Kind::kTensor) expected_array(expected, arguments.back());
    } catch (const InputError& error) {
      problems += std::string(error.what()) + "\n";
    }
  }
  if (!problems.empty()) {
    problems.pop_back();
    throw InputError(problems);
  }
  return arguments;
}

void write_outputs(const KernelTarget& target, const std::vector<OperatorArgument>& arguments) {
  for (const std::string& text : target.outputs) {
    const NamedValue output = parse_file("--out", text);
    for (const OperatorArgument& argument : arguments) {
      if (argument.name != output.name) continue;
      Array array{npy_dtype(argument.tensor.type), argument.tensor.dims, argument.tensor.bytes};
      if (array.dtype == "f4" && argument.tensor.type != Type::kF32) {
        const HostTensor wide =
            tensor_from(Type::kF32, argument.tensor.dims, npu::values_of(argument.tensor));
        array.data = wide.bytes;
      }
      write_npy(output.value, array);
    }
  }
}

Expected expected_of(const KernelTarget& target, const OperatorArgument& argument) {
  const auto array = expected_array(parse_files("--expect", target.expected), argument);
  if (!array) return {};
  Expected expected{values_of(*array), {}};
  for (const double want : expected.want) {
    expected.bound.push_back(
        is_integer(argument.tensor.type) ? 0 : target.rtol * std::fabs(want) + target.atol);
  }
  return expected;
}

}  // namespace npu
