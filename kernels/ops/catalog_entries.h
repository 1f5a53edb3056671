// What the entries of the catalog share. Private to kernels/ops.
#pragma once

#include <initializer_list>
#include <vector>

#include "kernels/ops/catalog.h"

namespace npu {

Operator all_gather_entry();
Operator all_reduce_entry();
Operator all_to_all_entry();
Operator argmax_entry();
Operator batched_matmul_entry();
Operator broadcast_entry();
Operator cache_write_entry();
Operator combine_entry();
Operator compressor_entry();
Operator decode_attention_entry();
Operator embedding_entry();
Operator flash_attention_entry();
Operator gate_entry();
Operator grouped_matmul_entry();
Operator grouped_o_proj_entry();
Operator hadamard_entry();
Operator hc_head_entry();
Operator hc_post_entry();
Operator hc_pre_entry();
Operator indexer_entry();
Operator layernorm_entry();
Operator matmul_all_reduce_entry();
Operator matmul_entry();
Operator matmul_fp8_block_entry();
Operator matmul_mx_entry();
Operator matmul_split_k_entry();
Operator matmul_w4a8_entry();
Operator matmul_weight_only_entry();
Operator mla_decode_entry();
Operator mla_prefill_entry();
Operator moe_combine_entry();
Operator moe_dispatch_entry();
Operator paged_attention_entry();
Operator permute_entry();
Operator quantize_entry();
Operator reduce_scatter_entry();
Operator residual_add_entry();
Operator rms_per_head_entry();
Operator rmsnorm_entry();
Operator rope_entry();
Operator sample_top_k_entry();
Operator softmax_entry();
Operator sparse_attention_entry();
Operator swiglu_clamp_entry();
Operator swiglu_entry();
Operator top_k_entry();

namespace detail {

// Builds the argument list of one launch; every tensor has its own random sequence. Throws
// InputError for a tensor beyond what a host can be asked for.
class Arguments {
 public:
  Arguments(uint64_t seed, Contents contents) : seed_(seed), contents_(contents) {}

  void input(std::string_view name, Type type, std::vector<int64_t> dims, double low = -1,
             double high = 1);
  void control(std::string_view name, HostTensor tensor);
  void output(std::string_view name, Type type, std::vector<int64_t> dims);
  // An output that the kernel reads again as control data: a run without numbers gets it given.
  void control_output(std::string_view name, HostTensor tensor);
  // An output of which the kernel writes only a part; the rest must stay.
  void changed(std::string_view name, Type type, std::vector<int64_t> dims);
  void integer(std::string_view name, int64_t value);
  std::vector<OperatorArgument> take() { return std::move(list_); }

 private:
  HostTensor shaped(std::string_view name, Type type, std::vector<int64_t> dims) const;
  uint64_t next_seed() const { return seed_ * 1000003 + list_.size(); }

  uint64_t seed_;
  Contents contents_;
  std::vector<OperatorArgument> list_;
};

// How many blocks of `block` cover an extent: a dimension of a plane of scales.
inline int64_t blocks_of(int64_t extent, int64_t block) { return (extent + block - 1) / block; }

// For operators of several chips: the first dimension of each tensor is the chip; the same result
// on all of them; the work of one, whose links are not part of a roofline.
std::vector<OperatorArgument> one_part_a_chip(std::vector<OperatorArgument> arguments);
Expected on_every_chip(const Expected& one, int64_t chips);
Work work_of_a_chip(std::span<const OperatorArgument> arguments, int64_t chips);

// The work of an operator that reads all its inputs, writes all its outputs and does not use the
// cube.
Work argument_work(std::span<const OperatorArgument> arguments);

}  // namespace detail

}  // namespace npu
