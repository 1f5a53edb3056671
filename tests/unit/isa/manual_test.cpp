#include "isa/manual/manual.h"

#include <catch2/catch.hpp>

#include "isa/encoding/layout.h"
#include "isa/fault.h"
#include "tests/unit/isa/cases.h"

namespace npu {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("docs/isa.md is what the manual says now") {
  // `isa_test "[.approve]"` brings it up to date.
  CHECK(repository_file("docs/isa.md") == manual());
}

TEST_CASE("write docs/isa.md", "[.approve]") { replace_repository_file("docs/isa.md", manual()); }

TEST_CASE("every instruction has a page and a line in the list") {
  const std::string list = manual_list();
  const std::string all = manual();
  for (const std::string_view name : instruction_names()) {
    const auto page = manual_page(name);
    REQUIRE(page.has_value());
    CHECK_THAT(all, Contains(*page));
    CHECK_THAT(list, Contains("\n  " + std::string(name) + " "));
  }
  CHECK_FALSE(manual_page("nothing").has_value());
}

TEST_CASE("a page shows syntax, bit positions and legal memories") {
  const std::string load = *manual_page("load");
  CHECK_THAT(load, Contains("load.TO.TYPE[.LAYOUT][.HINT] dst=R, src=R, rows=R, cols=R"));
  CHECK_THAT(load, Contains("| 0..7 | opcode | 0x30 |"));
  CHECK_THAT(load, Contains("| 8..10 | to | l1 or ub (l1 on cube cores; ub on vector cores) |"));
  CHECK_THAT(load, Contains("on all cores"));
  CHECK_THAT(*manual_page("mma"), Contains("Unit: cube, on cube cores."));
  CHECK_THAT(*manual_page("ld"), Contains("ld.WIDTH.MEM d, [R+imm]"));
}

TEST_CASE("the manual explains every fault") {
  const std::string all = manual();
  for (int code = 0; code <= static_cast<int>(FaultCode::kStaleRead); ++code) {
    CHECK_THAT(all, Contains(std::string("| ") + fault_name(static_cast<FaultCode>(code)) + " |"));
  }
}

TEST_CASE("a fault's text has what, when, where and the source line") {
  Fault fault{FaultCode::kOutOfBounds};
  fault.detail = "load writes 64 bytes at 524256 of l1, which has 524288";
  fault.cycle = 812;
  fault.group = 3;
  fault.core = 2;
  fault.unit = "load";
  fault.pc = 17;
  fault.source = "matmul.npuasm:12: load.ub.f16";
  CHECK(fault.text() ==
        "fault: out of bounds: load writes 64 bytes at 524256 of l1, which has 524288 [cycle 812, "
        "group 3, vector core 1, unit load, pc 17] at matmul.npuasm:12: load.ub.f16");
  CHECK(Fault{FaultCode::kCycleLimit}.text() == "fault: cycle limit [cycle 0]");
}

}  // namespace
}  // namespace npu
