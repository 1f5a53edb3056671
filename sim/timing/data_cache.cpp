#include "sim/timing/data_cache.h"

#include <algorithm>

namespace npu {

DataCache::DataCache(int64_t bytes)
    : lines_(std::max<size_t>(1, static_cast<size_t>(bytes) / kLine)) {}

}  // namespace npu
