// A first-in first-out queue in one block of memory that grows when it must.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace npu {

template <class T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  T& front() { return slots_[first_]; }
  const T& front() const { return slots_[first_]; }
  T& back() { return slots_[(first_ + size_ - 1) & (slots_.size() - 1)]; }
  T& operator[](size_t i) { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  const T& operator[](size_t i) const { return slots_[(first_ + i) & (slots_.size() - 1)]; }

  // The slot behind the last element, holding whatever it held before: push() takes it in.
  T& spare() {
    if (size_ == slots_.size()) grow();
    return (*this)[size_];
  }
  // The new last element: the caller assigns it, or has assigned it as spare().
  T& push() {
    T& slot = spare();
    ++size_;
    return slot;
  }
  void pop() {
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
  }
  void clear() { first_ = size_ = 0; }

 private:
  void grow() {
    std::vector<T> larger(slots_.empty() ? 4 : 2 * slots_.size());
    for (size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;
  size_t first_ = 0, size_ = 0;
};

}  // namespace npu
