#include "kernels/kit/lower/play.h"

#include <algorithm>
#include <map>

namespace npu::kit {
namespace {

// An entry of a unit's queue; a barrier stops the sequencer until all cores are there.
struct Step {
  const Item* item;  // or null: taken back
  bool barrier;
};

// What a core does in order, with loops written out.
class Writer {
 public:
  Writer(const Resolver& resolver, int64_t turns, bool take)
      : resolver_(resolver), turns_(turns), take_(take) {}

  // False if it grew too long.
  bool write(const Items& items, std::vector<Step>& steps) {
    constexpr size_t kLongest = 200000;
    for (const Item& item : items) {
      if (steps.size() > kLongest) return false;
      switch (item.kind) {
        case Item::Kind::kIssue:
        case Item::Kind::kSync:
          steps.push_back({&item, false});
          break;
        case Item::Kind::kBarrier:
          steps.push_back({&item, true});
          break;
        case Item::Kind::kLoop:
          if (!write_loop(item, steps)) return false;
          break;
        case Item::Kind::kWhen:
          if (!write_when(item, steps)) return false;
          break;
        default:
          break;
      }
    }
    for (const Item& item : items) {
      if (item.kind == Item::Kind::kLoop) end_prefetch(std::get<Loop>(item.stmt->what), steps);
    }
    return true;
  }

 private:
  bool write_loop(const Item& item, std::vector<Step>& steps) {
    const auto& loop = std::get<Loop>(item.stmt->what);
    int64_t turns = turns_ + loop.skew;
    const Value& limit = resolver_.values[item.values[1]];
    const Value& first = resolver_.values[item.values[0]];
    if (limit.op == Op::kConst && first.op == Op::kConst) {
      turns = std::clamp<int64_t>(limit.imm - first.imm, 0, turns);
    }
    if (loop.ahead > 0) turns = loop.ahead;
    const int64_t outer = std::exchange(turn_, 0), outer_count = std::exchange(count_, 0);
    count_ = turns - loop.skew;
    for (turn_ = 0; turn_ < turns; ++turn_) {
      const size_t begin = steps.size();
      if (!write(item.body, steps)) return false;
      if (loop.ahead > 0) loaded_[loop.id].emplace_back(begin, steps.size());
    }
    turn_ = outer;
    count_ = outer_count;
    return true;
  }

  bool write_when(const Item& item, std::vector<Step>& steps) {
    const auto& when = std::get<When>(item.stmt->what);
    const size_t begin = steps.size();
    if (taken(when) && !write(item.body, steps)) return false;
    if (when.prefetch >= 0) loaded_[when.prefetch].emplace_back(begin, steps.size());
    return true;
  }

  bool taken(const When& when) const {
    if (when.kind == When::Kind::kPlain) return take_;
    if (when.kind == When::Kind::kPrefetch) return true;
    return turn_ >= when.stage_skew && turn_ - when.stage_skew < count_;
  }

  // The last items of a prefetch, which nobody uses, are taken back: how many there would be was
  // not known before.
  void end_prefetch(const Loop& loop, std::vector<Step>& steps) {
    if (loop.ahead == 0) return;
    auto& items = loaded_[loop.id];
    for (int i = 0; i < loop.ahead && !items.empty(); ++i) {
      for (size_t at = items.back().first; at < items.back().second; ++at) steps[at].item = nullptr;
      items.pop_back();
    }
    items.clear();
  }

  const Resolver& resolver_;
  int64_t turns_;
  bool take_;
  int64_t turn_ = 0, count_ = 0;                                  // of the innermost loop
  std::map<int, std::vector<std::pair<size_t, size_t>>> loaded_;  // steps of items of prefetches
};

class Player {
 public:
  Player(const Recorder& recorder, const Flags& flags) : r_(recorder) {
    cores_.resize(1 + static_cast<size_t>(recorder.limits.vectors));
    for (size_t core = 0; core < cores_.size(); ++core) {
      for (const FlagDecl& flag : core == 0 ? flags.cube : flags.vector) {
        cores_[core].counts[flag.id] = flag.initial;
      }
    }
    declared_[0] = &flags.cube;
    declared_[1] = &flags.vector;
  }

  void run(const std::vector<Step>& cube, const std::vector<Step>& vector) {
    for (size_t core = 0; core < cores_.size(); ++core) {
      for (const Step& step : core == 0 ? cube : vector) {
        if (step.item == nullptr) continue;
        const auto unit = static_cast<size_t>(step.item->unit);
        if (step.barrier) {
          for (auto& queue : cores_[core].queues) queue.push_back(step);
        } else {
          cores_[core].queues[unit].push_back(step);
        }
      }
    }
    bool moved = true;
    while (moved) {
      moved = false;
      for (size_t core = 0; core < cores_.size(); ++core) {
        for (int unit = 0; unit < kUnits; ++unit) moved |= advance(core, unit);
      }
      moved |= pass_barrier();
    }
    refuse_if_stuck();
  }

 private:
  struct CoreFlow {
    std::array<std::vector<Step>, kUnits> queues;
    std::array<size_t, kUnits> at{};
    std::array<uint32_t, kFlags> counts{};
  };

  const Step* head(size_t core, int unit) const {
    const CoreFlow& flow = cores_[core];
    const auto u = static_cast<size_t>(unit);
    return flow.at[u] < flow.queues[u].size() ? &flow.queues[u][flow.at[u]] : nullptr;
  }

  bool advance(size_t core, int unit) {
    bool moved = false;
    while (const Step* step = head(core, unit)) {
      if (step->barrier || !ready(core, *step->item)) break;
      CoreFlow& flow = cores_[core];
      for (const FlagCount& wait : step->item->waits) flow.counts[wait.flag] -= wait.count;
      for (const FlagCount& set : step->item->sets) add(core, set);
      for (const OwnSet& set : step->item->own_sets) ++cores_[0].counts[set.flag + core - 1];
      ++flow.at[static_cast<size_t>(unit)];
      moved = true;
    }
    return moved;
  }

  bool ready(size_t core, const Item& item) const {
    return std::all_of(item.waits.begin(), item.waits.end(), [&](const FlagCount& wait) {
      return cores_[core].counts[wait.flag] >= wait.count;
    });
  }

  void add(size_t core, FlagCount set) {
    if (!is_group_flag(set.flag)) {
      cores_[core].counts[set.flag] += set.count;
    } else if (core != 0) {
      cores_[0].counts[set.flag] += set.count;
    } else {
      for (size_t v = 1; v < cores_.size(); ++v) cores_[v].counts[set.flag] += set.count;
    }
  }

  bool pass_barrier() {
    for (size_t core = 0; core < cores_.size(); ++core) {
      for (int unit = 0; unit < kUnits; ++unit) {
        const Step* step = head(core, unit);
        const bool idle_core = cores_[core].queues[0].empty() && cores_[core].queues[1].empty();
        if (idle_core) continue;
        if (step == nullptr || !step->barrier) return false;
      }
    }
    bool any = false;
    for (CoreFlow& flow : cores_) {
      for (size_t unit = 0; unit < kUnits; ++unit) {
        if (flow.at[unit] < flow.queues[unit].size()) {
          ++flow.at[unit];
          any = true;
        }
      }
    }
    return any;
  }

  std::string flag_name(size_t core, uint8_t id) const {
    for (const FlagDecl& flag : *declared_[core == 0 ? 0 : 1]) {
      if (flag.id == id) return flag.name;
    }
    return "flag " + std::to_string(id);
  }

  static std::string core_text(size_t core) {
    return core == 0 ? "cube core" : "vector core " + std::to_string(core - 1);
  }

  // Who would set the flag that stands still.
  std::string setter(size_t core, uint8_t id) const {
    for (size_t other = 0; other < cores_.size(); ++other) {
      const bool reaches = is_group_flag(id) ? (other == 0) != (core == 0) : other == core;
      if (!reaches) continue;
      for (int unit = 0; unit < kUnits; ++unit) {
        const CoreFlow& flow = cores_[other];
        const auto u = static_cast<size_t>(unit);
        for (size_t i = flow.at[u]; i < flow.queues[u].size(); ++i) {
          const Item& item = *flow.queues[u][i].item;
          const bool sets = std::any_of(item.sets.begin(), item.sets.end(),
                                        [&](const FlagCount& set) { return set.flag == id; });
          const bool own =
              std::any_of(item.own_sets.begin(), item.own_sets.end(),
                          [&](const OwnSet& set) { return set.flag + other - 1 == size_t{id}; });
          if (sets || own) return core_text(other) + " " + unit_name(static_cast<Unit>(unit));
        }
      }
    }
    return "nobody";
  }

  void refuse_if_stuck() const {
    std::string text;
    Where first;
    for (size_t core = 0; core < cores_.size(); ++core) {
      for (int unit = 0; unit < kUnits; ++unit) {
        const Step* step = head(core, unit);
        if (step == nullptr || step->barrier) continue;
        for (const FlagCount& wait : step->item->waits) {
          if (cores_[core].counts[wait.flag] >= wait.count) continue;
          if (text.empty()) first = step->item->stmt->where;
          text += (text.empty() ? "" : "; ") + core_text(core) + " " +
                  unit_name(static_cast<Unit>(unit)) + " (line " +
                  std::to_string(step->item->stmt->where.line) + ") waits for '" +
                  flag_name(core, wait.flag) + "' from " + setter(core, wait.flag);
        }
      }
    }
    if (!text.empty()) r_.fail(first, "the kernel comes to a stand: " + text);
  }

  const Recorder& r_;
  std::vector<CoreFlow> cores_;
  const std::vector<FlagDecl>* declared_[2] = {};
};

}  // namespace

void play(const Recorder& r, const Resolver& resolver, const Flags& flags, const Items& cube,
          const Items& vector) {
  int64_t deepest = 1;
  for (const RingInfo& ring : r.rings) deepest = std::max<int64_t>(deepest, ring.depth);
  for (const bool take : {true, false}) {
    // As many turns as show every ring full, fewer where nested loops make that too long.
    for (int64_t turns = std::min<int64_t>(deepest + 2, 8); turns >= 1; --turns) {
      std::vector<Step> cube_steps, vector_steps;
      Writer writer(resolver, turns, take);
      if (!writer.write(cube, cube_steps) || !writer.write(vector, vector_steps)) continue;
      Player(r, flags).run(cube_steps, vector_steps);
      break;
    }
  }
}

}  // namespace npu::kit
