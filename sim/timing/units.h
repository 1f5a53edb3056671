// The kinds of unit. Each says in its run() how long a command takes the unit and when it retires.
#pragma once

#include <memory>

#include "sim/timing/lines.h"
#include "sim/timing/unit.h"
#include "sim/timing/vector_cost.h"

namespace npu {

// A unit whose commands go to or come from GM: it makes requests for lines through its port, a few
// at a time, while less than a window of them is under way.
class GmUnit : public UnitModel {
 public:
  GmUnit(Core& core, Unit unit, int depth, double bytes_per_cycle,
         const SustainedConfig& sustained);
  void restart() override;

 protected:
  bool needs_footprint() const { return !shared_.free_costs || shared_.foreign != nullptr; }
  // Whether the entry's command touches memory that somebody else simulates.
  bool is_foreign(bool write) const;
  // co_await foreign(write): until all the GM bytes of the footprint have been read into GM's
  // shadow of the foreign memory, or written from it.
  struct ForeignAwait {
    GmUnit& unit;
    bool write;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const {}
  };
  ForeignAwait foreign(bool write) { return {*this, write}; }

  // Fills the batch; false when the command has no more lines.
  bool next_batch(GmLines& lines);
  // The cycle at which the batch's first line may be requested.
  Cycle room_at() const { return port_.room_at(); }
  // Requests the batch now; when its last line is there.
  Cycle request(const GmLines& lines, bool write, Hint hint);
  // When the unit can make the next request: port, pieces of rows and sustained rate all allow it.
  Cycle port_free() const { return free_ >> kTickBits; }
  // The bytes of the batch.
  uint64_t batch_bytes() const;

  Footprint footprint_;

 private:
  void start_foreign(bool write);

  MemoryPort port_;
  Rate sustained_;
  Ticks burst_ = 0;  // the burst's bytes at the sustained rate; 0 without a limit
  Ticks level_ = 0;  // when the path will have carried all that was asked for
  Ticks free_ = 0;
  Ticks pieces_ = 0;  // when the rows begun so far are dealt with
  double piece_cost_ = 0;
  std::vector<LineRequest> batch_;
  size_t batch_size_ = 0;
  size_t foreign_left_ = 0;
};

class LoadUnit : public GmUnit {
 public:
  LoadUnit(Core& core, int depth);

 private:
  Process run() override;
};

class StoreUnit : public GmUnit {
 public:
  StoreUnit(Core& core, int depth);

 private:
  Process run() override;
};

class FeedUnit : public UnitModel {
 public:
  FeedUnit(Core& core, int depth) : UnitModel(core, Unit::kFeed, depth) {}

 private:
  Process run() override;
};

class CubeUnit : public UnitModel {
 public:
  CubeUnit(Core& core, int depth) : UnitModel(core, Unit::kCube, depth) {}
  void handover_changed() override;

 private:
  Process run() override;
  void retired(const Entry& entry) override;
  void restart() override { waiting_for_drain_ = false; }
  bool waiting_for_drain_ = false;
};

class DrainUnit : public GmUnit {
 public:
  DrainUnit(Core& core, int depth);
  void handover_changed() override;

 private:
  Process run() override;
  void retired(const Entry& entry) override;
  void restart() override {
    GmUnit::restart();
    waiting_for_cube_ = false;
  }
  bool waiting_for_cube_ = false;
};

class VectorUnit : public UnitModel {
 public:
  VectorUnit(Core& core, int depth) : UnitModel(core, Unit::kVector, depth) {}

 private:
  Process run() override;
  // When the results under way that the command needs are there.
  Cycle sources_ready(const Footprint& footprint) const;
  void remember(const Footprint& footprint, Cycle done);

  struct Result {
    Region region;
    Cycle done = 0;
  };
  void restart() override { results_.clear(); }
  std::vector<Result> results_;  // under way
};

// The unit of that kind, or null if the core has none.
std::unique_ptr<UnitModel> make_unit(Core& core, Unit unit);

}  // namespace npu
