// npu asm: assembly text -> object file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "isa/assembler/assembler.h"
#include "isa/errors.h"
#include "isa/program/object_file.h"
#include "runtime/cli/commands.h"
#include "runtime/files/input_file.h"

namespace npu {
namespace {

struct Options {
  std::string file, output;
};

std::string default_output(std::string file) {
  const size_t slash = file.find_last_of('/');
  const size_t dot = file.find_last_of('.');
  if (dot != std::string::npos && (slash == std::string::npos || dot > slash)) file.resize(dot);
  return file + ".npuobj";
}

void assemble_file(const Options& options) {
  InputFile input(options.file);
  const Program program = assemble(input.text(input.size(), "assembly text"), options.file);
  const std::string output = options.output.empty() ? default_output(options.file) : options.output;
  std::error_code different;
  if (std::filesystem::equivalent(output, options.file, different)) {
    throw InputError(options.file + ": would be overwritten; name another file with -o");
  }
  const std::vector<std::byte> object = write_object(program);
  write_file(output, object);
  fmt::print("{}: {} instructions for cube cores, {} for vector cores, {} bytes\n", output,
             program.cube.words.size(), program.vector.words.size(), object.size());
}

}  // namespace

void register_asm(CLI::App& app) {
  CLI::App* command = app.add_subcommand("asm", "assemble a kernel into an object file");
  const auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "assembly text, see docs/assembly.md")->required();
  command->add_option("-o,--output", options->output, "object file; default: FILE.npuobj");
  command->callback([options] { assemble_file(*options); });
}

}  // namespace npu
