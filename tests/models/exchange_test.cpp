// Tokens to the chips of their experts and back: rows, races, and what the busiest link must carry.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "isa/errors.h"
#include "tests/models/system_run.h"

namespace npu {
namespace {

using test::cycles_of;
using test::run_on;
using test::small_system;
using test::SystemRun;

std::vector<OptionText> exchange(const char* mode, const char* load, const char* type, int tokens,
                                 int dim, int experts, int top_k) {
  return {{"mode", mode},
          {"load", load},
          {"dtype", type},
          {"tokens", std::to_string(tokens)},
          {"dim", std::to_string(dim)},
          {"experts", std::to_string(experts)},
          {"top-k", std::to_string(top_k)}};
}

void check_good(const MachineConfig& machine, const char* name,
                const std::vector<OptionText>& given) {
  const SystemRun ran = run_on(machine, name, given, {.check = true});
  std::string text = std::string(name) + " on " + machine.name;
  for (const auto& [option, value] : given) text.append(" " + option).append("=" + value);
  INFO(text << "\n" << ran.text());
  CHECK(ran.good());
}

// few: all experts but the first top_k are empty, and with them whole chips; hot: one expert is in
// every token.
TEST_CASE("moe_dispatch and moe_combine move and add what the routing says, without a race") {
  const MachineConfig machine = load_machine("tiny-x4");
  for (const char* mode : {"normal", "low_latency"}) {
    for (const char* load : {"even", "power", "hot", "few"}) {
      for (const char* type : {"bf16", "e4m3"}) {
        check_good(machine, "moe_dispatch", exchange(mode, load, type, 13, 300, 8, 3));
      }
      for (const char* type : {"bf16", "fp32"}) {
        check_good(machine, "moe_combine", exchange(mode, load, type, 13, 70, 8, 3));
      }
    }
  }
}

TEST_CASE("moe_dispatch and moe_combine take single tokens, channels and experts, and long rows") {
  const MachineConfig machine =
      GENERATE(load_machine("tiny-x4"), small_system("base-x4", 2), load_machine("tiny"));
  for (const char* mode : {"normal", "low_latency"}) {
    for (const auto& [tokens, dim, experts, top_k] :
         {std::array{1, 1, 4, 1}, {1, 129, 4, 4}, {5, 1, 16, 16}, {3, 7168, 12, 2}}) {
      for (const char* type : {"fp16", "e4m3"}) {
        check_good(machine, "moe_dispatch",
                   exchange(mode, "even", type, tokens, dim, experts, top_k));
      }
      check_good(machine, "moe_combine",
                 exchange(mode, "even", "fp16", tokens, dim, experts, top_k));
    }
  }
}

TEST_CASE("a row that is missing, another token's or weighted wrong is refused") {
  for (const char* name : {"moe_dispatch", "moe_combine"}) {
    for (const char* mode : {"normal", "low_latency"}) {
      std::vector<OptionText> given = exchange(mode, "even", "bf16", 9, 40, 8, 2);
      given.emplace_back("chips", "4");
      INFO(name << " " << mode);
      CHECK(test::passes(name, given, {}));
      const auto row_of_x = [&](double factor, int64_t from) {
        return [=](std::vector<OperatorArgument>& list) {
          HostTensor& x = list[0].tensor;
          const int64_t rows = x.count() / 40;
          for (int64_t row = 0; row < rows; ++row) {
            if (row % 9 != 4) continue;
            for (int64_t i = 0; i < 40; ++i)
              x.set(row * 40 + i, factor * x.at((row + from) % rows * 40 + i));
          }
        };
      };
      CHECK_FALSE(test::passes(name, given, row_of_x(0, 0)));
      CHECK_FALSE(test::passes(name, given, row_of_x(-1, 0)));
      CHECK_FALSE(test::passes(name, given, row_of_x(1, 1)));
      CHECK_FALSE(test::passes(name, given, [](std::vector<OperatorArgument>& list) {
        for (OperatorArgument& argument : list) {
          if (argument.name != "chosen") continue;
          HostTensor& chosen = argument.tensor;  // one token's experts on other chips
          for (int64_t i = 0; i < 2; ++i)
            chosen.set(i, static_cast<double>((static_cast<int64_t>(chosen.at(i)) + 2) % 8));
        }
      }));
    }
  }
}

TEST_CASE("experts that do not divide among the chips, or too many a token, are refused") {
  const MachineConfig machine = load_machine("tiny-x4");
  const auto refuses = [&](const std::vector<OptionText>& given, const char* problem) {
    CHECK_THROWS_WITH(run_on(machine, "moe_dispatch", given, {}), Catch::Contains(problem));
  };
  refuses(exchange("normal", "even", "bf16", 2, 8, 6, 2), "experts must be a multiple of chips");
  refuses(exchange("normal", "even", "bf16", 2, 8, 32, 17), "at most 16");
  refuses(exchange("express", "even", "bf16", 2, 8, 8, 2), "allowed are normal low_latency");
}

// Rows over the busiest link; none where all stay at home.
double busiest_link(const MachineConfig& machine, const std::vector<OptionText>& given,
                    bool low_latency) {
  const Operator& op = find_operator("moe_dispatch");
  std::vector<OptionText> all = given;
  all.emplace_back("chips", std::to_string(machine.chips));
  const Options options(op.name, op.options, all);
  const auto chips = static_cast<size_t>(machine.chips);
  const auto tokens = static_cast<size_t>(options.count("tokens")),
             top_k = static_cast<size_t>(options.count("top-k"));
  const double here = static_cast<double>(options.count("experts")) / machine.chips;
  std::vector<double> chosen;
  for (const OperatorArgument& argument : op.arguments(options, 1, Contents::kControlOnly)) {
    if (argument.name == "chosen") chosen = values_of(argument.tensor);
  }
  std::vector<double> rows(chips * chips);
  for (size_t from = 0; from < chips; ++from) {
    for (size_t t = 0; t < tokens; ++t) {
      std::set<size_t> seen;
      for (size_t i = 0; i < top_k; ++i) {
        const auto to = static_cast<size_t>(chosen[(from * tokens + t) * top_k + i] / here);
        if (to != from && (low_latency || seen.insert(to).second)) ++rows[from * chips + to];
      }
    }
  }
  return *std::max_element(rows.begin(), rows.end());
}

TEST_CASE("an exchange takes what its busiest link must carry") {
  const MachineConfig machine = small_system("base-x4", 8);
  const double per_cycle = machine.link.gigabytes_per_second / machine.clock_ghz,
               way = machine.link.latency_nanoseconds * machine.clock_ghz;
  for (const char* load : {"even", "hot", "few"}) {
    for (const bool low_latency : {false, true}) {
      const auto given =
          exchange(low_latency ? "low_latency" : "normal", load, "bf16", 256, 4096, 64, 6);
      const double bytes = busiest_link(machine, given, low_latency) * 4096 * 2;
      const auto near = [&](const char* name, int ways) {
        const double want = bytes / per_cycle + ways * way;
        const auto cycles = static_cast<double>(cycles_of(machine, name, given));
        INFO(name << " " << load << " " << low_latency << ": " << cycles << ", closed form "
                  << want);
        CHECK(cycles > 0.98 * want);
        CHECK(cycles < 1.15 * want);
      };
      near("moe_dispatch", 1);
      near("moe_combine", 2);
    }
  }
}

TEST_CASE("a row a chip is less than a row an expert, and fp8 less than bf16") {
  const MachineConfig machine = small_system("base-x4", 8);
  const auto cycles = [&](const char* mode, const char* type) {
    return static_cast<double>(
        cycles_of(machine, "moe_dispatch", exchange(mode, "even", type, 256, 4096, 64, 8)));
  };
  CHECK(cycles("normal", "bf16") < 0.7 * cycles("low_latency", "bf16"));
  CHECK(cycles("low_latency", "e4m3") < 0.6 * cycles("low_latency", "bf16"));
}

}  // namespace
}  // namespace npu
