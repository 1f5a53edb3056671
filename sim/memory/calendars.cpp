#include "sim/memory/calendars.h"

#include <algorithm>

namespace npu {

Calendars::Calendars(size_t count, double bytes_per_cycle)
    : rate_(bytes_per_cycle), count_(count), bucket_(rows_), used_(rows_ * count), full_(count) {}

void Calendars::reset() {
  std::fill(bucket_.begin(), bucket_.end(), 0);
  std::fill(used_.begin(), used_.end(), 0);
  std::fill(full_.begin(), full_.end(), Stretch{});
  oldest_ = 0;
}

// A row that last served another bucket is that of an empty one.
uint32_t* Calendars::row(uint64_t bucket) {
  if (bucket - oldest_ >= rows_) grow(bucket);
  const size_t place = bucket & (rows_ - 1);
  uint32_t* used = &used_[place * count_];
  if (bucket_[place] != bucket) {
    bucket_[place] = bucket;
    std::fill(used, used + count_, 0);
  }
  return used;
}

void Calendars::grow(uint64_t bucket) {
  size_t rows = rows_;
  while (bucket - oldest_ >= rows) rows *= 2;
  std::vector<uint64_t> buckets(rows);
  std::vector<uint32_t> used(rows * count_);
  for (size_t from = 0; from < rows_; ++from) {
    if (bucket_[from] < oldest_) continue;
    const size_t to = bucket_[from] & (rows - 1);
    buckets[to] = bucket_[from];
    std::copy_n(&used_[from * count_], count_, &used[to * count_]);
  }
  rows_ = rows;
  bucket_ = std::move(buckets);
  used_ = std::move(used);
}

// Joins a stretch to the one that is known, or takes its place if it is longer.
void Calendars::note_full(Stretch& known, Stretch more) const {
  if (more.from <= known.to && known.from <= more.to) {
    known = {std::min(known.from, more.from), std::max(known.to, more.to)};
  } else if (known.to <= oldest_ || more.to - more.from > known.to - known.from) {
    known = more;
  }
}

Ticks Calendars::book(size_t resource, Ticks now, Ticks from, uint64_t bytes) {
  oldest_ = std::max(oldest_, now >> kBucketBits);
  const Ticks length = rate_.of(bytes);
  Ticks left = length;
  Stretch& full = full_[resource];
  const uint64_t first = std::max(from >> kBucketBits, oldest_);
  uint64_t bucket = first >= full.from && first < full.to ? full.to : first;
  for (;; ++bucket) {
    uint32_t& used = row(bucket)[resource];
    if (used == kBucket) continue;
    // What a bucket has given is taken to lie at its start.
    const Ticks share = std::min(left, kBucket - used);
    used += static_cast<uint32_t>(share);
    left -= share;
    if (left > 0) continue;
    const uint64_t full_to = used == kBucket ? bucket + 1 : bucket;
    if (full_to > first) note_full(full, {first, full_to});
    return std::max(from + length, (bucket << kBucketBits) + used);
  }
}

}  // namespace npu
