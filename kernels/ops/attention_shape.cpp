#include <fmt/format.h>

#include <cmath>

#include "kernels/ops/attention.h"
#include "kernels/ops/shape_check.h"

namespace npu {

float AttentionShape::scale_or_default() const {
  return scale != 0 ? scale : static_cast<float>(1 / std::sqrt(static_cast<double>(head_dim)));
}

void AttentionShape::check(const Limits& machine) const {
  detail::ShapeCheck check("attention", machine);
  check.dimension("tokens", tokens);
  check.dimension("heads", heads);
  check.dimension("kv_heads", kv_heads);
  check.dimension("head_dim", head_dim);
  check.require(head_dim != 1,
                "head_dim is 1; it must be at least 2: a single column lies dense in UB, but the "
                "cube hands over rows that begin at aligned addresses");
  check.dimension("capacity", capacity);
  check.require(kv_heads < 1 || heads % kv_heads == 0, "heads must be a multiple of kv_heads");
  check.float_type("dtype", type);
  check.cube_type("dtype", type);
  check.done();
}

void AttentionShape::check_mla(const Limits& machine) const {
  check(machine);
  detail::ShapeCheck check("mla", machine);
  const int64_t native = machine.fractal_cols(type);
  check.dimension("value_dim", values());
  check.require(values() != 1, "value_dim must be at least 2");
  check.require(!shared || values() <= head_dim, "a value is the first channels of a key");
  check.require(shared || (rope_dim > 0 && rope_dim < head_dim),
                "rope_dim must be a part of head_dim");
  check.require(
      shared || (head_dim - rope_dim) % native == 0,
      fmt::format("a head's own channels of a key must be whole native tiles of {}", native));
  check.done();
}

void AttentionShape::check_pages(const Limits& machine, int64_t tile) const {
  detail::ShapeCheck check("paged_attention", machine);
  check.dimension("page", page);
  check.dimension("pages", pages);
  check.require(
      page < 1 || page % tile == 0 || tile % page == 0,
      fmt::format("page must divide {} keys, a tile here, or be a multiple of them", tile));
  check.done();
}

}  // namespace npu
