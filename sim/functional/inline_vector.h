// A short list without heap memory up to a fixed length, for what is made anew for every command.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace npu {

template <class T, size_t kInline>
class InlineVector {
 public:
  void add(const T& item) {
    if (size_ == kInline) spill_.assign(inline_.begin(), inline_.end());
    if (size_ < kInline) {
      inline_[size_] = item;
    } else {
      spill_.push_back(item);
    }
    ++size_;
  }
  const T* begin() const { return size_ <= kInline ? inline_.data() : spill_.data(); }
  const T* end() const { return begin() + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](size_t i) const { return begin()[i]; }

 private:
  std::array<T, kInline> inline_{};
  std::vector<T> spill_;  // everything, once the inline part is too short
  size_t size_ = 0;
};

}  // namespace npu
