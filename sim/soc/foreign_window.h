// A window from the chip's GM to a TLM-2.0 target: a pool of SC_THREAD ports that call its
// b_transport, which may wait, as a method must not.
//
// A transfer starts at the cycle in which a unit asks for it; the wheel does not pass that cycle
// before. What finishes within a cycle re-enters the wheel at the next one, in the order of (port,
// sequence).
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "sim/memory/foreign.h"
#include "sim/timing/process.h"

namespace npu {

struct ForeignWindowOptions {
  uint64_t base = 0;     // GM address of the first byte; the target sees it as address 0
  uint64_t bytes = 0;    // size of the window
  int ports = 8;         // transfers under way at once
  uint32_t chunk = 512;  // bytes of one b_transport at most
};

class ForeignWindow : public sc_core::sc_module, public ForeignMemory {
 public:
  // cycle_now: the cycle of SystemC's present time; time_of: the time of a cycle.
  ForeignWindow(sc_core::sc_module_name name, const ForeignWindowOptions& options, Wheel& wheel,
                std::function<Cycle()> cycle_now, std::function<sc_core::sc_time(Cycle)> time_of);

  // Bind the foreign target here before the first run.
  tlm_utils::simple_initiator_socket<ForeignWindow> socket;

  bool covers(uint64_t address, uint64_t bytes) const override;
  void access(bool write, uint64_t address, std::span<std::byte> data,
              std::function<void()> done) override;
  bool busy() const override { return under_way_ > 0; }
  void start_run() override;

  // Something has finished: the host must look at the wheel again.
  const sc_core::sc_event& finished() const { return finished_; }
  // An error of the target, as the exception that ends the run.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }
  const char* kind() const override { return "npu_foreign_window"; }

 private:
  struct Transfer {
    bool write = false;
    uint64_t offset = 0;
    std::span<std::byte> data;
    std::function<void()> done;
    uint64_t sequence = 0;
    uint64_t run = 0;
    sc_core::sc_time start;
  };
  struct Finished {
    Cycle cycle = 0;
    int port = 0;
    uint64_t sequence = 0;
    std::function<void()> done;
  };
  struct Port {
    sc_core::sc_event request;
    std::deque<Transfer> queue;
  };

  void serve(int port);
  void transport(Transfer& transfer);
  Process deliver();

  ForeignWindowOptions options_;
  Wheel& wheel_;
  std::function<Cycle()> cycle_now_;
  std::function<sc_core::sc_time(Cycle)> time_of_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<Finished> results_;
  Agent postman_;
  sc_core::sc_event finished_;
  std::exception_ptr error_;
  uint64_t sequence_ = 0;
  uint64_t run_ = 0;  // answers to an earlier run's transfers go nowhere
  size_t under_way_ = 0;
};

}  // namespace npu
