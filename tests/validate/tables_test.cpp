// Reading measurements: those that come with npukit, and bulk tables.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "isa/errors.h"
#include "runtime/validate/bulk_tables.h"

namespace npu {
namespace {

namespace fs = std::filesystem;

// A folder with one file, gone with the object.
class Folder {
 public:
  Folder(const std::string& name, const std::string& text)
      : path_(fs::temp_directory_path() / ("npu_tables_test_" + name)) {
    fs::create_directories(path_);
    std::ofstream(path_ / name) << text;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

TEST_CASE("a row of measurements inherits the head of its file") {
  const Folder folder("a.yaml",
                      "family: dma\nsource: a paper\nmachine: base\nexperiment: copy\n"
                      "with: {from: gm, to: l1}\nrows:\n"
                      "  - {name: small, with: {bytes: 1024}, cycles: 7}\n");
  const auto rows = read_measurements(folder.path());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].machine == "base");
  CHECK(rows[0].text("to") == "l1");
  CHECK(rows[0].number("bytes") == 1024);
  CHECK(rows[0].figures.at("cycles") == 7);
  CHECK_THROWS_AS(rows[0].number("to"), InputError);
  CHECK_THROWS_AS(rows[0].number("rounds"), InputError);
}

TEST_CASE("a mistake in a file of measurements is told with its place") {
  const Folder folder("a.yaml", "family: dma\nrows:\n  - {name: x, cycels: 7}\n");
  try {
    read_measurements(folder.path());
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()).find("a.yaml:3") != std::string::npos);
    CHECK(std::string(error.what()).find("cycels") != std::string::npos);
  }
}

TEST_CASE("a bulk table gives cycles by what its columns mean") {
  const Folder folder("a.csv",
                      "table,c0,c1,c2,c3,c4,c5,c6\n"
                      "GM_TO_L1_910b1,1,9.93,0.00098,100,180000,4096,2054\n"
                      "MMAD_FP16_FP16_FP32_1_core_910b3,0,16,16,32,630,8192\n"
                      "VADD_FP32_FP32_FP32_1_core_910b1,64,64,0,1,4.0\n"
                      "VADD_FP32_FP32_FP32_1_core_910b1,64,640,0,1,4.0\n"
                      "VCPADD_FP16_FP16_1_core_910b1,64,64,0,1,4.0\n"
                      "GM_TO_L1_TRANS_910b1,4,8.79,0,0,0,0,0\n");
  const auto rows = read_bulk_tables(folder.path());
  REQUIRE(rows.size() == 6);
  CHECK(rows[0].figures.at("cycles") == Approx(180));  // 100 ns at 1.8 GHz
  CHECK(rows[1].figures.at("cycles") == Approx(2 * 8192 / 630.0));
  CHECK(rows[2].unscored.empty());
  CHECK(rows[3].unscored.find("contradict") != std::string::npos);
  CHECK(rows[4].unscored.find("VCPADD") != std::string::npos);
  CHECK(!rows[5].unscored.empty());
  CHECK_THROWS_AS(read_bulk_tables(folder.path() + "/none"), InputError);
}

}  // namespace
}  // namespace npu
