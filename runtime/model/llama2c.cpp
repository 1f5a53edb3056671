#include "runtime/model/llama2c.h"

#include <fmt/format.h>

#include <cmath>

#include "isa/errors.h"
#include "runtime/files/input_file.h"
#include "runtime/files/problems.h"

namespace npu {
namespace {

constexpr std::uint64_t kHeaderBytes = 7 * sizeof(std::int32_t);

void check_divisions(const std::string& name, const Llama2cHeader& h, Problems& problems) {
  const std::string heads_place = name + ": byte 12: n_heads";
  if (h.dim % h.heads != 0) {
    problems.add(heads_place, fmt::format("{}", h.heads),
                 fmt::format("a divisor of dim, {}", h.dim));
  } else if (h.dim / h.heads % 2 != 0 || h.dim / h.heads > model_limits::kHeadDim) {
    problems.add(heads_place,
                 fmt::format("{} makes heads of {} elements", h.heads, h.dim / h.heads),
                 fmt::format("heads of an even size up to {}", model_limits::kHeadDim));
  }
  if (h.heads % h.kv_heads != 0) {
    problems.add(name + ": byte 16: n_kv_heads", fmt::format("{}", h.kv_heads),
                 fmt::format("a divisor of n_heads, {}", h.heads));
  }
}

Llama2cHeader read_header(InputFile& file) {
  Llama2cHeader h;
  Problems problems;
  const auto size = [&](const char* key, std::int64_t high, bool may_be_negative = false) {
    const std::string place = fmt::format("{}: byte {}: {}", file.name(), file.offset(), key);
    const auto value = file.value<std::int32_t>("the header");
    const std::int64_t magnitude = may_be_negative ? std::abs(std::int64_t{value}) : value;
    problems.require_range(place, magnitude, 1, high);
    return value;
  };
  h.dim = size("dim", model_limits::kHidden);
  h.hidden_dim = size("hidden_dim", model_limits::kIntermediate);
  h.layers = size("n_layers", model_limits::kLayers);
  h.heads = size("n_heads", model_limits::kHeads);
  h.kv_heads = size("n_kv_heads", model_limits::kHeads);
  h.vocab = size("vocab_size", model_limits::kVocab, true);
  h.seq_len = size("seq_len", model_limits::kPositions);
  problems.throw_if_any();
  h.tied = h.vocab > 0;
  h.vocab = std::abs(h.vocab);
  check_divisions(file.name(), h, problems);
  problems.throw_if_any();
  return h;
}

// The cos and sin tables, which follow from the header: (seq_len, head_dim / 2) each.
std::uint64_t table_bytes(const ModelConfig& config) {
  return static_cast<std::uint64_t>(config.max_positions * config.head_dim) * sizeof(float);
}

class TensorReader {
 public:
  explicit TensorReader(InputFile& file) : file_(file) {}

  void read(std::vector<float>& values, const std::string& what) {
    const std::uint64_t start = file_.offset();
    file_.read(values.data(), values.size() * sizeof(float), what);
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) continue;
      file_.fail(start + i * sizeof(float), fmt::format("{} holds {}", what, values[i]),
                 "finite numbers");
    }
  }

  void read(Matrix& matrix, const std::string& what) { read(matrix.values, what); }

  // One tensor of every layer in turn, as llama2.c orders them.
  template <typename Tensor>
  void read_layers(std::vector<DenseLayer>& layers, Tensor DenseLayer::*tensor, const char* name) {
    for (size_t i = 0; i < layers.size(); ++i) {
      read(layers[i].*tensor, fmt::format("{} of layer {}", name, i));
    }
  }

 private:
  InputFile& file_;
};

}  // namespace

ModelConfig from_llama2c(const Llama2cHeader& header) {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.hidden = header.dim;
  config.intermediate = header.hidden_dim;
  config.layers = header.layers;
  config.heads = header.heads;
  config.kv_heads = header.kv_heads;
  config.head_dim = header.dim / header.heads;
  config.vocab = header.vocab;
  config.max_positions = header.seq_len;
  config.rms_eps = 1e-5;
  config.rope_theta = 10000;
  config.rope_layout = RopeLayout::kInterleaved;
  config.tied_embeddings = header.tied;
  return config;
}

DenseWeights load_llama2c(const std::string& path) {
  InputFile file(path);
  return load_llama2c(file);
}

DenseWeights load_llama2c(InputFile& file) {
  const ModelConfig config = from_llama2c(read_header(file));
  const std::uint64_t tables = table_bytes(config);
  const std::uint64_t expected =
      kHeaderBytes + static_cast<std::uint64_t>(parameter_count(config)) * sizeof(float) + tables;
  if (file.size() != expected) {
    throw InputError(problem_line(
        file.name(), fmt::format("the file has {} bytes", file.size()),
        fmt::format("exactly the {} bytes of the sizes in its header (dim {}, hidden_dim {}, "
                    "n_layers {}, n_heads {}, n_kv_heads {}, vocab_size {}, seq_len {})",
                    expected, config.hidden, config.intermediate, config.layers, config.heads,
                    config.kv_heads, config.tied_embeddings ? config.vocab : -config.vocab,
                    config.max_positions)));
  }
  DenseWeights weights = zero_weights(config);
  TensorReader reader(file);
  reader.read(weights.embedding, "token_embedding");
  reader.read_layers(weights.layers, &DenseLayer::attention_norm, "rms_att");
  reader.read_layers(weights.layers, &DenseLayer::wq, "wq");
  reader.read_layers(weights.layers, &DenseLayer::wk, "wk");
  reader.read_layers(weights.layers, &DenseLayer::wv, "wv");
  reader.read_layers(weights.layers, &DenseLayer::wo, "wo");
  reader.read_layers(weights.layers, &DenseLayer::ffn_norm, "rms_ffn");
  reader.read_layers(weights.layers, &DenseLayer::w_gate, "w1");
  reader.read_layers(weights.layers, &DenseLayer::w_down, "w2");
  reader.read_layers(weights.layers, &DenseLayer::w_up, "w3");
  reader.read(weights.final_norm, "rms_final");
  file.skip(tables, "freq_cos and freq_sin");
  if (!config.tied_embeddings) reader.read(weights.head, "wcls");
  return weights;
}

}  // namespace npu
