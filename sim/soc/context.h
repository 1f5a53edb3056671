// A SystemC simulation context of one's own, so that one process can simulate several models, one
// after another.
//
// NOTE: this leans on how Accellera's implementation keeps its state; nothing outside context.cpp
// does. Stacks of unfinished SC_THREADs are not unwound when a context goes.
#pragma once

namespace sc_core {
class sc_simcontext;
}

namespace npu {

class SystemcContext {
 public:
  SystemcContext();
  ~SystemcContext();
  SystemcContext(const SystemcContext&) = delete;
  SystemcContext& operator=(const SystemcContext&) = delete;

  // Makes this the current context; several models alternate by calling it before they use SystemC.
  void enter() const;

 private:
  sc_core::sc_simcontext* context_;
};

// sc_start() until nothing is pending, on the stack of the caller.
void run_systemc();

}  // namespace npu
