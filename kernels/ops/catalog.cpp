#include "kernels/ops/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "isa/errors.h"
#include "kernels/ops/catalog_entries.h"

namespace npu {

const std::vector<Operator>& catalog() {
  static const std::vector<Operator> operators = {
      residual_add_entry(),
      all_gather_entry(),
      all_reduce_entry(),
      all_to_all_entry(),
      argmax_entry(),
      batched_matmul_entry(),
      broadcast_entry(),
      cache_write_entry(),
      combine_entry(),
      compressor_entry(),
      decode_attention_entry(),
      embedding_entry(),
      flash_attention_entry(),
      gate_entry(),
      grouped_matmul_entry(),
      grouped_o_proj_entry(),
      hadamard_entry(),
      hc_head_entry(),
      hc_post_entry(),
      hc_pre_entry(),
      indexer_entry(),
      layernorm_entry(),
      matmul_entry(),
      matmul_all_reduce_entry(),
      matmul_fp8_block_entry(),
      matmul_mx_entry(),
      matmul_split_k_entry(),
      matmul_w4a8_entry(),
      matmul_weight_only_entry(),
      mla_decode_entry(),
      mla_prefill_entry(),
      moe_combine_entry(),
      moe_dispatch_entry(),
      paged_attention_entry(),
      permute_entry(),
      quantize_entry(),
      reduce_scatter_entry(),
      rms_per_head_entry(),
      rmsnorm_entry(),
      rope_entry(),
      sample_top_k_entry(),
      softmax_entry(),
      sparse_attention_entry(),
      swiglu_clamp_entry(),
      swiglu_entry(),
      top_k_entry(),
  };
  return operators;
}

const Operator& find_operator(std::string_view name) {
  std::string names;
  for (const Operator& entry : catalog()) {
    if (entry.name == name) return entry;
    names += fmt::format(" {}", entry.name);
  }
  throw InputError(fmt::format("{}: unknown operator; there are{}", name, names));
}

namespace detail {

HostTensor Arguments::shaped(std::string_view name, Type type, std::vector<int64_t> dims) const {
  constexpr double kMostBytes = 0x1p36;
  double bytes = bits_of(type) / 8.0;
  for (const int64_t dim : dims) bytes *= static_cast<double>(dim);
  if (bytes > kMostBytes) {
    throw InputError(
        fmt::format("{}: {:.3g} bytes; a tensor has at most {:.3g}", name, bytes, kMostBytes));
  }
  return {type, std::move(dims), {}};
}

void Arguments::input(std::string_view name, Type type, std::vector<int64_t> dims, double low,
                      double high) {
  HostTensor tensor = shaped(name, type, std::move(dims));
  if (contents_ == Contents::kAll) {
    tensor = random_tensor(type, std::move(tensor.dims), next_seed(), low, high);
  }
  list_.push_back({.name = name, .tensor = std::move(tensor)});
}

void Arguments::control(std::string_view name, HostTensor tensor) {
  list_.push_back({.name = name, .control = true, .tensor = std::move(tensor)});
}

void Arguments::control_output(std::string_view name, HostTensor tensor) {
  control(name, std::move(tensor));
  std::vector<std::byte>& bytes = list_.back().tensor.bytes;
  list_.back().output = true;
  if (contents_ == Contents::kAll) std::fill(bytes.begin(), bytes.end(), std::byte{0xff});
}

void Arguments::changed(std::string_view name, Type type, std::vector<int64_t> dims) {
  input(name, type, std::move(dims));
  list_.back().output = true;
}

void Arguments::output(std::string_view name, Type type, std::vector<int64_t> dims) {
  HostTensor tensor = shaped(name, type, std::move(dims));
  if (contents_ == Contents::kAll) {
    tensor.bytes.assign(bytes_of(type, static_cast<size_t>(tensor.count())), std::byte{0xff});
  }
  list_.push_back({.name = name, .output = true, .tensor = std::move(tensor)});
}

void Arguments::integer(std::string_view name, int64_t value) {
  list_.push_back({.name = name, .kind = Parameter::Kind::kInt, .value = value});
}

std::vector<OperatorArgument> one_part_a_chip(std::vector<OperatorArgument> arguments) {
  for (OperatorArgument& argument : arguments) argument.per_chip = true;
  return arguments;
}

Expected on_every_chip(const Expected& one, int64_t chips) {
  Expected all;
  for (int64_t chip = 0; chip < chips; ++chip) {
    all.want.insert(all.want.end(), one.want.begin(), one.want.end());
    all.bound.insert(all.bound.end(), one.bound.begin(), one.bound.end());
  }
  return all;
}

Work work_of_a_chip(std::span<const OperatorArgument> arguments, int64_t chips) {
  Work work = argument_work(arguments);
  work.read_bytes /= static_cast<double>(chips);
  work.written_bytes /= static_cast<double>(chips);
  return work;
}

Work argument_work(std::span<const OperatorArgument> arguments) {
  Work work;
  for (const OperatorArgument& argument : arguments) {
    if (argument.kind != Parameter::Kind::kTensor) continue;
    const HostTensor& tensor = argument.tensor;
    const double bytes = static_cast<double>(tensor.count()) * bits_of(tensor.type) / 8;
    (argument.output ? work.written_bytes : work.read_bytes) += bytes;
  }
  return work;
}

}  // namespace detail

}  // namespace npu
