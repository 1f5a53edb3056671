// DeepSeek-V4 on the host CPU, in double, token by token, as its formulas read: the oracle of the
// NPU path. Nothing is rounded between weights and logits; the indexer's Hadamard rotation, which
// then cancels, is left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/model/v4_weights.h"

namespace npu {

class V4Reference {
 public:
  // Keeps a reference to the weights, which must outlive the model.
  explicit V4Reference(const V4Weights& weights);

  // The logits, (vocab), after the next token. Throws InputError for a token outside of the
  // vocabulary or past the context.
  std::vector<double> forward(int token);

  std::int64_t position() const { return position_; }

 private:
  using Vector = std::vector<double>;

  // Rows of the open block, and with ratio 4 those of the last closed one before them.
  struct Compressor {
    std::int64_t dim = 0;
    std::vector<Vector> kv, gate;  // (rows), each (width)
    std::vector<Vector> entries;   // (closed blocks), each (dim)
  };
  struct Layer {
    std::vector<double> frequencies;  // (rope_dim / 2)
    std::vector<Vector> window;       // ring of (window), each (head_dim)
    Compressor main, index;
  };
  struct Mix {
    Vector x, post, comb;
  };

  const Matrix& weight(const std::string& name) const { return weights_.at(prefix_ + name); }
  Vector normed(const Vector& x, const std::string& name) const;
  Vector project(const std::string& name, const Vector& x) const;
  void turn(Vector& heads, std::int64_t dim, const Layer& layer, std::int64_t position,
            bool back = false) const;
  Vector mixes(const Vector& h, const Matrix& fn) const;
  Mix hc_pre(const Vector& h, const std::string& part) const;
  Vector hc_post(const Vector& y, const Vector& h, const Mix& mix) const;
  Vector hc_head(const Vector& h) const;
  void compress(Compressor& state, const Vector& x, const std::string& place, const Layer& layer,
                std::int64_t ratio) const;
  Vector pool(const Compressor& state, std::int64_t ratio) const;
  std::vector<std::int64_t> choose(const Layer& layer, const Vector& x, const Vector& qr) const;
  Vector attention(Layer& layer, std::int64_t ratio, const Vector& x);
  Vector attend(const Vector& q, const std::vector<const Vector*>& keys) const;
  Vector project_output(const Vector& o) const;
  Vector expert(const Vector& x, const std::string& place, std::int64_t index, double limit,
                double route) const;
  Vector experts(const Vector& x, std::int64_t layer, int token) const;

  const V4Weights& weights_;
  const V4Config& c_;
  std::vector<Layer> layers_;
  std::string prefix_;  // of the present layer's tensors
  std::int64_t position_ = 0;
};

}  // namespace npu
