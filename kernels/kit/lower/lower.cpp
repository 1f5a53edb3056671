#include "kernels/kit/lower/lower.h"

#include "kernels/kit/lower/codegen.h"
#include "kernels/kit/lower/core_tree.h"
#include "kernels/kit/lower/play.h"
#include "kernels/kit/lower/roles.h"

namespace npu::kit {

Program lower(Recorder& r) {
  check_balance(r);
  const std::vector<RingRoles> roles = find_roles(r);
  settle_layouts(r, r.root);
  give_addresses(r);
  const Flags flags = give_flags(r, roles);
  Resolver resolver(r);
  const Items whole = slice(r, resolver, roles, flags, Core::kCube, false);
  const Items cube = slice(r, resolver, roles, flags, Core::kCube, true);
  const Items vector = slice(r, resolver, roles, flags, Core::kVector, false);
  if (cube.empty() && vector.empty()) {
    throw InputError("kernel " + r.name + ": it has no instruction");
  }
  play(r, resolver, flags, whole, vector);

  Program program;
  program.name = r.name;
  program.machine = r.limits.machine;
  program.parameters = r.parameters;
  program.workspaces = r.workspaces;
  ProgramText text;
  program.cube.flags = flags.cube;
  program.vector.flags = flags.vector;
  if (!cube.empty()) generate(r, resolver, cube, Core::kCube, program.cube, text);
  if (!vector.empty()) generate(r, resolver, vector, Core::kVector, program.vector, text);
  program.sources = std::move(text.sources);
  program.strings = std::move(text.strings);
  return program;
}

}  // namespace npu::kit
