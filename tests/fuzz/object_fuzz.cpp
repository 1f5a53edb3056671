// Kernel object files: what is read and written again reads as the same program and can be shown as
// text. The input is a payload; the header around it is right, since no fuzzer guesses a checksum.
// Read without it, the input is refused.
#include <zlib.h>

#include <cstring>
#include <span>

#include "isa/assembler/disassembler.h"
#include "isa/program/object_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

struct Header {
  char magic[8] = {'n', 'p', 'u', 'o', 'b', 'j', '\r', '\n'};
  std::uint32_t version = npu::kObjectVersion;
  std::uint32_t checksum = 0;
  std::uint64_t bytes = 0;
};

std::vector<std::byte> with_header(const std::uint8_t* payload, std::size_t size) {
  Header header;
  header.checksum = static_cast<std::uint32_t>(crc32(0, payload, static_cast<uInt>(size)));
  header.bytes = size;
  std::vector<std::byte> file(sizeof(header) + size);
  std::memcpy(file.data(), &header, sizeof(header));
  if (size > 0) std::memcpy(file.data() + sizeof(header), payload, size);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  npu::fuzz::accepts([&] { npu::read_object(npu::fuzz::bytes(data, size), "raw.npuobj"); });
  npu::Program program;
  const bool accepted = npu::fuzz::accepts(
      [&] { program = npu::read_object(with_header(data, size), "input.npuobj"); });
  if (!accepted) return 0;
  npu::fuzz::require(npu::read_object(npu::write_object(program), "again.npuobj") == program);
  npu::disassemble(program);
  return 0;
}
