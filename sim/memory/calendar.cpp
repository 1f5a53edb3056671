#include "sim/memory/calendar.h"

#include <algorithm>

namespace npu {

Calendar::Calendar(double bytes_per_cycle) : rate_(bytes_per_cycle), buckets_(64) {}

void Calendar::reset() {
  std::fill(buckets_.begin(), buckets_.end(), Bucket{});
  oldest_ = first_free_ = 0;
}

// A slot of the ring that last served another bucket is that of an empty one.
Ticks& Calendar::used(uint64_t index) {
  if (index - oldest_ >= buckets_.size()) grow(index);
  Bucket& bucket = buckets_[index & (buckets_.size() - 1)];
  if (bucket.index != index) bucket = {index, 0};
  return bucket.used;
}

void Calendar::grow(uint64_t index) {
  std::vector<Bucket> larger(buckets_.size());
  while (index - oldest_ >= larger.size()) larger.resize(2 * larger.size());
  for (const Bucket& bucket : buckets_) {
    if (bucket.index >= oldest_) larger[bucket.index & (larger.size() - 1)] = bucket;
  }
  buckets_ = std::move(larger);
}

Ticks Calendar::book(Ticks now, Ticks from, uint64_t bytes) {
  oldest_ = std::max(oldest_, now >> kBucketBits);
  first_free_ = std::max(first_free_, oldest_);
  Ticks left = rate_.of(bytes);
  uint64_t index = std::max(from >> kBucketBits, first_free_);
  Ticks done = from + left;
  for (;; ++index) {
    Ticks& taken = used(index);
    if (taken < kBucket) {
      // What a bucket has given is taken to lie at its start.
      const Ticks share = std::min(left, kBucket - taken);
      taken += share;
      left -= share;
      if (left == 0) {
        done = std::max(done, (index << kBucketBits) + taken);
        break;
      }
    }
    if (index == first_free_ && taken == kBucket) ++first_free_;
  }
  return done;
}

}  // namespace npu
