// The references: against results worked out by hand, and against golden vectors made by another
// implementation where that data is at hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "isa/numerics/scalar.h"
#include "kernels/ops/attention.h"
#include "kernels/ops/elementwise.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/rmsnorm.h"
#include "kernels/ops/rope.h"
#include "kernels/ops/softmax.h"
#include "runtime/files/npy.h"

namespace npu {
namespace {

using Values = std::vector<double>;

void check_close(const Values& got, const Values& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    INFO("element " << i);
    CHECK(std::fabs(got[i] - want[i]) <= tolerance);
  }
}

TEST_CASE("the reference of matmul multiplies in every layout") {
  const Values a{1, 2, 3, 4, 5, 6}, b{7, 8, 9, 10, 11, 12}, want{58, 64, 139, 154};
  const Values a_turned{1, 4, 2, 5, 3, 6}, b_turned{7, 9, 11, 8, 10, 12};
  MatmulShape shape{.m = 2, .n = 2, .k = 3, .type = Type::kF32};
  CHECK(matmul_reference(shape, a, b, {}).want == want);
  shape.a_transposed = shape.b_transposed = true;
  CHECK(matmul_reference(shape, a_turned, b_turned, {}).want == want);
  shape.bias = true;
  CHECK(matmul_reference(shape, a_turned, b_turned, Values{1, -1}).want ==
        Values{59, 63, 140, 153});
}

TEST_CASE("the bound of matmul holds for one rounding and not for ten") {
  const MatmulShape shape{.m = 1, .n = 1, .k = 1, .type = Type::kF32};
  const Expected e = matmul_reference(shape, Values{1}, Values{1}, {});
  CHECK(e.bound[0] >= 0x1p-24);
  CHECK(e.bound[0] < 10 * 0x1p-24);
}

TEST_CASE("a quarter turn takes the first channel to the second, in both layouts") {
  RopeShape shape{.tokens = 1, .heads = 1, .head_dim = 4, .positions = 2, .interleaved = true};
  const Values cos{1, 1, 0, 1}, sin{0, 0, 1, 0};  // at position 1 the first pair turns
  check_close(rope_reference(shape, Values{1, 2, 3, 4}, cos, sin, 1).want, {-2, 1, 3, 4}, 1e-15);
  check_close(rope_reference(shape, Values{1, 2, 3, 4}, cos, sin, 0).want, {1, 2, 3, 4}, 1e-15);
  shape.interleaved = false;
  check_close(rope_reference(shape, Values{1, 2, 3, 4}, cos, sin, 1).want, {-3, 2, 1, 4}, 1e-15);
}

TEST_CASE("softmax of equals is even and swiglu of zero is zero") {
  const SoftmaxShape shape{.rows = 1, .cols = 4};
  check_close(softmax_reference(shape, Values{3, 3, 3, 3}).want, Values(4, 0.25), 1e-15);
  const ElementwiseShape two{.count = 2};
  check_close(swiglu_reference(two, Values{0, 1}, Values{5, 2}).want, {0, 2 / (1 + std::exp(-1.0))},
              1e-15);
}

TEST_CASE("attention over one key is its value, and a query sees no later key") {
  const AttentionShape shape{.tokens = 2, .heads = 1, .kv_heads = 1, .head_dim = 1, .capacity = 2};
  const Expected e = flash_attention_reference(shape, Values{1, 0}, Values{5, 5}, Values{3, 7}, {});
  check_close(e.want, {3, 5}, 1e-12);
}

// The golden vectors: NPU_DATA, or the data folder beside the checkout.
std::string golden_folder() {
  const char* given = std::getenv("NPU_DATA");
  const std::string root = given ? given : NPU_SOURCE_DIR "/../shared/data";
  return std::filesystem::exists(root + "/golden/manifest.json") ? root + "/golden/" : "";
}

Values golden(const std::string& file) {
  const Array array = read_npy(golden_folder() + file + ".npy");
  const size_t count = static_cast<size_t>(element_count(array.shape));
  Values values(count);
  for (size_t i = 0; i < count; ++i) {
    if (array.dtype == "f8") {
      std::memcpy(&values[i], array.data.data() + 8 * i, 8);
    } else if (array.dtype == "u2") {
      uint16_t code = 0;
      std::memcpy(&code, array.data.data() + 2 * i, 2);
      values[i] = double{bf16_to_f32(code)};
    } else {
      int32_t whole = 0;
      std::memcpy(&whole, array.data.data() + 4 * i, 4);
      values[i] = whole;
    }
  }
  return values;
}

TEST_CASE("the references agree with golden vectors of another implementation") {
  if (golden_folder().empty()) {
    WARN("skipped: no golden vectors; set NPU_DATA to the folder that has them");
    return;
  }
  struct Norm {
    const char* name;
    int64_t rows, cols;
  };
  for (const Norm& n : {Norm{"s4_d256", 4, 256},
                        {"s3_d130_tail_zero_negzero", 3, 130},
                        {"s3_d64_large_tiny", 3, 64}}) {
    const std::string path = std::string("rmsnorm/") + n.name;
    const RmsNormShape shape{.rows = n.rows, .cols = n.cols, .eps = 1e-6F};
    check_close(rmsnorm_reference(shape, golden(path + ".in.x"), golden(path + ".in.weight")).want,
                golden(path + ".out.y"), 1e-6);
  }
  AttentionShape prefill{.tokens = 17, .heads = 8, .kv_heads = 2, .head_dim = 64, .capacity = 17};
  const std::string many = "gqa_attn/prefill_s17_h8_kv2_d64";
  check_close(flash_attention_reference(prefill, golden(many + ".in.q"), golden(many + ".in.k"),
                                        golden(many + ".in.v"), {})
                  .want,
              golden(many + ".out.o"), 1e-6);
  AttentionShape decode{.tokens = 1, .heads = 4, .kv_heads = 1, .head_dim = 128, .capacity = 70};
  const std::string one = "gqa_attn/decode_s1_t70_h4_kv1_d128";
  check_close(decode_attention_reference(decode, golden(one + ".in.q"), golden(one + ".in.k"),
                                         golden(one + ".in.v"), 70)
                  .want,
              golden(one + ".out.o"), 1e-6);
}

TEST_CASE("half-split rope agrees with golden vectors at scattered positions") {
  if (golden_folder().empty()) {
    WARN("skipped: no golden vectors; set NPU_DATA to the folder that has them");
    return;
  }
  const std::string path = "rope_half/llama3_s4_h2_d128";
  const Values x = golden(path + ".in.x"), positions = golden(path + ".in.pos");
  const Values want = golden(path + ".out.y");
  for (size_t t = 0; t < positions.size(); ++t) {
    Values cos, sin;
    for (int i = 0; i < 64; ++i) {
      const double angle = positions[t] * std::pow(500000.0, -i / 64.0);
      cos.push_back(std::cos(angle));
      sin.push_back(std::sin(angle));
    }
    const RopeShape shape{.tokens = 1, .heads = 2, .head_dim = 128, .positions = 1};
    const Values one(x.begin() + static_cast<ptrdiff_t>(t * 256),
                     x.begin() + static_cast<ptrdiff_t>(t * 256 + 256));
    check_close(rope_reference(shape, one, cos, sin, 0).want,
                Values(want.begin() + static_cast<ptrdiff_t>(t * 256),
                       want.begin() + static_cast<ptrdiff_t>(t * 256 + 256)),
                0.0024);
  }
}

}  // namespace
}  // namespace npu
