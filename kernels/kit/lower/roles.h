// Who uses what: the producing and the consuming unit of every ring, found from the verbs that
// touch its slots, and whether every body leaves every ring balanced.
#pragma once

#include <optional>
#include <vector>

#include "kernels/kit/recorder.h"

namespace npu::kit {

struct Role {
  Core core{};
  Unit unit{};
  friend bool operator==(const Role&, const Role&) = default;
};

const char* unit_name(Unit unit);

struct RingRoles {
  std::optional<Role> producer, consumer;
  bool flags() const { return producer && consumer && *producer != *consumer; }
};

// Throws InputError for rings and buffers with the wrong users and for unbalanced bodies.
std::vector<RingRoles> find_roles(const Recorder& recorder);
void check_balance(const Recorder& recorder);

}  // namespace npu::kit
