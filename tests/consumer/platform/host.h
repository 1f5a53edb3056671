// A small host: a thread that drives an npu::soc::Chip through its host socket, as a driver would.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <systemc>
#include <vector>

#include "sim/soc/chip.h"

class Host : public sc_core::sc_module {
 public:
  explicit Host(sc_core::sc_module_name name)
      : sc_module(name), socket("socket"), interrupt("interrupt") {}

  tlm_utils::simple_initiator_socket<Host> socket;
  sc_core::sc_in<bool> interrupt;

  // Of a thread of the platform. A transaction that the chip refuses ends the simulation.
  std::uint64_t get(npu::soc::Register from) {
    std::uint64_t value = 0;
    transport(tlm::TLM_READ_COMMAND, from, &value, sizeof(value));
    return value;
  }
  void set(std::uint64_t offset, std::uint64_t value) {
    transport(tlm::TLM_WRITE_COMMAND, offset, &value, sizeof(value));
  }
  void write(std::uint64_t gm, std::span<const std::byte> bytes) {
    transport(tlm::TLM_WRITE_COMMAND, npu::soc::kGmWindow + gm,
              const_cast<std::byte*>(bytes.data()), bytes.size());
  }
  void read(std::uint64_t gm, std::span<std::byte> bytes) {
    transport(tlm::TLM_READ_COMMAND, npu::soc::kGmWindow + gm, bytes.data(), bytes.size());
  }

  // The program's object file lies at `object`; returns at the end of the launch.
  npu::soc::Status launch(std::uint64_t object, std::uint64_t bytes,
                          const std::vector<std::uint64_t>& arguments) {
    using namespace npu::soc;
    set(kProgram, object);
    set(kProgramBytes, bytes);
    set(kGroups, 0);
    set(kArgumentCount, arguments.size());
    for (std::size_t i = 0; i < arguments.size(); ++i) set(kArguments + 8 * i, arguments[i]);
    set(kDoorbell, 1);
    if (!interrupt.read()) wait(interrupt.posedge_event());
    const auto status = static_cast<Status>(get(kStatus));
    set(kStatus, 0);
    return status;
  }

 private:
  void transport(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(static_cast<unsigned>(bytes));
    payload.set_streaming_width(static_cast<unsigned>(bytes));
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    wait(delay);
    if (!payload.is_response_ok()) {
      SC_REPORT_ERROR(name(), ("the chip answers " + payload.get_response_string()).c_str());
    }
  }
};
