// The latest few things of a kind, oldest first: one more than fits makes the oldest go.
#pragma once

#include <array>
#include <bit>
#include <cstddef>

namespace npu {

template <class T, size_t kMost>
class Recent {
 public:
  static_assert(std::has_single_bit(kMost));

  size_t size() const { return size_; }
  bool full() const { return size_ == kMost; }
  void clear() { size_ = 0; }
  const T& operator[](size_t i) const { return kept_[(oldest_ + i) % kMost]; }
  T& operator[](size_t i) { return kept_[(oldest_ + i) % kMost]; }

  // Before the i-th, or behind the last.
  void insert(size_t i, const T& value) {
    if (full()) {
      if (i == 0) return;
      ++oldest_;
      --size_;
      --i;
    }
    for (size_t at = size_++; at > i; --at) (*this)[at] = (*this)[at - 1];
    (*this)[i] = value;
  }
  void push_back(const T& value) { insert(size_, value); }
  void erase(size_t i) {
    --size_;
    for (; i < size_; ++i) (*this)[i] = (*this)[i + 1];
  }

 private:
  std::array<T, kMost> kept_;
  size_t oldest_ = 0, size_ = 0;
};

}  // namespace npu
