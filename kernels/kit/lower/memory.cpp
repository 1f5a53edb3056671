// Addresses of rings and buffers in their memories: in the order of declaration, but in UB apart
// from each other's banks where there is room.
#include <array>
#include <string>
#include <vector>

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

int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }
int64_t round_down(int64_t value, int64_t unit) { return value / unit * unit; }

// Which half of a stripe of banks an object of UB begins in, 0 or 1, so that those which one
// instruction reads together begin in different halves as far as they can; -1: it meets no other.
std::vector<int> halves(const Recorder& r) {
  std::vector<int> half(r.objects.size(), -1);
  for (size_t i = 0; i < half.size(); ++i) {
    std::array<int, 2> met{};
    bool any = false;
    for (const auto& [a, b] : r.read_together) {
      const auto first = static_cast<size_t>(a), second = static_cast<size_t>(b);
      if (first == second || (first != i && second != i)) continue;
      any = true;
      const int other = half[first == i ? second : first];
      if (other >= 0) ++met[static_cast<size_t>(other)];
    }
    if (any) half[i] = met[0] <= met[1] ? 0 : 1;
  }
  return half;
}

// Objects that begin in the second half lie at the end of UB, the others at its beginning: a result
// in the place of one source then seldom meets the other source in a bank. False if there is no
// room for it.
bool stagger(Recorder& r) {
  const int64_t stripe = r.limits.ub_stripe;
  const std::vector<int> half = halves(r);
  int64_t bottom = 0, top = static_cast<int64_t>(r.limits.ub);
  for (size_t i = 0; i < half.size(); ++i) {
    ObjectInfo& object = r.objects[i];
    if (object.mem != Mem::kUb) continue;
    if (half[i] == 1) {
      object.address = round_down(top - object.bytes - stripe / 2, stripe) + stripe / 2;
      top = object.address;
    } else {
      object.address = round_up(bottom, half[i] == 0 ? stripe : object.align);
      bottom = object.address + object.bytes;
    }
    if (top < bottom) return false;
  }
  return true;
}

}  // namespace

void give_addresses(Recorder& r) {
  const bool staggered = stagger(r);
  std::array<int64_t, kMems> used{};
  std::array<std::string, kMems> users;
  for (ObjectInfo& object : r.objects) {
    const auto mem = static_cast<size_t>(object.mem);
    if (staggered && object.mem == Mem::kUb) continue;
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
