// For those who bring SystemC models of their own: memory behind a TLM-2.0 socket instead of a
// range of GM.
//
//   Simulator simulator(machine, {});
//   enter_systemc(simulator);
//   MyMemory memory("memory");                                     // built in the simulator's
//   context const uint64_t base = simulator.gm().allocate(bytes, Storage::kData, "far");
//   open_foreign_window(simulator, {base, bytes}).socket.bind(memory.socket);
#pragma once

#include "sim/soc/foreign_window.h"
#include "sim/soc/simulator.h"

namespace npu {

// Makes the simulator's SystemC context the current one: modules built now belong to its model.
void enter_systemc(Simulator& simulator);

// Before the first run; one window a simulator. Loads and stores of tiles go through it, scalar
// accesses to it are a fault.
ForeignWindow& open_foreign_window(Simulator& simulator, const ForeignWindowOptions& options);

}  // namespace npu
