// A chip for somebody else's SystemC platform: an sc_module with a socket for the host that drives
// it and one to memory outside of it. How it is used: docs/systemc.md.
//
// The host socket is a TLM-2.0 target (b_transport and transport_dbg). Its addresses:
//   0 .. 0xfff        registers of 8 bytes, little-endian, one a transaction: `Register`
//   kGmWindow + a     the byte at GM address a, inside [kGmBase, kGmBase + kGmBytes)
// A launch: write the bytes of an object file (isa/program/object_file.h) and the tensors through
// the window, then kProgram, kProgramBytes, kGroups, kArgumentCount and the argument words, then 1
// to kDoorbell. After the machine's launch time the program runs, in cycles of the machine's clock;
// at its end kStatus changes and the interrupt rises until kStatus is written.
//
// What the host reads and writes while a program runs takes nothing from the cores' bandwidth. L2
// starts cold and keeps its contents from launch to launch.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "sim/soc/modules.h"
#include "sim/soc/simulator.h"

namespace npu::soc {

// Offsets of the registers. What is not said to be written is read only.
enum Register : uint64_t {
  kStatus = 0x00,         // a Status; a write ends the interrupt
  kDoorbell = 0x08,       // written: launch; an error while one is running
  kProgram = 0x10,        // written: GM address of the object file
  kProgramBytes = 0x18,   // written
  kGroups = 0x20,         // written: groups to launch on, 0: all
  kArgumentCount = 0x28,  // written: words of kArguments that the launch has
  kCycles = 0x30,         // of the last launch
  kFault = 0x38,          // its FaultCode, after kFaulted
  kGmBase = 0x40,         // of the GM that the host may use
  kGmBytes = 0x48,
  kForeignBase = 0x50,  // of the GM that lies behind the memory socket
  kForeignBytes = 0x58,
  kArguments = 0x400,  // written: parameters in order, then the addresses of the workspaces
  kArgumentsEnd = 0x1000,
};
inline constexpr uint64_t kGmWindow = uint64_t{1} << 32;

enum Status : uint64_t {
  kIdle,     // nothing has been launched
  kRunning,  // from the doorbell on
  kDone,
  kFaulted,  // the program did something wrong: kFault, Chip::message()
  kRefused,  // it could not be launched, or the memory behind the socket failed: Chip::message()
};

struct ChipOptions {
  uint64_t gm_bytes = uint64_t{1} << 30;  // that the host may use; at most half of the machine's GM
  uint64_t foreign_bytes = 0;             // of GM behind the memory socket; 0: there is none
  double host_gigabytes_per_second = 32;  // of the host socket; the default is that of PCIe 4.0 x16
  int foreign_ports = 8;                  // transfers to the memory socket at once
};

class Chip : public sc_core::sc_module {
 public:
  // Throws InputError for a machine that cannot be built, one of several chips, or a time
  // resolution coarser than a cycle (sc_set_time_resolution(1, SC_FS) is always fine enough).
  Chip(sc_core::sc_module_name name, const MachineConfig& machine, const ChipOptions& options = {});

  tlm_utils::simple_target_socket<Chip> host;
  // True from the end of a launch until kStatus is written. May be left unbound.
  sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> interrupt;
  // The initiator socket to foreign memory, whose first byte is address 0; to be bound if the
  // options give it bytes, and not to be asked for else.
  auto& memory() { return core_.window()->socket; }

  // The last launch, for whoever sits beside the chip and not behind a bus.
  const RunRecord& record() const { return record_; }
  const std::string& message() const { return message_; }
  const char* kind() const override { return "npu_soc_chip"; }

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload, bool effects);
  tlm::tlm_response_status window(tlm::tlm_generic_payload& payload, uint64_t address);
  tlm::tlm_response_status write_register(uint64_t offset, uint64_t value);
  uint64_t read_register(uint64_t offset) const;
  bool launch();
  void finish();
  void end(Status status);
  void set_interrupt(bool high);
  void drive_interrupt();

  MachineConfig machine_;
  Limits limits_;
  ChipOptions options_;
  Gm gm_;
  Engine engine_;
  ChipModule core_;
  std::vector<uint64_t> registers_;  // as written, by offset / 8
  Program program_;
  RunRecord record_;
  std::string message_;
  bool cold_ = true;
  bool interrupt_high_ = false;
  sc_core::sc_event interrupt_changed_;
};

}  // namespace npu::soc
