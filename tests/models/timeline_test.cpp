// The picture of what one group's units did.
#include "runtime/report/timeline.h"

#include <catch2/catch.hpp>

namespace npu {

TEST_CASE("a timeline shows one group, whatever the same units of the others do") {
  Timeline timeline(100, 1);
  const auto at = [](uint64_t cycle, int32_t group) {
    return EventPlace{
        .cycle = cycle, .group = group, .core = 1, .unit = Unit::kLoad, .pc = 0, .serial = 1};
  };
  timeline.on_start(at(2, 0), {});
  timeline.on_start(at(3, 1), {});
  timeline.on_retire(at(5, 1), {});
  timeline.on_retire(at(9, 0), {});
  CHECK(timeline.list({}) ==
        " begins    ends  unit    instruction\n      3       5  load  a vector core 0: \n");
  CHECK(timeline.picture() ==
        "cycles 0 to 5 of group 1, 1 a column; a letter is an instruction\n"
        "vector core 0\n  load   ...aa\n");
}

}  // namespace npu
