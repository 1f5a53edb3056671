// A unit's behaviour as a coroutine, and its tie to the wheel.
//
// NOTE: always await a prvalue: GCC 12.2 awaits a copy in `co_await array[i]`.
#pragma once

#include <coroutine>
#include <utility>

#include "isa/errors.h"
#include "sim/timing/wheel.h"

namespace npu {

// What a unit's `run()` returns: an endless coroutine, suspended until its agent starts it.
class Process {
 public:
  struct promise_type {
    Process get_return_object() {
      return Process(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }  // to the caller of Wheel::run
  };

  Process() = default;
  Process(Process&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Process& operator=(Process&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Process() {
    if (handle_) handle_.destroy();
  }
  std::coroutine_handle<> handle() const { return handle_; }

 private:
  explicit Process(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// A part of a process with waits of its own: `co_await part()` runs it to its end.
class Task {
 public:
  struct promise_type {
    std::coroutine_handle<> caller;
    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Return {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> part) const noexcept {
        return part.promise().caller;
      }
      void await_resume() const noexcept {}
    };
    Return final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }  // to the caller of Wheel::run
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }
  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const {
    handle_.promise().caller = caller;
    return handle_;
  }
  void await_resume() const {}

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// A process on the wheel: it is either scheduled for one cycle or asleep until somebody wakes it.
class Agent {
 public:
  Agent(Wheel& wheel, EventKey key) : wheel_(wheel), key_(key) {}
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Takes the process and runs it for the first time at cycle `at`.
  void start(Process process, Cycle at) {
    process_ = std::move(process);
    asleep_ = false;
    wheel_.schedule(at, key_, process_.handle());
  }

  Cycle now() const { return wheel_.now(); }
  bool asleep() const { return asleep_; }

  // co_await agent.until(c): goes on at cycle c, at once if that has come.
  struct Until {
    Agent& agent;
    Cycle at;
    bool await_ready() const { return at <= agent.now(); }
    void await_suspend(std::coroutine_handle<> process) const {
      agent.wheel_.schedule(at, agent.key_, process);
    }
    void await_resume() const {}
  };
  Until until(Cycle at) { return {*this, at}; }
  Until cycles(uint64_t count) { return {*this, now() + count}; }

  // co_await agent.sleep(): until wake().
  struct Sleep {
    Agent& agent;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> process) const { agent.fall_asleep(process); }
    void await_resume() const {}
  };
  Sleep sleep() { return {*this}; }
  // For other awaitables: the process is suspending until wake(), perhaps within a part of it.
  void fall_asleep(std::coroutine_handle<> process) {
    asleep_ = true;
    sleeper_ = process;
  }

  void wake() { wake(now()); }
  void wake(Cycle at) {
    NPU_ASSERT(asleep_);
    asleep_ = false;
    wheel_.schedule(at, key_, sleeper_);
  }

 private:
  Wheel& wheel_;
  EventKey key_;
  bool asleep_ = false;
  std::coroutine_handle<> sleeper_;
  Process process_;
};

}  // namespace npu
