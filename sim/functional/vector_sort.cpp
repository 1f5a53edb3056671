// Sort and merge of (value, index) pairs: value descending, then index ascending, NaN before
// everything.
#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/functional/operands.h"
#include "sim/functional/run.h"
#include "sim/functional/vector_rows.h"

namespace npu::detail {

namespace {

constexpr uint64_t kSortBlock = 32;  // pairs

template <class T>
struct Pair {
  T value;
  int32_t index;
};

template <class T>
bool before(const Pair<T>& a, const Pair<T>& b) {
  if constexpr (std::is_same_v<T, float>) {
    const bool a_nan = std::isnan(a.value), b_nan = std::isnan(b.value);
    if (a_nan || b_nan) return a_nan && (!b_nan || a.index < b.index);
  }
  return a.value > b.value || (a.value == b.value && a.index < b.index);
}

template <class T>
void sort(const Place& place, const Vsort<Value>& c) {
  std::vector<Pair<T>> pairs(c.cols);
  for (uint64_t row = 0; row < c.rows; ++row) {
    std::memcpy(pairs.data(), ub_at(place, c.a) + row * c.a_pitch, c.cols * kPairBytes);
    for (uint64_t first = 0; first < c.cols; first += kSortBlock) {
      const auto begin = pairs.begin() + static_cast<ptrdiff_t>(first);
      std::stable_sort(begin, begin + static_cast<ptrdiff_t>(std::min(kSortBlock, c.cols - first)),
                       before<T>);
    }
    std::memcpy(ub_at(place, c.d) + row * c.d_pitch, pairs.data(), c.cols * kPairBytes);
  }
}

// The lists in order; of equal pairs the one of the earlier list comes first. A list that is not
// sorted gives what taking the first of four heads gives.
template <class T>
void merge(const Place& place, const Vmerge<Value>& c) {
  const uint64_t list_bytes = c.cols * kPairBytes, count = merged_pairs(c);
  std::vector<Pair<T>> lists(kMergedLists * c.cols), merged(count);
  for (uint64_t row = 0; row < c.rows; ++row) {
    const Pair<T>* head[kMergedLists];
    const Pair<T>* end[kMergedLists];
    for (uint64_t i = 0; i < kMergedLists; ++i) {
      Pair<T>* list = lists.data() + i * c.cols;
      const uint64_t step = c.b_pitch == 0 ? list_bytes : c.b_pitch;
      std::memcpy(list, ub_at(place, c.a + i * step) + row * c.a_pitch, list_bytes);
      head[i] = list;
      end[i] = list + c.cols;
    }
    for (Pair<T>& next : merged) {
      uint64_t best = kMergedLists;
      for (uint64_t i = 0; i < kMergedLists; ++i) {
        if (head[i] == end[i]) continue;
        if (best == kMergedLists || before(*head[i], *head[best])) best = i;
      }
      next = *head[best]++;
    }
    std::memcpy(ub_at(place, c.d) + row * c.d_pitch, merged.data(), count * kPairBytes);
  }
}

}  // namespace

void run(const Place& place, const Vsort<Value>& c) {
  if (c.type == Type::kF32) return sort<float>(place, c);
  sort<int32_t>(place, c);
}

void run(const Place& place, const Vmerge<Value>& c) {
  if (c.type == Type::kF32) return merge<float>(place, c);
  merge<int32_t>(place, c);
}

}  // namespace npu::detail
