// Two listeners as one: the sanitizer and whoever else wants to hear.
#pragma once

#include "sim/timing/observer.h"

namespace npu {

class ObserverPair final : public RetireObserver {
 public:
  ObserverPair() = default;
  // Neither is owned; both must live as long as the run.
  ObserverPair(RetireObserver* first, RetireObserver* second) : first_(first), second_(second) {}

  void on_issue(const EventPlace& at, const Command& command) override {
    first_->on_issue(at, command);
    second_->on_issue(at, command);
  }
  void on_start(const EventPlace& at, const Command& command) override {
    first_->on_start(at, command);
    second_->on_start(at, command);
  }
  void on_retire(const EventPlace& at, const Command& command) override {
    first_->on_retire(at, command);
    second_->on_retire(at, command);
  }
  void on_flag_set(const EventPlace& at, int32_t core, int flag, uint32_t count,
                   bool early) override {
    first_->on_flag_set(at, core, flag, count, early);
    second_->on_flag_set(at, core, flag, count, early);
  }
  void on_flag_take(const EventPlace& at, int flag, uint32_t count) override {
    first_->on_flag_take(at, flag, count);
    second_->on_flag_take(at, flag, count);
  }
  void on_word_set(const EventPlace& at, uint64_t address, uint64_t count) override {
    first_->on_word_set(at, address, count);
    second_->on_word_set(at, address, count);
  }
  void on_word_take(const EventPlace& at, uint64_t address, uint64_t count) override {
    first_->on_word_take(at, address, count);
    second_->on_word_take(at, address, count);
  }
  void on_scalar(const EventPlace& at, const ScalarAccess& access) override {
    first_->on_scalar(at, access);
    second_->on_scalar(at, access);
  }
  void on_cache(const EventPlace& at, Cache op, uint64_t line) override {
    first_->on_cache(at, op, line);
    second_->on_cache(at, op, line);
  }
  void on_await(const EventPlace& at, Unit unit) override {
    first_->on_await(at, unit);
    second_->on_await(at, unit);
  }
  void on_barrier_arrive(const EventPlace& at) override {
    first_->on_barrier_arrive(at);
    second_->on_barrier_arrive(at);
  }
  void on_barrier_leave(const EventPlace& at) override {
    first_->on_barrier_leave(at);
    second_->on_barrier_leave(at);
  }
  void on_halt(const EventPlace& at) override {
    first_->on_halt(at);
    second_->on_halt(at);
  }

 private:
  RetireObserver* first_ = nullptr;
  RetireObserver* second_ = nullptr;
};

}  // namespace npu
