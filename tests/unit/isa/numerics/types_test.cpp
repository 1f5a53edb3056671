#include "isa/types.h"

#include <catch2/catch.hpp>

namespace npu {

TEST_CASE("every type name finds its type again") {
  for (int i = 0; i < kTypeCount; ++i) {
    const auto type = static_cast<Type>(i);
    CHECK(is_type(type));
    CHECK(type_from_name(type_name(type)) == type);
  }
  CHECK(!is_type(static_cast<Type>(kTypeCount)));
  CHECK(!type_from_name("f8"));
  CHECK(!type_from_name(""));
}

TEST_CASE("the type codes in instruction words are fixed") {
  CHECK(static_cast<int>(types::f32) == 0);
  CHECK(static_cast<int>(types::e8m0) == 7);
  CHECK(static_cast<int>(types::u8) == 13);
}

TEST_CASE("sizes count packed elements") {
  CHECK(bytes_of(types::tf32) == 4);
  CHECK(bytes_of(types::bf16) == 2);
  CHECK(bytes_of(types::e4m3) == 1);
  CHECK(bytes_of(types::e2m1, 5) == 3);
  CHECK(bytes_of(types::i4, 4) == 2);
  CHECK(bytes_of(types::i16, 3) == 6);
}

}  // namespace npu
