#include "sim/timing/wheel.h"

#include <catch2/catch.hpp>
#include <random>
#include <stdexcept>

#include "sim/timing/process.h"

namespace npu {
namespace {

using Log = std::vector<std::pair<Cycle, int>>;

Process tick(Agent& agent, Log& log, int name, uint64_t every, int times) {
  for (int i = 0; i < times; ++i) {
    log.emplace_back(agent.now(), name);
    co_await agent.cycles(every);
  }
}

TEST_CASE("processes wake at their cycles, near and far, in order of time") {
  Wheel wheel;
  Log log;
  Agent a(wheel, 1), b(wheel, 2), c(wheel, 3);
  a.start(tick(a, log, 1, 3, 4), 0);
  b.start(tick(b, log, 2, 5000, 3), 0);
  c.start(tick(c, log, 3, 1023, 3), 10);
  CHECK(wheel.run(~Cycle{0}) == Wheel::Stopped::kIdle);
  CHECK(std::is_sorted(log.begin(), log.end(),
                       [](const auto& x, const auto& y) { return x.first < y.first; }));
  CHECK(log.size() == 10);
  CHECK(log.back() == std::pair<Cycle, int>(10000, 2));
  CHECK(wheel.now() == 15000);
}

TEST_CASE("within a cycle the order is that of the keys, whatever the order of scheduling") {
  for (int seed = 0; seed < 20; ++seed) {
    Wheel wheel;
    Log log;
    std::vector<std::unique_ptr<Agent>> agents;
    std::vector<int> order;
    for (int i = 0; i < 10; ++i) order.push_back(i);
    std::shuffle(order.begin(), order.end(), std::mt19937(static_cast<unsigned>(seed)));
    for (const int i : order) {
      agents.push_back(std::make_unique<Agent>(wheel, static_cast<EventKey>(i)));
      agents.back()->start(tick(*agents.back(), log, i, 2000, 2), 7);
    }
    wheel.run(~Cycle{0});
    REQUIRE(log.size() == 20);
    for (int i = 0; i < 10; ++i) {
      CHECK(log[static_cast<size_t>(i)] == std::pair<Cycle, int>(7, i));
      CHECK(log[static_cast<size_t>(10 + i)] == std::pair<Cycle, int>(2007, i));
    }
  }
}

Process wake_later(Agent& agent, Agent& other, Log& log) {
  log.emplace_back(agent.now(), 1);
  co_await agent.cycles(4);
  other.wake();
  log.emplace_back(agent.now(), 1);
}

Process sleeper(Agent& agent, Log& log) {
  co_await agent.sleep();
  log.emplace_back(agent.now(), 2);
}

TEST_CASE("a process woken in the present cycle runs in it, after those with smaller keys") {
  Wheel wheel;
  Log log;
  Agent first(wheel, 1), second(wheel, 2), third(wheel, 3);
  second.start(sleeper(second, log), 0);
  first.start(wake_later(first, second, log), 1);
  third.start(tick(third, log, 3, 1, 1), 5);
  wheel.run(~Cycle{0});
  CHECK(log == Log{{1, 1}, {5, 1}, {5, 2}, {5, 3}});
}

TEST_CASE("run stops at its limit, goes on later, and stops when it is asked") {
  Wheel wheel;
  Log log;
  Agent a(wheel, 1);
  a.start(tick(a, log, 1, 10, 5), 0);
  CHECK(wheel.run(19) == Wheel::Stopped::kLimit);
  CHECK(log.size() == 2);
  CHECK(wheel.next() == Cycle{20});
  CHECK(wheel.run(20) == Wheel::Stopped::kLimit);
  CHECK(log.size() == 3);
  CHECK(wheel.run(~Cycle{0}) == Wheel::Stopped::kIdle);
  wheel.reset();
  int polls = 0;
  wheel.set_poll([&] { return ++polls < 2; });
  Agent endless(wheel, 1);
  endless.start(tick(endless, log, 1, 1, 1 << 30), 0);
  CHECK(wheel.run(~Cycle{0}) == Wheel::Stopped::kAsked);
  CHECK(polls == 2);
}

Task part(Agent& agent, Log& log) {
  co_await agent.cycles(5);
  log.emplace_back(agent.now(), 7);
}

Process whole(Agent& agent, Log& log) {
  co_await part(agent, log);
  co_await part(agent, log);
  log.emplace_back(agent.now(), 8);
}

Process failing(Agent& agent) {
  co_await agent.cycles(1);
  throw std::runtime_error("inside");
}

TEST_CASE("a part of a process waits for it") {
  Wheel wheel;
  Log log;
  Agent a(wheel, 1);
  a.start(whole(a, log), 0);
  wheel.run(~Cycle{0});
  CHECK(log == Log{{5, 7}, {10, 7}, {10, 8}});
}

TEST_CASE("an exception of a process comes out of run") {
  Wheel wheel;
  Agent a(wheel, 1);
  a.start(failing(a), 0);
  CHECK_THROWS_WITH(wheel.run(~Cycle{0}), "inside");
}

}  // namespace
}  // namespace npu
