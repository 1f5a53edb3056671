#include "runtime/model/v4_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "isa/errors.h"
#include "isa/numerics/convert.h"
#include "runtime/files/problems.h"
#include "runtime/model/safetensors.h"

namespace npu {
namespace {

constexpr std::int64_t kBlock = 128;  // rows and columns that share a scale, fp8
constexpr std::int64_t kGroup = 32;   // columns that share a scale, fp4
const std::string kExperts = ".experts.";

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Rows and columns of a stored type that share a scale.
struct Block {
  std::int64_t rows, columns;
};

class Loader {
 public:
  explicit Loader(Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  // A tensor of this name and shape, into values of (rows, columns); where the checkpoint has it
  // quantised, its codes and scales go behind those of `stored`.
  void read(const std::string& name, std::int64_t rows, std::int64_t columns, float* into,
            std::optional<StoredMatrix>& stored) {
    const StoredTensor& tensor = checkpoint_.at(name);
    const bool packed = tensor.type == StoredType::kI8;
    require(name, tensor, rows, packed ? columns / 2 : columns);
    if (!packed && tensor.type != StoredType::kE4m3) {
      const std::vector<float> values = checkpoint_.values(name);
      std::copy(values.begin(), values.end(), into);
      return;
    }
    const Type type = packed ? Type::kE2m1 : Type::kE4m3;
    const Block block = packed ? Block{1, kGroup} : Block{kBlock, kBlock};
    if (stored && stored->type != type) {
      throw InputError(problem_line(checkpoint_.name() + ": " + in_quotes(name),
                                    "of another type than the experts before it",
                                    "one type for a layer"));
    }
    if (!stored) stored.emplace(StoredMatrix{type, {}, {}});
    const std::vector<std::byte> codes = checkpoint_.read(name);
    convert(codes.data(), type, into, Type::kF32, static_cast<size_t>(rows * columns));
    append(stored->codes, codes);
    append(stored->scales, scale(name, into, rows, columns, block));
  }

 private:
  static void append(std::vector<std::byte>& all, const std::vector<std::byte>& part) {
    all.insert(all.end(), part.begin(), part.end());
  }

  void require(const std::string& name, const StoredTensor& stored, std::int64_t rows,
               std::int64_t columns) const {
    using Shape = std::vector<std::int64_t>;
    if (stored.shape == Shape{rows, columns} || (rows == 1 && stored.shape == Shape{columns})) {
      return;
    }
    throw InputError(
        problem_line(checkpoint_.name() + ": " + in_quotes(name),
                     fmt::format("shape [{}] of {}", fmt::join(stored.shape, ", "),
                                 stored_type_name(stored.type)),
                     rows == 1 ? fmt::format("[{}], as config.json says", columns)
                               : fmt::format("[{}, {}], as config.json says", rows, columns)));
  }

  // Multiplies blocks by their scales, and gives those as they are stored.
  std::vector<std::byte> scale(const std::string& name, float* values, std::int64_t rows,
                               std::int64_t columns, const Block& block) {
    constexpr std::string_view kSuffix = ".weight";
    const std::string plane = name.substr(0, name.size() - kSuffix.size()) + ".scale";
    const std::int64_t across = ceil_div(columns, block.columns);
    const StoredTensor& stored = checkpoint_.at(plane);
    require(plane, stored, ceil_div(rows, block.rows), across);
    if (stored.type != StoredType::kE8m0) {
      throw InputError(problem_line(checkpoint_.name() + ": " + in_quotes(plane),
                                    fmt::format("{}", stored_type_name(stored.type)), "F8_E8M0"));
    }
    const std::vector<float> scales = checkpoint_.values(plane);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        values[r * columns + c] *= scales[r / block.rows * across + c / block.columns];
      }
    }
    return checkpoint_.read(plane);
  }

  Checkpoint& checkpoint_;
};

// The tensors of one layer, by their names within it.
class LayerTensors {
 public:
  LayerTensors(const V4Config& config, std::int64_t layer, std::vector<V4Tensor>& all)
      : c_(config), layer_(layer), prefix_(fmt::format("layers.{}.", layer)), all_(all) {}

  void add() {
    for (const char* part : {"attn", "ffn"}) {
      add(fmt::format("{}_norm.weight", part), 1, c_.hidden);
      add(fmt::format("hc_{}_fn", part), c_.mixes(), c_.streams * c_.hidden);
      add(fmt::format("hc_{}_base", part), 1, c_.mixes());
      add(fmt::format("hc_{}_scale", part), 1, 3);
    }
    attention();
    experts();
  }

 private:
  void add(const std::string& name, std::int64_t rows, std::int64_t columns) {
    all_.push_back({prefix_ + name, rows, columns});
  }

  void compressor(const std::string& place, std::int64_t dim) {
    const std::int64_t width = V4Config::compressor_width(c_.ratio(layer_), dim);
    add(place + "compressor.wkv.weight", width, c_.hidden);
    add(place + "compressor.wgate.weight", width, c_.hidden);
    add(place + "compressor.ape", c_.ratio(layer_), width);
    add(place + "compressor.norm.weight", 1, dim);
  }

  void attention() {
    add("attn.wq_a.weight", c_.q_rank, c_.hidden);
    add("attn.q_norm.weight", 1, c_.q_rank);
    add("attn.wq_b.weight", c_.q_width(), c_.q_rank);
    add("attn.wkv.weight", c_.head_dim, c_.hidden);
    add("attn.kv_norm.weight", 1, c_.head_dim);
    add("attn.attn_sink", 1, c_.heads);
    add("attn.wo_a.weight", c_.o_groups * c_.o_rank, c_.o_width());
    add("attn.wo_b.weight", c_.hidden, c_.o_groups * c_.o_rank);
    if (c_.ratio(layer_) != 0) compressor("attn.", c_.head_dim);
    if (c_.ratio(layer_) != 4) return;
    add("attn.indexer.wq_b.weight", c_.index_heads * c_.index_dim, c_.q_rank);
    add("attn.indexer.weights_proj.weight", c_.index_heads, c_.hidden);
    compressor("attn.indexer.", c_.index_dim);
  }

  void experts() {
    add("ffn.gate.weight", c_.experts, c_.hidden);
    if (layer_ < c_.hash_layers) {
      add("ffn.gate.tid2eid", c_.vocab, c_.top_k);
    } else {
      add("ffn.gate.bias", 1, c_.experts);
    }
    for (const char* w : {"w1", "w3"}) {
      add(fmt::format("ffn.experts.{}.weight", w), c_.experts * c_.expert_hidden, c_.hidden);
      add(fmt::format("ffn.shared_experts.{}.weight", w), c_.expert_hidden, c_.hidden);
    }
    add("ffn.experts.w2.weight", c_.experts * c_.hidden, c_.expert_hidden);
    add("ffn.shared_experts.w2.weight", c_.hidden, c_.expert_hidden);
  }

  const V4Config& c_;
  std::int64_t layer_;
  std::string prefix_;
  std::vector<V4Tensor>& all_;
};

}  // namespace

std::vector<V4Tensor> v4_tensors(const V4Config& c) {
  std::vector<V4Tensor> all = {
      {"embed.weight", c.vocab, c.hidden}, {"hc_head_fn", c.streams, c.streams * c.hidden},
      {"hc_head_base", 1, c.streams},      {"hc_head_scale", 1, 1},
      {"norm.weight", 1, c.hidden},        {"head.weight", c.vocab, c.hidden}};
  for (std::int64_t layer = 0; layer < c.layers; ++layer) LayerTensors(c, layer, all).add();
  return all;
}

V4Weights load_v4_weights(const V4Config& config, Checkpoint& checkpoint) {
  V4Weights weights{config, {}, {}};
  Loader loader(checkpoint);
  for (const V4Tensor& tensor : v4_tensors(config)) {
    Matrix values(tensor.rows, tensor.columns);
    std::optional<StoredMatrix> stored;
    const size_t experts = tensor.name.find(kExperts);
    if (experts == std::string::npos) {
      loader.read(tensor.name, tensor.rows, tensor.columns, values.values.data(), stored);
    } else {
      const std::int64_t rows = tensor.rows / config.experts;
      for (std::int64_t e = 0; e < config.experts; ++e) {
        std::string name = tensor.name;
        name.insert(experts + kExperts.size(), fmt::format("{}.", e));
        loader.read(name, rows, tensor.columns, values.values.data() + e * rows * tensor.columns,
                    stored);
      }
    }
    weights.tensors.emplace(tensor.name, std::move(values));
    if (stored) weights.stored.emplace(tensor.name, std::move(*stored));
  }
  return weights;
}

}  // namespace npu
