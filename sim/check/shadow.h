// What the sanitizer remembers about every byte: who wrote it last and who has read it since.
//
// A region that one instruction touches has one history, so histories are shared: a granule of 32
// bytes holds the number of a history, and an instruction maps each different old history to its
// new one once. A granule that is touched in part holds one history a byte.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace npu {

// One access: by which agent, when in the agent's own time, and where to find the instruction.
struct Epoch {
  uint32_t agent = 0;
  uint32_t time = 0;
  uint32_t pc = 0;
  uint64_t cycle = 0;
};

struct History {
  std::vector<Epoch> writes;  // one, or several that were atomic
  std::vector<Epoch> reads;   // since then, but for those that a later one is ordered after
  bool atomic = false;        // the writes were
  bool initialised = false;
};

using HistoryId = uint32_t;
inline constexpr HistoryId kUnwritten = 0;    // nothing has written it
inline constexpr HistoryId kHostWritten = 1;  // written before the launch

class Histories {
 public:
  Histories();
  HistoryId add(History history);
  const History& operator[](HistoryId id) const { return entries_[id].history; }
  void retain(HistoryId id, uint64_t count) { entries_[id].users += count; }
  void release(HistoryId id, uint64_t count);

 private:
  struct Entry {
    History history;
    uint64_t users = 0;
  };
  std::vector<Entry> entries_;
  std::vector<HistoryId> free_;
};

// The bytes of one memory, in pages made at first touch.
class Shadow {
 public:
  static constexpr uint64_t kGranule = 32;
  static constexpr uint64_t kPageGranules = 128;
  static constexpr uint64_t kPageBytes = kGranule * kPageGranules;

  // What one access makes of a history; asked once for each different old one. With report, `seen`
  // hears of the bytes [from, to) that had it.
  struct Outcome {
    HistoryId next;
    bool report = false;
  };
  using Step = std::function<Outcome(HistoryId)>;
  using Seen = std::function<void(HistoryId, uint64_t from, uint64_t to)>;
  using VisitRange = std::function<void(uint64_t from, uint64_t to)>;

  // written_before visits the runs of [from, to) that were written before the launch; without it
  // there are none.
  explicit Shadow(
      Histories& histories,
      std::function<void(uint64_t from, uint64_t to, const VisitRange&)> written_before = nullptr)
      : histories_(histories), written_before_(std::move(written_before)) {}

  // An access to `rows` runs of `row_bytes` bytes, `pitch` apart.
  void access(uint64_t base, uint64_t rows, uint64_t row_bytes, uint64_t pitch, const Step& step,
              const Seen& seen);

  // Calls visit(from, to) for the runs of bytes that are initialised.
  void visit_initialised(const VisitRange& visit) const;

 private:
  using Granule = uint32_t;  // a history, or with the top bit a number into splits_
  static constexpr Granule kSplit = 0x80000000u;
  using Page = std::array<Granule, kPageGranules>;
  using Split = std::array<HistoryId, kGranule>;
  struct Change {
    HistoryId old, next;
    bool report;
  };

  Page& page(uint64_t index);
  Split& split_of(Granule granule) { return splits_[granule & ~kSplit]; }
  void split(Granule& granule);
  Change& change(HistoryId old);
  void access_run(uint64_t from, uint64_t to);
  void access_part(Granule& granule, uint64_t base, uint64_t from, uint64_t to);
  void merge(Granule& granule);
  void replace(HistoryId& holder, const Change& by);
  void finish();

  Histories& histories_;
  std::function<void(uint64_t, uint64_t, const VisitRange&)> written_before_;
  std::map<uint64_t, Page> pages_;
  std::vector<Split> splits_;
  std::vector<uint32_t> free_splits_;

  // Of the access in progress.
  const Step* step_ = nullptr;
  const Seen* seen_ = nullptr;
  std::unordered_map<HistoryId, Change> changes_;
  Change* last_ = nullptr;
};

}  // namespace npu
