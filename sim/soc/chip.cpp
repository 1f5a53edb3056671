#include "sim/soc/chip.h"

#include <algorithm>
#include <cstring>

#include "isa/errors.h"
#include "isa/program/object_file.h"
#include "sim/config/launch.h"

namespace npu::soc {

namespace {

constexpr uint64_t kRegisterBytes = 8;

const MachineConfig& one_chip(const MachineConfig& machine) {
  if (machine.chips == 1) return machine;
  throw InputError("soc::Chip: '" + machine.name + "' has " + std::to_string(machine.chips) +
                   " chips; a platform instantiates one for each");
}

bool may_be_written(uint64_t offset) {
  return offset <= kArgumentCount || (offset >= kArguments && offset < kArgumentsEnd);
}

}  // namespace

Chip::Chip(sc_core::sc_module_name name, const MachineConfig& machine, const ChipOptions& options)
    : sc_module(name),
      host("host"),
      interrupt("interrupt"),
      machine_(one_chip(machine)),
      limits_(limits_of(machine_)),
      options_(options),
      gm_(limits_.gm, 1, false),
      engine_(machine_, limits_, gm_, {}),
      core_("core", machine_, engine_, Company::kPlatform),
      registers_(kArgumentsEnd / kRegisterBytes) {
  const auto set = [&](Register offset, uint64_t value) {
    registers_[offset / kRegisterBytes] = value;
  };
  options_.gm_bytes = std::min<uint64_t>(options_.gm_bytes, limits_.gm / 2);
  set(kGmBase, gm_.allocate(options_.gm_bytes, Storage::kControl, "the host's memory"));
  set(kGmBytes, options_.gm_bytes);
  if (options_.foreign_bytes > 0) {
    const uint64_t base = gm_.allocate(options_.foreign_bytes, Storage::kControl, "foreign memory");
    core_.open_window(
        {.base = base, .bytes = options_.foreign_bytes, .ports = options_.foreign_ports});
    set(kForeignBase, base);
    set(kForeignBytes, options_.foreign_bytes);
  }
  host.register_b_transport(this, &Chip::transport);
  host.register_transport_dbg(this, &Chip::debug);
  SC_HAS_PROCESS(Chip);
  SC_METHOD(finish);
  sensitive << core_.ended();
  dont_initialize();
  SC_METHOD(drive_interrupt);
  sensitive << interrupt_changed_;
  dont_initialize();
}

void Chip::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const double seconds = payload.get_data_length() / (options_.host_gigabytes_per_second * 1e9);
  delay += sc_core::sc_time(seconds, sc_core::SC_SEC);
  payload.set_response_status(access(payload, true));
}

unsigned Chip::debug(tlm::tlm_generic_payload& payload) {
  payload.set_response_status(access(payload, false));
  return payload.is_response_ok() ? payload.get_data_length() : 0;
}

// With effects: a doorbell rings and an interrupt ends.
tlm::tlm_response_status Chip::access(tlm::tlm_generic_payload& payload, bool effects) {
  const uint64_t address = payload.get_address();
  const unsigned bytes = payload.get_data_length();
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_streaming_width() < bytes) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (address >= kGmWindow) return window(payload, address - kGmWindow);
  if (address >= kArgumentsEnd) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (bytes != kRegisterBytes || address % kRegisterBytes != 0)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  uint64_t value = 0;
  if (payload.is_read()) {
    value = read_register(address);
    std::memcpy(payload.get_data_ptr(), &value, bytes);
    return tlm::TLM_OK_RESPONSE;
  }
  if (!effects || !may_be_written(address)) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  std::memcpy(&value, payload.get_data_ptr(), bytes);
  return write_register(address, value);
}

tlm::tlm_response_status Chip::window(tlm::tlm_generic_payload& payload, uint64_t address) {
  const uint64_t bytes = payload.get_data_length();
  const uint64_t base = read_register(kGmBase);
  if (address < base || bytes > options_.gm_bytes || address - base > options_.gm_bytes - bytes) {
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  if (payload.is_read()) {
    gm_.read(address, payload.get_data_ptr(), bytes);
    return tlm::TLM_OK_RESPONSE;
  }
  if (!gm_.touch(address, bytes)) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  gm_.write(address, payload.get_data_ptr(), bytes);
  return tlm::TLM_OK_RESPONSE;
}

uint64_t Chip::read_register(uint64_t offset) const { return registers_[offset / kRegisterBytes]; }

tlm::tlm_response_status Chip::write_register(uint64_t offset, uint64_t value) {
  if (offset == kStatus) {
    set_interrupt(false);
    return tlm::TLM_OK_RESPONSE;
  }
  if (offset == kDoorbell) return launch() ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
  registers_[offset / kRegisterBytes] = value;
  return tlm::TLM_OK_RESPONSE;
}

bool Chip::launch() {
  if (read_register(kStatus) == kRunning) return false;
  registers_[kStatus / kRegisterBytes] = kRunning;
  try {
    const uint64_t at = read_register(kProgram), bytes = read_register(kProgramBytes);
    const uint64_t count = read_register(kArgumentCount), groups = read_register(kGroups);
    if (bytes == 0 || gm_.find(at, bytes) == nullptr) {
      throw InputError("the program's bytes do not lie in the host's memory");
    }
    if (groups > static_cast<uint64_t>(machine_.groups)) {
      throw InputError("kGroups: is " + std::to_string(groups) + ", the machine has " +
                       std::to_string(machine_.groups));
    }
    if (count > (kArgumentsEnd - kArguments) / kRegisterBytes) {
      throw InputError("kArgumentCount: more than there are registers");
    }
    std::vector<std::byte> object(bytes);
    gm_.read(at, object.data(), bytes);
    program_ = read_object(object, "program");
    const auto first = registers_.begin() + kArguments / kRegisterBytes;
    const std::vector<uint64_t> words(first, first + static_cast<std::ptrdiff_t>(count));
    engine_.begin_run(program_, words, static_cast<int>(groups), cold_);
    cold_ = false;
    core_.begin(sc_core::sc_time(
        launch_seconds(machine_, program_, LaunchFrom::kHost, static_cast<int>(groups)),
        sc_core::SC_SEC));
  } catch (const InputError& error) {
    message_ = error.what();
    end(kRefused);
  }
  return true;
}

// The launch is over: its account, and who waits for it.
void Chip::finish() {
  try {
    core_.rethrow();
  } catch (const InputError& error) {
    engine_.abandon_run();
    message_ = error.what();
    return end(kRefused);
  }
  record_ = engine_.end_run();
  registers_[kCycles / kRegisterBytes] = record_.cycles;
  const std::optional<Fault> fault = engine_.take_fault();
  if (fault) registers_[kFault / kRegisterBytes] = static_cast<uint64_t>(fault->code);
  message_ = fault ? fault->text() : "";
  end(fault ? kFaulted : kDone);
}

void Chip::end(Status status) {
  registers_[kStatus / kRegisterBytes] = status;
  set_interrupt(true);
}

// A signal takes one driver: a method of its own, whoever changes it.
void Chip::set_interrupt(bool high) {
  interrupt_high_ = high;
  interrupt_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Chip::drive_interrupt() {
  if (interrupt.size() > 0) interrupt->write(interrupt_high_);
}

}  // namespace npu::soc
