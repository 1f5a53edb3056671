// A memory of somebody else's: a loosely-timed TLM-2.0 target that knows nothing of npukit.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstddef>
#include <cstring>
#include <systemc>
#include <vector>

class Memory : public sc_core::sc_module {
 public:
  Memory(sc_core::sc_module_name name, std::size_t bytes, sc_core::sc_time latency)
      : sc_module(name), socket("socket"), data(bytes), latency_(latency) {
    socket.register_b_transport(this, &Memory::transport);
  }

  tlm_utils::simple_target_socket<Memory> socket;
  std::vector<unsigned char> data;
  std::size_t bytes_read = 0, bytes_written = 0;

 private:
  // Takes its time in the call, as such memories may.
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    wait(delay + latency_);
    delay = sc_core::SC_ZERO_TIME;
    const std::size_t bytes = payload.get_data_length(), at = payload.get_address();
    if (at > data.size() || bytes > data.size() - at) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    if (payload.is_write()) {
      std::memcpy(&data[at], payload.get_data_ptr(), bytes);
      bytes_written += bytes;
    } else {
      std::memcpy(payload.get_data_ptr(), &data[at], bytes);
      bytes_read += bytes;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  sc_core::sc_time latency_;
};
