// Writes the step of a DeepSeek-V4 model, operator by operator in the order of its data flow.
// Private to runtime/schedule.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/schedule/v4_step.h"

namespace npu {

class V4Builder {
 public:
  V4Builder(const V4Config& config, const V4StepShape& shape);

  // All layers, from the embedding to the next id; or one layer, from "h" to "h".
  Step model();
  Step layer(int64_t index);

 private:
  using Options = std::vector<OptionText>;
  using Arguments = std::vector<StepArgument>;
  using Dims = std::vector<int64_t>;

  // What a linear layer multiplies: values, and where its weights are quantised so are they.
  struct Input {
    struct Codes {
      TensorArgument values, scales;
    };
    TensorArgument values;
    std::optional<Codes> codes;
  };

  static TensorArgument at(size_t tensor, int64_t row = 0) { return {tensor, row}; }
  static OptionText option(std::string name, int64_t value) {
    return {std::move(name), std::to_string(value)};
  }
  static OptionText option(std::string name, Type type) {
    return {std::move(name), type_name(type)};
  }
  bool native() const { return s_.arithmetic == V4Arithmetic::kNative; }
  Type wide() const { return native() ? Type::kBf16 : Type::kF32; }  // of activations
  OptionText dtype() const { return option("dtype", wide()); }
  OptionText eps() const;

  // Tensors, by their names within the layer for weights and caches.
  size_t add(std::string name, TensorRole role, Type type, Dims dims);
  size_t activation(std::string name, int64_t rows, int64_t cols);  // of the type wide()
  size_t sums(std::string name, int64_t rows, int64_t cols);        // f32
  size_t control(std::string name, Dims dims);
  TensorArgument cache(const std::string& name, Type type, int64_t rows, int64_t cols);
  TensorArgument weight(const std::string& name, Dims dims, Type type = Type::kF32);
  // "X.scale" of "X.weight": an e8m0 for each block.
  TensorArgument weight_scale(const std::string& name, Dims dims);
  void shared_tensors();

  void run(std::string role, std::string_view kernel, Options options, Arguments arguments);

  // What layers have in common.
  void norm(const std::string& role, const std::string& name, TensorArgument x, TensorArgument y,
            int64_t rows, int64_t cols);
  // y = alpha x W^T, W as (outputs, inputs), as wide as the activations. y is `out`.
  void plain(const std::string& role, const std::string& name, TensorArgument x, TensorArgument y,
             int64_t rows, int64_t outputs, int64_t inputs, Type out, double alpha = 1);
  Input input(size_t x, int64_t rows, int64_t cols);
  // y = x W^T, W as fp8 in blocks of 128 x 128 where weights are native.
  void linear(const std::string& role, const std::string& name, const Input& x, TensorArgument y,
              int64_t rows, int64_t outputs, int64_t inputs);
  // Codes times scales of x in place, where the model rounds so.
  void quantise(const std::string& role, TensorArgument x, int64_t rows, int64_t cols, Type code,
                int64_t group, int64_t keep);
  // The last rope_dim channels of each head of `dim`, in place.
  void turn(const std::string& role, TensorArgument x, int64_t heads, int64_t dim,
            bool back = false);
  const size_t* table() const { return tables_.data() + (ratio_ == 0 ? 0 : 2); }
  Options hyper(int64_t tokens) const;
  // One half of a layer: mixes the streams to x, normed; y of it goes back to the streams.
  template <typename Body>
  void mixed(const std::string& part, const Body& body);
  void one_layer(int64_t index);
  void head();

  // v4_attention.cpp
  void attention();
  void queries(const Input& q_rank);
  void window_keys(const Input& x, TensorArgument kv, int64_t rows);
  void compress(const std::string& place, int64_t dim, TensorArgument entries);
  void round_index(const std::string& what, TensorArgument x, int64_t rows);
  void choose_entries(const Input& q_rank);
  void project_groups();
  void gather(const std::string& role, size_t from, size_t ids, size_t to, int64_t cols);
  int64_t closed() const { return ratio_ == 0 ? 0 : (s_.past + t_) / ratio_; }
  int64_t closing() const { return closed() - s_.past / ratio_; }  // by this step

  // v4_experts.cpp
  void experts();
  void choose_experts(size_t logits, size_t weights, size_t chosen);
  void expert_product(const std::string& name, const Input& x, size_t counts, size_t y,
                      int64_t outputs, int64_t inputs);
  void activate(const std::string& role, int64_t rows, double limit, const Arguments& arguments);
  size_t shared_expert();

  const V4Config& c_;
  const V4StepShape& s_;
  const int64_t t_;  // tokens
  Step step_;
  std::string prefix_;  // of the layer's weights and caches
  int64_t layer_ = 0, ratio_ = 0;
  // Indices of tensors that several parts of a layer share.
  std::map<int64_t, size_t> lists_;  // by ratio
  std::vector<size_t> tables_;       // cos and sin, plain and YaRN
  size_t ids_ = 0, stream_ids_ = 0, ring_rows_ = 0, past_ = 0, h_ = 0, x_ = 0, y_ = 0, post_ = 0,
         comb_ = 0, q_rank_ = 0, q_ = 0, kv_new_ = 0, attended_ = 0, o_rank_ = 0;
};

}  // namespace npu
