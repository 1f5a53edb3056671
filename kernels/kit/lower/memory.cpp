// Addresses of rings and buffers in their memories, in the order of declaration.
#include <array>

#include "kernels/kit/lower/lower.h"
#include "kernels/kit/verb.h"

namespace npu::kit {
namespace {

uint64_t capacity(const Limits& limits, Mem mem) {
  switch (mem) {
    case Mem::kL1:
      return limits.l1;
    case Mem::kL0A:
      return limits.l0a;
    case Mem::kL0B:
      return limits.l0b;
    case Mem::kL0C:
      return limits.l0c;
    case Mem::kUb:
      return limits.ub;
    case Mem::kBias:
      return limits.bias;
    case Mem::kTable:
      return limits.table;
    case Mem::kGm:
      break;
  }
  return limits.gm;
}

}  // namespace

void give_addresses(Recorder& r) {
  std::array<int64_t, kMems> used{};
  std::array<std::string, kMems> users;
  for (ObjectInfo& object : r.objects) {
    const auto mem = static_cast<size_t>(object.mem);
    object.address = (used[mem] + object.align - 1) / object.align * object.align;
    used[mem] = object.address + object.bytes;
    users[mem] +=
        (users[mem].empty() ? "" : ", ") + object.name + " " + std::to_string(object.bytes);
  }
  for (size_t mem = 0; mem < used.size(); ++mem) {
    const uint64_t limit = capacity(r.limits, static_cast<Mem>(mem));
    if (static_cast<uint64_t>(used[mem]) <= limit) continue;
    throw InputError("kernel " + r.name + ": " + mem_name(static_cast<Mem>(mem)) + " of " +
                     r.limits.machine + " has " + std::to_string(limit) + " bytes, but " +
                     std::to_string(used[mem]) + " are asked for: " + users[mem]);
  }
}

void settle_layouts(Recorder& r, Block& block) {
  for (Stmt& stmt : block) {
    if (auto* loop = std::get_if<Loop>(&stmt.what)) settle_layouts(r, loop->body);
    if (auto* when = std::get_if<When>(&stmt.what)) settle_layouts(r, when->body);
    auto* issue = std::get_if<Issue>(&stmt.what);
    if (issue == nullptr) continue;
    auto* load = std::get_if<npu::Load<Reg>>(&issue->instruction);
    if (load == nullptr) continue;
    for (const int lease : issue->leases) {
      const int ring = r.leases[static_cast<size_t>(lease)].ring;
      if (r.rings[static_cast<size_t>(ring)].row_layout) load->layout = Layout::kRow;
    }
  }
}

}  // namespace npu::kit
