#include "sim/check/clock.h"

#include <algorithm>

#include "isa/errors.h"

namespace npu {

namespace {

uint32_t index_in_core(Unit unit, bool cube) {
  switch (unit) {
    case Unit::kSequencer:
      return 0;
    case Unit::kLoad:
      return 1;
    case Unit::kFeed:
    case Unit::kVector:
      return 2;
    case Unit::kCube:
    case Unit::kStore:
      return 3;
    case Unit::kDrain:
      NPU_ASSERT(cube);
      return 4;
  }
  return 0;
}

}  // namespace

uint32_t Agents::id(int group, int core, Unit unit) const {
  const uint32_t base = static_cast<uint32_t>(group) * of_group();
  if (core == 0) return base + index_in_core(unit, true);
  return base + 5 + 4 * (static_cast<uint32_t>(core) - 1) + index_in_core(unit, false);
}

uint32_t Clock::of(uint32_t agent) const {
  const uint32_t index = agent - first();
  if (agent >= first() && index < near_.size()) return near_[index];
  return far_ == nullptr ? 0 : (*far_)[agent];
}

void Clock::join_near(const uint32_t* times) {
  for (size_t i = 0; i < near_.size(); ++i) near_[i] = std::max(near_[i], times[i]);
}

void Clock::join_far(const Far& other) {
  if (other == nullptr || other == far_) return;
  if (far_ == nullptr) {
    far_ = other;
    return;
  }
  std::vector<uint32_t> both = *far_;
  for (size_t i = 0; i < both.size(); ++i) both[i] = std::max(both[i], (*other)[i]);
  if (both == *far_) return;
  far_ = both == *other ? other : std::make_shared<const std::vector<uint32_t>>(std::move(both));
}

void Clock::join(const Clock& other) {
  if (other.group_ == group_) {
    join_near(other.near_.data());
    join_far(other.far_);
    return;
  }
  std::vector<uint32_t> all(all_);
  other.add_to(all);
  join_all(std::make_shared<const std::vector<uint32_t>>(std::move(all)));
}

void Clock::join_all(const Far& all) {
  join_near(all->data() + first());
  join_far(all);
}

void Clock::add_to(std::vector<uint32_t>& all) const {
  if (far_ != nullptr) {
    for (size_t i = 0; i < all.size(); ++i) all[i] = std::max(all[i], (*far_)[i]);
  }
  for (size_t i = 0; i < near_.size(); ++i) {
    all[first() + i] = std::max(all[first() + i], near_[i]);
  }
}

}  // namespace npu
