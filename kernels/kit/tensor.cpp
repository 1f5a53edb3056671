#include "kernels/kit/tensor.h"

#include "isa/chip_address.h"
#include "kernels/kit/recorder.h"

namespace npu {
namespace {

using kit::TensorInfo;
using kit::ViewInfo;

Tensor make(TensorInfo info) { return Tensor(std::make_shared<const TensorInfo>(std::move(info))); }

[[noreturn]] void fail(const TensorInfo& tensor, const std::string& problem) {
  tensor.recorder->fail(
      tensor.recorder->where,
      "tensor " + tensor.name + " (rank " + std::to_string(tensor.dims.size()) + "): " + problem);
}

View view(const TensorInfo& tensor, const std::shared_ptr<const TensorInfo>& shared,
          ViewInfo::Kind kind, const Int& row, const Int& col) {
  if (tensor.dims.size() > 2) fail(tensor, "a view is of rank 1 or 2; index the dimensions before");
  ViewInfo info;
  info.tensor = shared;
  info.kind = kind;
  info.row = row;
  info.col = col;
  return View(std::make_shared<const ViewInfo>(std::move(info)));
}

Element element(const std::shared_ptr<const TensorInfo>& tensor, std::initializer_list<Int> at) {
  if (at.size() != tensor->dims.size()) {
    fail(*tensor, "at() takes " + std::to_string(tensor->dims.size()) + " indices, not " +
                      std::to_string(at.size()));
  }
  Int index = tensor->offset;
  size_t axis = 0;
  for (const Int& i : at) index = index + i * tensor->strides[axis++];
  return {tensor, index};
}

}  // namespace

ElementType Tensor::type() const {
  return info_->scales ? ElementType(info_->type, info_->block) : ElementType(info_->type);
}

Tensor Tensor::scales() const {
  if (!info_->scales) fail(*info_, "it has no scales");
  return Tensor(info_->scales);
}

size_t Tensor::rank() const { return info_->dims.size(); }
const Int& Tensor::dim(size_t index) const { return info_->dims.at(index); }

Tensor Tensor::operator[](const Int& index) const {
  if (info_->dims.size() < 2) fail(*info_, "[i] needs rank 2 or more; at(i) names an element");
  TensorInfo part = *info_;
  part.offset = part.offset + index * part.strides.front();
  part.dims.erase(part.dims.begin());
  part.strides.erase(part.strides.begin());
  if (part.scales) part.scales = scales()[index].shared_info();
  return make(std::move(part));
}

Tensor Tensor::on(const Int& chip) const {
  TensorInfo part = *info_;
  const Int away = chip - info_->recorder->csr(Csr::kChip);
  part.offset = part.offset + away * ((int64_t{1} << kChipShift) * 8 / bits_of(part.type));
  return make(std::move(part));
}

Tensor Tensor::rows(const Int& first, const Int& count) const {
  if (info_->dims.size() > 2) fail(*info_, "rows() is of rank 1 or 2");
  if (info_->tiled) fail(*info_, "a tiled tensor is not cut into rows");
  TensorInfo part = *info_;
  part.offset = part.offset + first * part.strides.front();
  part.dims.front() = count;
  if (part.scales) {
    part.scales =
        scales().rows(first / part.block.rows, ceil_div(count, part.block.rows)).shared_info();
  }
  return make(std::move(part));
}

Tensor Tensor::cols(const Int& first, const Int& count) const {
  if (info_->dims.size() > 2) fail(*info_, "cols() is of rank 1 or 2");
  if (info_->tiled) fail(*info_, "a tiled tensor is not cut into columns");
  TensorInfo part = *info_;
  part.offset = part.offset + first;
  part.dims.back() = count;
  if (part.scales) {
    part.scales =
        scales().cols(first / part.block.cols, ceil_div(count, part.block.cols)).shared_info();
  }
  return make(std::move(part));
}

Tensor Tensor::reshape(std::initializer_list<TensorDim> dims) const {
  if (info_->scales) fail(*info_, "a scaled tensor keeps its shape");
  TensorInfo part = *info_;
  part.dims.clear();
  for (const TensorDim& dim : dims) part.dims.push_back(dim.value());
  part.strides.assign(part.dims.size(), Int(1));
  for (size_t i = part.dims.size(); i-- > 1;) {
    part.strides[i - 1] = part.strides[i] * part.dims[i];
  }
  return make(std::move(part));
}

Tensor Tensor::tiled() const {
  if (info_->dims.size() < 2 || info_->scales) fail(*info_, "tiled() is of rank 2 or more");
  TensorInfo part = *info_;
  part.tiled = true;
  return make(std::move(part));
}

View Tensor::tile(const Int& r, const Int& c) const {
  return view(*info_, info_, ViewInfo::Kind::kTile, r, c);
}

View Tensor::from(const Int& row, const Int& col) const {
  return view(*info_, info_, ViewInfo::Kind::kFrom, row, col);
}

View Tensor::gather(const Tensor& list, const Int& count) const {
  if (info_->dims.size() != 2) fail(*info_, "gather() is of rank 2");
  if (info_->scales) fail(*info_, "gather() takes no scaled tensor");
  const TensorInfo& numbers = list.info();
  if (numbers.dims.size() != 1 || numbers.type != Type::kI32) {
    fail(numbers, "the list of gather() is of rank 1 and type i32");
  }
  if (numbers.parameter >= 0) {
    info_->recorder->parameters[static_cast<size_t>(numbers.parameter)].control = true;
  }
  ViewInfo result;
  result.tensor = info_;
  result.kind = ViewInfo::Kind::kGather;
  result.list = list.shared_info();
  result.count = count;
  return View(std::make_shared<const ViewInfo>(std::move(result)));
}

Element Tensor::at(const Int& i) const { return element(info_, {i}); }
Element Tensor::at(const Int& i, const Int& j) const { return element(info_, {i, j}); }
Element Tensor::at(const Int& i, const Int& j, const Int& l) const {
  return element(info_, {i, j, l});
}

View::View(const Tensor& tensor)
    : View(view(tensor.info(), tensor.shared_info(), ViewInfo::Kind::kWhole, 0, 0)) {}

}  // namespace npu
