#include "kernels/kit/prefetch.h"

#include "kernels/kit/control.h"
#include "kernels/kit/kernel.h"
#include "kernels/kit/recorder.h"

namespace npu {

Prefetch::Prefetch(kit::Recorder* recorder, int loop, const Int& count, const Int& begun,
                   std::function<void(Int)> item)
    : recorder_(recorder),
      loop_(loop),
      count_(count),
      cell_(recorder->add_cell({"prefetch", false, 0})),
      item_(std::move(item)) {
  recorder_->assign(cell_, begun.expr());
}

void Prefetch::next(Where at) {
  const Int item(recorder_->read_cell(cell_));
  const auto load = [&] {
    item_(item);
    recorder_->where = at;
    recorder_->assign(cell_, (item + 1).expr());
  };
  kit::When when{
      .condition = (item < count_).expr(), .kind = kit::When::Kind::kPrefetch, .prefetch = loop_};
  kit::record_when(*recorder_, std::move(when), load, at);
}

Prefetch Kernel::prefetch(std::string name, const Int& count, int distance, const IntBody& item,
                          Where at) {
  if (distance < 1) recorder_->fail(at, "prefetch " + name + ": the distance is 1 or more");
  const Int total = recorder_->now(count), begun = min(distance, total);
  const auto loop = static_cast<int>(recorder_->loops.size());
  kit::record_loop(*recorder_, std::move(name), {.limit = begun, .ahead = distance}, item, at);
  recorder_->where = at;
  return {recorder_.get(), loop, total, begun, item};
}

}  // namespace npu
