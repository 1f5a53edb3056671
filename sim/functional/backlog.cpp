#include "sim/functional/backlog.h"

#include <algorithm>
#include <optional>

#include "sim/functional/cube_views.h"
#include "sim/functional/execute.h"
#include "sim/functional/footprint.h"

namespace npu {

namespace {

using namespace detail;

constexpr size_t kMostWaiting = 64;

template <class T>
constexpr bool kWaits = std::is_same_v<T, Feed<Value>> || std::is_same_v<T, FeedScale<Value>> ||
                        std::is_same_v<T, FeedBias<Value>> || std::is_same_v<T, Mma<Value>> ||
                        std::is_same_v<T, MmaScaled<Value>>;

bool waits(const Command& command) {
  return std::visit([](const auto& c) { return kWaits<std::decay_t<decltype(c)>> && !is_empty(c); },
                    command);
}

bool may_write_l1(const Command& command) {
  if (const auto* store = std::get_if<Store<Value>>(&command)) return store->to == Mem::kL1;
  if (const auto* drain = std::get_if<Drain<Value>>(&command)) return drain->to == Mem::kL1;
  if (const auto* load = std::get_if<Load<Value>>(&command)) return load->to == Mem::kL1;
  if (const auto* load = std::get_if<LoadRows<Value>>(&command)) return load->to == Mem::kL1;
  if (const auto* fill = std::get_if<Fill<Value>>(&command)) return fill->to == Mem::kL1;
  return false;
}

uint64_t end_of(const Region& region) {
  return region.base + (region.rows - 1) * static_cast<uint64_t>(region.pitch) + region.row_bytes;
}

}  // namespace

// One way through waiting_. Products into the same C are gathered into a chain.
class Backlog::Settling {
 public:
  Settling(Backlog& backlog, const Place& place) : backlog_(backlog), place_(place) {}
  ~Settling() { multiply(); }
  Settling(const Settling&) = delete;
  Settling& operator=(const Settling&) = delete;

  void carry_out(const Command& command) {
    if (const auto* feed = std::get_if<Feed<Value>>(&command)) return carry_out(*feed);
    if (const auto* mma = std::get_if<Mma<Value>>(&command)) return carry_out(*mma);
    multiply();
    backlog_.make_real(place_, Mem::kL0A, kAll);
    backlog_.make_real(place_, Mem::kL0B, kAll);
    npu::execute(place_, command);
  }

 private:
  static constexpr Bytes kAll{0, ~uint64_t{0}};

  void carry_out(const Feed<Value>& feed) {
    const TileShape tile = tile_shape(place_.limits, feed.type);
    const uint64_t rows = feed.transpose ? feed.cols : feed.rows;
    const uint64_t cols = feed.transpose ? feed.rows : feed.cols;
    const uint64_t pitch = fractal_pitch(tile, rows, 0), columns = ceil_div(cols, tile.cols);
    const bool packed = columns == 1 || fractal_pitch(tile, rows, feed.dst_pitch) == pitch;
    const Bytes to{feed.dst, feed.dst + columns * pitch};
    if (feed.widen || !packed || (feed.transpose && is_integer(feed.type))) {
      multiply();
      backlog_.make_real(place_, feed.to, kAll);
      npu::execute(place_, feed);
      return;
    }
    auto& pending = backlog_.pending_;
    std::erase_if(pending,
                  [&](const Pending& p) { return p.feed.to == feed.to && to.holds(p.to); });
    backlog_.make_real(place_, feed.to, to);
    const uint64_t from_pitch = fractal_pitch(tile, feed.rows, feed.src_pitch);
    const uint64_t from_columns = ceil_div(feed.cols, tile.cols);
    pending.push_back({feed,
                       {feed.src, feed.src + (from_columns - 1) * from_pitch +
                                      ceil_div(feed.rows, tile.rows) * tile.bytes()},
                       to});
  }

  // The feed whose result an operand of mma is. A copy: pending_ moves when others are carried out.
  std::optional<Feed<Value>> source(Mem mem, Type type, uint64_t address, uint64_t rows, uint64_t k,
                                    uint64_t pitch) const {
    for (const Pending& p : backlog_.pending_) {
      const Feed<Value>& feed = p.feed;
      if (feed.to != mem || feed.dst != address || feed.type != type) continue;
      const uint64_t fed_rows = feed.transpose ? feed.cols : feed.rows;
      const uint64_t fed_k = feed.transpose ? feed.rows : feed.cols;
      const TileShape tile = tile_shape(place_.limits, type);
      const bool same_pitch = k <= tile.cols || fractal_pitch(tile, rows, pitch) ==
                                                    fractal_pitch(tile, fed_rows, feed.dst_pitch);
      return rows <= fed_rows && k <= fed_k && same_pitch ? std::optional(feed) : std::nullopt;
    }
    return std::nullopt;
  }

  FractalView in_l1(const Feed<Value>& feed) const {
    return fractals_at(place_, Mem::kL1, tile_shape(place_.limits, feed.type), feed.src, feed.rows,
                       feed.src_pitch);
  }

  void carry_out(const Mma<Value>& mma) {
    const auto a = source(Mem::kL0A, mma.type, mma.a, mma.m, mma.k, mma.a_pitch);
    const auto b = source(Mem::kL0B, mma.type, mma.b, mma.n, mma.k, mma.b_pitch);
    const TileShape tile = tile_shape(place_.limits, mma.type);
    const bool continues = !steps_.empty() && mma.accumulate != 0 && mma.type == first_.type &&
                           mma.c == first_.c && mma.c_pitch == first_.c_pitch &&
                           mma.m == first_.m && mma.n == first_.n;
    if (!continues || !a || !b) multiply();
    if (!a) backlog_.make_real(place_, Mem::kL0A, kAll);
    if (!b) backlog_.make_real(place_, Mem::kL0B, kAll);
    if (steps_.empty()) {
      first_ = mma;
      announce();
      accumulate_ = start_sums(place_, mma);
    }
    MmaStep step;
    step.k = static_cast<int>(mma.k);
    step.a =
        a.has_value() ? in_l1(*a) : fractals_at(place_, Mem::kL0A, tile, mma.a, mma.m, mma.a_pitch);
    step.b =
        b.has_value() ? in_l1(*b) : fractals_at(place_, Mem::kL0B, tile, mma.b, mma.n, mma.b_pitch);
    step.a_turned = a.has_value() && a->transpose;
    step.b_turned = b.has_value() && b->transpose;
    steps_.push_back(step);
    if (!a || !b) multiply();  // L0 may change
  }

  void announce() {
    visit_footprint(place_, first_, [&](const Region& region) {
      if (region.write) place_.group.cube.l0c.mark_written(region.base, end_of(region));
    });
  }

  void multiply() {
    if (steps_.empty()) return;
    npu::mma(first_.type, steps_, sums_of(place_, first_), static_cast<int>(first_.m),
             static_cast<int>(first_.n), accumulate_);
    steps_.clear();
  }

  Backlog& backlog_;
  const Place& place_;
  std::vector<MmaStep> steps_;
  Mma<Value> first_;  // of steps_
  bool accumulate_ = false;
};

void Backlog::execute(const Place& place, const Command& command) {
  if (!place.has_data()) return npu::execute(place, command);
  if (waits(command)) return wait(place, command);
  if (std::holds_alternative<Drain<Value>>(command)) settle(place);
  if (!(waiting_.empty() && pending_.empty()) && may_write_l1(command)) {
    visit_footprint(place, command, [&](const Region& region) {
      if (region.mem != Mem::kL1 || !region.write || region.bytes() == 0) return;
      before_l1_changes(place, {region.base, end_of(region)});
    });
  }
  npu::execute(place, command);
}

void Backlog::wait(const Place& place, const Command& command) {
  if (waiting_.size() == kMostWaiting) settle(place);
  waiting_.push_back(command);
  visit_footprint(place, command, [&](const Region& region) {
    if (region.mem == Mem::kL1) read_.push_back({region.base, end_of(region)});
  });
}

void Backlog::before_l1_changes(const Place& place, const Bytes& bytes) {
  const auto meets = [&](const Bytes& read) { return read.meets(bytes); };
  if (std::any_of(read_.begin(), read_.end(), meets)) settle(place);
  for (size_t i = 0; i < pending_.size();) {
    if (!pending_[i].from.meets(bytes)) {
      ++i;
      continue;
    }
    npu::execute({place.gm, place.group, place.limits, 0}, pending_[i].feed);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Backlog::make_real(const Place& place, Mem to, const Bytes& bytes) {
  std::erase_if(pending_, [&](const Pending& p) {
    if (p.feed.to != to || !p.to.meets(bytes)) return false;
    npu::execute(place, p.feed);
    return true;
  });
}

void Backlog::settle(const Place& place) {
  if (waiting_.empty()) return;
  const Place cube{place.gm, place.group, place.limits, 0};
  {
    Settling settling(*this, cube);
    for (const Command& command : waiting_) settling.carry_out(command);
  }
  waiting_.clear();
  read_.clear();
}

void Backlog::settle_all(const Place& place) {
  settle(place);
  make_real(place, Mem::kL0A, {0, ~uint64_t{0}});
  make_real(place, Mem::kL0B, {0, ~uint64_t{0}});
}

void Backlog::clear() {
  waiting_.clear();
  read_.clear();
  pending_.clear();
}

}  // namespace npu
