#include "kernels/ops/elementwise.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// y = body(a, b) on a tensor seen as one long row: each vector core takes tiles of it. The body
// works in f32 and leaves its result in its first argument.
Program elementwise(const char* name, const char* first, const char* second, const Limits& machine,
                    const ElementwiseShape& s,
                    const std::function<void(Vec&, const Tile&, const Tile&)>& body) {
  s.check(machine);
  const int64_t bytes_each = 6 * bytes_of(s.type) + 2 * bytes_of(Type::kF32);
  const int64_t tile = detail::row_portion(machine, s.count, bytes_each);

  Kernel k{name, machine};
  const Dim cols = k.dim("cols", tile);
  const Tensor a = k.tensor(first, s.type, {s.count}), b = k.tensor(second, s.type, {s.count});
  const Tensor y = k.tensor("y", s.type, {s.count});
  Ring& a_ub = k.ring("a_ub", Mem::kUb, s.type, {1, cols}, 2);
  Ring& b_ub = k.ring("b_ub", Mem::kUb, s.type, {1, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {1, cols}, 2);
  const Tile left = k.buffer("left", Type::kF32, {1, cols});
  const Tile right = k.buffer("right", Type::kF32, {1, cols});

  // What is read is not wanted again: what is written stays in L2 in its place.
  const LoadOptions once{.hint = Hint::kStream};
  const auto one_tile = [&](Int i) {
    cols.clip(s.count - i * tile);
    k.load(a_ub.push(), a.tile(0, i), once);
    k.load(b_ub.push(), b.tile(0, i), once);
    k.vec.convert(left, a_ub.pop());
    k.vec.convert(right, b_ub.pop());
    body(k.vec, left, right);
    k.vec.convert(y_ub.push(), left);
    k.store(y.tile(0, i), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.count, tile), one_tile, {.per = Per::kVector});
  return k.finish();
}

}  // namespace

void ElementwiseShape::check(const Limits& machine) const {
  detail::ShapeCheck check("elementwise", machine);
  check.dimension("count", count);
  check.float_type("type", type);
  check.done();
}

Program residual_add(const Limits& machine, const ElementwiseShape& shape) {
  return elementwise("add", "a", "b", machine, shape,
                     [](Vec& v, const Tile& a, const Tile& b) { v.add(a, a, b); });
}

Program swiglu(const Limits& machine, const ElementwiseShape& shape) {
  return elementwise("swiglu", "gate", "up", machine, shape,
                     [](Vec& v, const Tile& gate, const Tile& up) {
                       v.mul(up, up, gate);
                       v.neg(gate, gate);
                       v.exp(gate, gate);
                       v.add(gate, gate, 1);
                       v.div(gate, up, gate);
                     });
}

}  // namespace npu
