#include "sim/soc/foreign_window.h"

#include <algorithm>

#include "isa/errors.h"
#include "sim/timing/core_access.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace npu {

namespace {

constexpr int kPortStack = 128 * 1024;  // bytes, of a port's SC_THREAD

// NOTE: a SystemC thread that never ends is not unwound, and the next one may get the place of its
// stack. AddressSanitizer then still holds the marks of the old frames against it.
void forget_old_frames() {
#if defined(__SANITIZE_ADDRESS__)
  constexpr int kAbove = 8 * 1024;  // SystemC's own frames, at the top
  auto* const here = static_cast<char*>(__builtin_frame_address(0));
  __asan_unpoison_memory_region(here - (kPortStack - kAbove), kPortStack - kAbove);
#endif
}

}  // namespace

ForeignWindow::ForeignWindow(sc_core::sc_module_name name, const ForeignWindowOptions& options,
                             Wheel& wheel, std::function<Cycle()> cycle_now,
                             std::function<sc_core::sc_time(Cycle)> time_of)
    : sc_module(name),
      socket("socket"),
      options_(options),
      wheel_(wheel),
      cycle_now_(std::move(cycle_now)),
      time_of_(std::move(time_of)),
      postman_(wheel, event_key(kRetirePriority, (1U << kUnitBits) - 1)) {
  for (int port = 0; port < options.ports; ++port) {
    ports_.push_back(std::make_unique<Port>());
    const std::string port_name = "port" + std::to_string(port);
    sc_core::sc_spawn_options stack;
    stack.set_stack_size(kPortStack);
    const auto body = [this, port] {
      forget_old_frames();
      serve(port);
    };
    sc_core::sc_spawn(body, port_name.c_str(), &stack);
  }
}

void ForeignWindow::start_run() {
  results_.clear();
  error_ = nullptr;
  under_way_ = 0;
  ++run_;
  postman_.start(deliver(), 0);
}

bool ForeignWindow::covers(uint64_t address, uint64_t bytes) const {
  return address < options_.base + options_.bytes && options_.base < address + bytes;
}

// Called by a unit on the wheel, whose cycle SystemC's clock may not have reached yet.
void ForeignWindow::access(bool write, uint64_t address, std::span<std::byte> data,
                           std::function<void()> done) {
  NPU_ASSERT(address >= options_.base && address - options_.base + data.size() <= options_.bytes);
  const auto shortest = std::min_element(
      ports_.begin(), ports_.end(),
      [](const auto& a, const auto& b) { return a->queue.size() < b->queue.size(); });
  const sc_core::sc_time start = time_of_(wheel_.now());
  Port& port = **shortest;
  port.queue.push_back(
      {write, address - options_.base, data, std::move(done), ++sequence_, run_, start});
  ++under_way_;
  if (port.queue.size() == 1) port.request.notify(start - sc_core::sc_time_stamp());
  wheel_.stop();
}

void ForeignWindow::serve(int number) {
  Port& port = *ports_[static_cast<size_t>(number)];
  for (;;) {
    while (port.queue.empty()) sc_core::wait(port.request);
    Transfer& transfer = port.queue.front();
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    if (transfer.start > now) sc_core::wait(transfer.start - now);
    transport(transfer);
    const Cycle cycle = cycle_now_();
    const bool wanted = transfer.run == run_;
    if (wanted) {
      results_.push_back({cycle, number, transfer.sequence, std::move(transfer.done)});
    }
    port.queue.pop_front();
    if (!wanted) continue;
    if (postman_.asleep()) postman_.wake(cycle + 1);
    finished_.notify(sc_core::SC_ZERO_TIME);
  }
}

void ForeignWindow::transport(Transfer& transfer) {
  for (size_t at = 0; at < transfer.data.size(); at += options_.chunk) {
    const size_t bytes = std::min<size_t>(options_.chunk, transfer.data.size() - at);
    tlm::tlm_generic_payload payload;
    payload.set_command(transfer.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(transfer.offset + at);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(transfer.data.data() + at));
    payload.set_data_length(static_cast<unsigned>(bytes));
    payload.set_streaming_width(static_cast<unsigned>(bytes));
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    if (delay > sc_core::SC_ZERO_TIME) sc_core::wait(delay);
    if (payload.is_response_error() && !error_) {
      error_ = std::make_exception_ptr(
          InputError(std::string(name()) + ": the foreign memory answered " +
                     payload.get_response_string() + " to " + std::to_string(bytes) +
                     " bytes at offset " + std::to_string(transfer.offset + at)));
    }
  }
}

// On the wheel: what finished before this cycle reports.
Process ForeignWindow::deliver() {
  for (;;) {
    while (results_.empty()) co_await postman_.sleep();
    std::vector<Finished> due;
    const auto later = std::stable_partition(
        results_.begin(), results_.end(),
        [&](const Finished& result) { return result.cycle < postman_.now(); });
    std::move(results_.begin(), later, std::back_inserter(due));
    results_.erase(results_.begin(), later);
    std::sort(due.begin(), due.end(), [](const Finished& a, const Finished& b) {
      return a.port != b.port ? a.port < b.port : a.sequence < b.sequence;
    });
    for (const Finished& result : due) {
      --under_way_;
      result.done();
    }
    if (!results_.empty()) co_await postman_.cycles(1);
  }
}

}  // namespace npu
