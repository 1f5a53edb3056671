// A platform of somebody else: a host, an NPU and a memory that the NPU shares with others.
//
//   host --- chip.host    chip.memory() --- memory
//     ^------- interrupt
//
// x lies in the memory beside the chip, y in the chip's own; the kernel of this project makes
// y = a * x + y.
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "host.h"
#include "isa/program/object_file.h"
#include "memory.h"
#include "scale_and_add.h"

namespace {

constexpr std::size_t kRows = 24, kColumns = 13, kCount = kRows * kColumns;
constexpr float kA = 0.75F;

class Application : public sc_core::sc_module {
 public:
  Application(sc_core::sc_module_name name, Host& host, const npu::MachineConfig& machine)
      : sc_module(name), host_(host), machine_(machine) {
    SC_HAS_PROCESS(Application);
    SC_THREAD(run);
  }
  static float x(std::size_t i) { return 0.1F * static_cast<float>(i % 17) - 0.8F; }
  static float y(std::size_t i) { return 0.3F * static_cast<float>(i % 11); }
  bool passed = false;

 private:
  void run() {
    using namespace npu::soc;
    const std::uint64_t y_gm = host_.get(kGmBase), x_gm = host_.get(kForeignBase);
    const std::uint64_t code = y_gm + 64 * 1024;
    std::vector<float> values(kCount);
    for (std::size_t i = 0; i < kCount; ++i) values[i] = y(i);
    host_.write(y_gm, std::as_bytes(std::span(values)));
    const std::vector<std::byte> object =
        npu::write_object(scale_and_add(npu::limits_of(machine_), kColumns));
    host_.write(code, object);

    const sc_core::sc_time before = sc_core::sc_time_stamp();
    const Status status =
        host_.launch(code, object.size(), {kRows, std::bit_cast<std::uint32_t>(kA), x_gm, y_gm});
    const sc_core::sc_time took = sc_core::sc_time_stamp() - before;
    const std::uint64_t cycles = host_.get(kCycles);
    host_.read(y_gm, std::as_writable_bytes(std::span(values)));

    passed = status == kDone && cycles > 0;
    for (std::size_t i = 0; i < kCount; ++i) passed &= values[i] == std::fma(kA, x(i), y(i));
    std::printf("%llu cycles on the chip, %s from doorbell to interrupt: %s\n",
                static_cast<unsigned long long>(cycles), took.to_string().c_str(),
                passed ? "right" : "wrong");
  }

  Host& host_;
  const npu::MachineConfig& machine_;
};

}  // namespace

int sc_main(int argc, char** argv) {
  using sc_core::sc_time;
  // A cycle of most machines is no whole number of picoseconds.
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  const npu::MachineConfig machine = npu::load_machine(argc > 1 ? argv[1] : "tiny");
  constexpr std::size_t kShared = 64 * 1024;

  npu::soc::Chip chip("npu", machine, {.foreign_bytes = kShared});
  Memory memory("memory", kShared, sc_time(150, sc_core::SC_NS));
  Host host("host");
  Application application("application", host, machine);
  sc_core::sc_signal<bool> done("done");
  host.socket.bind(chip.host);
  chip.memory().bind(memory.socket);
  chip.interrupt(done);
  host.interrupt(done);

  for (std::size_t i = 0; i < kCount; ++i) {
    const float x = Application::x(i);
    std::memcpy(&memory.data[i * sizeof(float)], &x, sizeof(float));
  }
  sc_core::sc_start();
  if (!chip.message().empty()) std::printf("%s\n", chip.message().c_str());
  return application.passed && memory.bytes_read == kCount * sizeof(float) ? 0 : 1;
}
