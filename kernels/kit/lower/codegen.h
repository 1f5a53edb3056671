// From one core's tree to instructions.
#pragma once

#include <map>
#include <string>

#include "isa/program/program.h"
#include "kernels/kit/lower/core_tree.h"

namespace npu::kit {

// Texts and places shared by both cores' code.
struct ProgramText {
  std::vector<SourceLine> sources;
  std::vector<std::string> strings;
  std::map<std::string, uint32_t> known_sources;
};

// Throws InputError where the registers do not suffice.
void generate(const Recorder& recorder, Resolver& resolver, const Items& items, Core core,
              CoreCode& code, ProgramText& text);

}  // namespace npu::kit
