#include "kernels/ops/options.h"

#include <catch2/catch.hpp>

#include "isa/errors.h"
#include "kernels/ops/catalog.h"

namespace npu {
namespace {

const std::vector<OptionSpec> kSpecs = {{"m", "16", "rows"},
                                        {"dtype", "fp16", "type"},
                                        {"bias", "false", "whether"},
                                        {"eps", "1e-5", "added"}};

TEST_CASE("options not given have their fallback") {
  const Options options("op", kSpecs, {{"m", "3"}});
  CHECK(options.count("m") == 3);
  CHECK(options.float_type("dtype") == Type::kF16);
  CHECK_FALSE(options.flag("bias"));
  CHECK(options.number("eps") == 1e-5);
}

TEST_CASE("every unknown or repeated option is named in one error") {
  try {
    const Options options("op", kSpecs,
                          {{"dtyp", "fp16"}, {"m", "1"}, {"m", "2"}, {"zzzzzz", "1"}});
    FAIL("accepted");
  } catch (const InputError& error) {
    const std::string text = error.what();
    CHECK(text.find("--dtyp: unknown option; did you mean --dtype?") != std::string::npos);
    CHECK(text.find("--m: given twice") != std::string::npos);
    CHECK(text.find("--zzzzzz: unknown option.") != std::string::npos);
  }
}

TEST_CASE("a count must be a whole number in range") {
  for (const char* bad :
       {"0", "-1", "1.5", "", "nan", "1e3", "99999999999999999999", "12x", " 4"}) {
    INFO(bad);
    CHECK_THROWS_AS(Options("op", kSpecs, {{"m", bad}}).count("m"), InputError);
  }
  CHECK(Options("op", kSpecs, {{"m", "0"}}).count("m", 0) == 0);
}

TEST_CASE("numbers, flags and types refuse what they are not") {
  for (const char* bad : {"", "x", "nan", "inf", "1,5"}) {
    CHECK_THROWS_AS(Options("op", kSpecs, {{"eps", bad}}).number("eps"), InputError);
  }
  CHECK_THROWS_AS(Options("op", kSpecs, {{"bias", "maybe"}}).flag("bias"), InputError);
  CHECK_THROWS_AS(Options("op", kSpecs, {{"dtype", "fp17"}}).float_type("dtype"), InputError);
}

TEST_CASE("a type goes by its short and its long name") {
  CHECK(parse_type("fp32") == Type::kF32);
  CHECK(parse_type("f32") == Type::kF32);
  CHECK(parse_type("float16") == Type::kF16);
  CHECK(parse_type("bf16") == Type::kBf16);
  CHECK(parse_type("int8") == Type::kI8);
}

std::string problem_of(const char* name, const std::vector<OptionText>& given) {
  const Operator& op = find_operator(name);
  try {
    op.arguments(Options(op.name, op.options, given), 1, Contents::kControlOnly);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("a type that an operator does not take is refused with those that it takes") {
  CHECK(problem_of("embedding", {{"dtype", "int8"}}) ==
        "embedding: --dtype 'int8': must be one of fp32 fp16 bf16");
  CHECK(problem_of("rmsnorm", {{"weight", "int32"}}) ==
        "rmsnorm: --weight 'int32': must be one of fp32 fp16 bf16");
  CHECK(problem_of("matmul", {{"dtype", "int32"}}) ==
        "matmul: --dtype 'int32': must be one of fp32 tf32 fp16 bf16 e4m3 e5m2 int8");
  CHECK(problem_of("matmul", {{"out", "e5m2"}}) ==
        "matmul: --out 'e5m2': must be one of fp32 fp16 bf16 e4m3 int8 int32");
}

TEST_CASE("a size below what is needed is refused, and 0 means what is needed") {
  CHECK(problem_of("rope", {{"position", "5"}, {"positions", "3"}}) ==
        "rope: --positions '3': must be at least 69, or 0, which means that many");
  CHECK(problem_of("cache_write", {{"rows", "5"}, {"capacity", "3"}}) ==
        "cache_write: --capacity '3': must be at least 5, or 0, which means that many");
  CHECK(problem_of("flash_attention", {{"tokens", "7"}, {"past", "2"}, {"capacity", "8"}}) ==
        "flash_attention: --capacity '8': must be at least 9, or 0, which means that many");
  CHECK(problem_of("decode_attention", {{"keys", "9"}, {"capacity", "8"}}) ==
        "decode_attention: --capacity '8': must be at least 9, or 0, which means that many");
  CHECK(problem_of("rope", {{"position", "5"}, {"positions", "69"}}) == "accepted");
}

TEST_CASE("every operator has documented options, and arguments and references that agree") {
  for (const Operator& op : catalog()) {
    INFO(op.name);
    CHECK_FALSE(op.doc.empty());
    CHECK_FALSE(op.formula.empty());
    CHECK_FALSE(op.tolerance.empty());
    for (const OptionSpec& spec : op.options) CHECK_FALSE(spec.doc.empty());
    const Options options(op.name, op.options);
    const auto without = op.arguments(options, 1, Contents::kControlOnly);
    CHECK(op.work(options).read_bytes > 0);
    size_t outputs = 0;
    for (const OperatorArgument& argument : without) {
      outputs += argument.output ? 1 : 0;
      CHECK(argument.tensor.bytes.empty() != argument.control);
    }
    CHECK(outputs >= 1);
  }
  CHECK_THROWS_AS(find_operator("matmull"), InputError);
}

TEST_CASE("the same seed gives the same arguments and another seed others") {
  const Operator& op = find_operator("softmax");
  const Options options(op.name, op.options, {{"rows", "4"}, {"cols", "8"}});
  const auto first = op.arguments(options, 1, Contents::kAll),
             again = op.arguments(options, 1, Contents::kAll),
             other = op.arguments(options, 2, Contents::kAll);
  CHECK(first[0].tensor.bytes == again[0].tensor.bytes);
  CHECK(first[0].tensor.bytes != other[0].tensor.bytes);
}

TEST_CASE("a tensor too large for any host is refused by name") {
  const Operator& op = find_operator("matmul");
  const Options options(op.name, op.options, {{"m", "1000000"}, {"n", "1000000"}});
  CHECK_THROWS_AS(op.arguments(options, 1, Contents::kControlOnly), InputError);
}

}  // namespace
}  // namespace npu
