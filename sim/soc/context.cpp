#include "sim/soc/context.h"

#include <systemc>

namespace sc_core {
extern sc_simcontext* sc_curr_simcontext;
extern sc_simcontext* sc_default_global_context;
}  // namespace sc_core

#if defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

#include "isa/errors.h"
#endif

namespace npu {

SystemcContext::SystemcContext() : context_(nullptr) {
  sc_core::sc_curr_simcontext = nullptr;
  sc_core::sc_default_global_context = nullptr;
  context_ = new sc_core::sc_simcontext;
  enter();
  // Femtoseconds: a cycle of 1.8 GHz is no whole number of picoseconds.
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
}

SystemcContext::~SystemcContext() {
  enter();
  delete context_;
  sc_core::sc_curr_simcontext = nullptr;
  sc_core::sc_default_global_context = nullptr;
}

void SystemcContext::enter() const {
  sc_core::sc_curr_simcontext = context_;
  sc_core::sc_default_global_context = context_;
}

#if defined(__SANITIZE_ADDRESS__)
namespace {
// NOTE: SystemC announces its switches of stacks to AddressSanitizer, but gives no bounds for the
// stack it was started on. Without them an exception leaves marks of its frames there.
void announce_own_stack() {
  pthread_attr_t attributes;
  NPU_ASSERT(pthread_getattr_np(pthread_self(), &attributes) == 0);
  void* bottom = nullptr;
  size_t bytes = 0;
  NPU_ASSERT(pthread_attr_getstack(&attributes, &bottom, &bytes) == 0);
  pthread_attr_destroy(&attributes);
  void* frames = nullptr;
  __sanitizer_start_switch_fiber(&frames, bottom, bytes);
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
}
}  // namespace
#endif

void run_systemc() {
  sc_core::sc_start();
#if defined(__SANITIZE_ADDRESS__)
  announce_own_stack();
#endif
}

}  // namespace npu

// The library calls it where it owns main(). Weak: a platform that has its own takes this one's
// place.
__attribute__((weak)) int sc_main(int, char*[]) { return 0; }
