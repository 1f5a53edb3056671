// npu dis: object file -> assembly text.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "isa/assembler/disassembler.h"
#include "isa/program/object_file.h"
#include "runtime/cli/commands.h"
#include "runtime/files/input_file.h"

namespace npu {

void register_dis(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("dis", "print an object file as text that assembles to the same code");
  const auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "object file written by npu asm")->required();
  command->callback([file] {
    InputFile input(*file);
    const auto bytes = input.array<std::byte>(input.size(), "object file");
    fmt::print("{}", disassemble(read_object(bytes, *file)));
  });
}

}  // namespace npu
