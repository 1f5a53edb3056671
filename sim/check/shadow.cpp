#include "sim/check/shadow.h"

#include <algorithm>

namespace npu {

Histories::Histories() {
  entries_.resize(2);
  entries_[kHostWritten].history.initialised = true;
  entries_[kUnwritten].users = entries_[kHostWritten].users = 1;  // never given back
}

HistoryId Histories::add(History history) {
  if (free_.empty()) {
    entries_.push_back({std::move(history), 0});
    return static_cast<HistoryId>(entries_.size() - 1);
  }
  const HistoryId id = free_.back();
  free_.pop_back();
  entries_[id] = {std::move(history), 0};
  return id;
}

void Histories::release(HistoryId id, uint64_t count) {
  Entry& entry = entries_[id];
  entry.users -= count;
  if (entry.users != 0) return;
  entry.history = {};
  free_.push_back(id);
}

Shadow::Page& Shadow::page(uint64_t index) {
  const auto [at, fresh] = pages_.try_emplace(index);
  Page& result = at->second;
  if (!fresh) return result;
  result.fill(kUnwritten);
  histories_.retain(kUnwritten, kPageGranules);
  if (!written_before_) return result;
  const uint64_t base = index * kPageBytes;
  written_before_(base, base + kPageBytes, [&](uint64_t from, uint64_t to) {
    while (from < to) {
      Granule& granule = result[(from - base) / kGranule];
      const uint64_t start = from / kGranule * kGranule, stop = std::min(to, start + kGranule);
      if (stop - from == kGranule) {
        granule = kHostWritten;
        histories_.retain(kHostWritten, 1);
        histories_.release(kUnwritten, 1);
      } else {
        split(granule);
        Split& bytes = split_of(granule);
        std::fill(bytes.begin() + static_cast<long>(from - start),
                  bytes.begin() + static_cast<long>(stop - start), kHostWritten);
        histories_.retain(kHostWritten, stop - from);
        histories_.release(kUnwritten, stop - from);
      }
      from = stop;
    }
  });
  return result;
}

// A granule of one history becomes one of 32 equal ones.
void Shadow::split(Granule& granule) {
  if ((granule & kSplit) != 0) return;
  const HistoryId history = granule;
  histories_.retain(history, kGranule - 1);
  uint32_t index = static_cast<uint32_t>(splits_.size());
  if (free_splits_.empty()) {
    splits_.emplace_back();
  } else {
    index = free_splits_.back();
    free_splits_.pop_back();
  }
  splits_[index].fill(history);
  granule = index | kSplit;
}

// The reverse, where all 32 have become equal.
void Shadow::merge(Granule& granule) {
  const Split& bytes = split_of(granule);
  const HistoryId first = bytes[0];
  if (!std::all_of(bytes.begin(), bytes.end(), [&](HistoryId id) { return id == first; })) return;
  histories_.release(first, kGranule - 1);
  free_splits_.push_back(granule & ~kSplit);
  granule = first;
}

Shadow::Change& Shadow::change(HistoryId old) {
  if (last_ != nullptr && last_->old == old) return *last_;
  const auto [at, fresh] = changes_.try_emplace(old);
  if (fresh) {
    const Outcome outcome = (*step_)(old);
    at->second = {old, outcome.next, outcome.report};
    histories_.retain(old, 1);  // neither number is used anew before the access is over
    histories_.retain(outcome.next, 1);
  }
  last_ = &at->second;
  return *last_;
}

void Shadow::replace(HistoryId& holder, const Change& by) {
  histories_.retain(by.next, 1);
  histories_.release(holder, 1);
  holder = by.next;
}

void Shadow::access_part(Granule& granule, uint64_t base, uint64_t from, uint64_t to) {
  split(granule);
  Split& bytes = split_of(granule);
  for (uint64_t at = from; at < to; ++at) {
    Change& here = change(bytes[at - base]);
    if (here.report) (*seen_)(here.old, at, at + 1);
    replace(bytes[at - base], here);
  }
  if (to - from == kGranule) merge(granule);
}

void Shadow::access_run(uint64_t from, uint64_t to) {
  Page* here = nullptr;
  uint64_t page_index = ~uint64_t{0};
  while (from < to) {
    if (from / kPageBytes != page_index) {
      page_index = from / kPageBytes;
      here = &page(page_index);
    }
    const uint64_t base = from / kGranule * kGranule, stop = std::min(to, base + kGranule);
    Granule& granule = (*here)[base % kPageBytes / kGranule];
    if ((granule & kSplit) == 0 && stop - from == kGranule) {
      Change& whole = change(granule);
      if (whole.report) (*seen_)(whole.old, from, stop);
      replace(granule, whole);
    } else {
      access_part(granule, base, from, stop);
    }
    from = stop;
  }
}

void Shadow::finish() {
  for (const auto& [old, change] : changes_) {
    histories_.release(old, 1);
    histories_.release(change.next, 1);
  }
  changes_.clear();
  last_ = nullptr;
}

void Shadow::access(uint64_t base, uint64_t rows, uint64_t row_bytes, uint64_t pitch,
                    const Step& step, const Seen& seen) {
  step_ = &step;
  seen_ = &seen;
  if (pitch == row_bytes) {
    access_run(base, base + rows * row_bytes);
  } else {
    for (uint64_t row = 0; row < rows; ++row) {
      access_run(base + row * pitch, base + row * pitch + row_bytes);
    }
  }
  finish();
}

void Shadow::visit_initialised(const VisitRange& visit) const {
  uint64_t from = 0, to = 0;  // the run so far
  const auto add = [&](uint64_t at, uint64_t bytes, HistoryId history) {
    if (!histories_[history].initialised) return;
    if (at != to) {
      if (to > from) visit(from, to);
      from = at;
    }
    to = at + bytes;
  };
  for (const auto& [index, page] : pages_) {
    for (uint64_t i = 0; i < kPageGranules; ++i) {
      const uint64_t at = index * kPageBytes + i * kGranule;
      if ((page[i] & kSplit) == 0) {
        add(at, kGranule, page[i]);
        continue;
      }
      const Split& bytes = splits_[page[i] & ~kSplit];
      for (uint64_t byte = 0; byte < kGranule; ++byte) add(at + byte, 1, bytes[byte]);
    }
  }
  if (to > from) visit(from, to);
}

}  // namespace npu
