#include "isa/numerics/mma.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "isa/errors.h"
#include "isa/numerics/mma_kernels.h"

namespace npu {
namespace {

using detail::at_least;
using detail::Kernel;
using detail::kPanel;
using detail::Operand;
using detail::Strip;

constexpr int kPanelBytes = kPanel * 4;

struct Scratch {
  std::vector<uint32_t> a, b, c;
};

const Kernel& kernel_in_use() {
#if NPU_X86
  if (simd() == Simd::kAvx512) return detail::avx512_kernel();
  if (simd() == Simd::kAvx2) return detail::avx2_kernel();
#endif
  return detail::scalar_kernel();
}

// Row `r` of columns [column, column + 16) of C, to or from 16 contiguous elements; `columns` of
// them exist.
template <class Copy>
void for_row_pieces(const MutableFractalView& c, int r, int column, int columns, const Copy& copy) {
  const int c0 = c.row_bytes / 4;
  for (int done = 0; done < columns;) {
    const int inside = (column + done) % c0;
    const int piece = std::min(c0 - inside, columns - done);
    std::byte* row = c.base + static_cast<size_t>((column + done) / c0) * c.column_stride_bytes +
                     static_cast<size_t>(r) * static_cast<size_t>(c.row_bytes) + inside * 4;
    copy(row, done, static_cast<size_t>(piece) * 4);
    done += piece;
  }
}

struct Product {
  const Kernel& kernel;
  void (*run)(const Strip&);
  const uint32_t* a;
  const uint32_t* b;
  int m;
  int units;  // of k
  bool accumulate;

  const uint32_t* b_panel(int panel) const {
    return b + static_cast<size_t>(panel) * static_cast<size_t>(units) * kPanel;
  }

  // `panels` neighbouring panels of C, all rows, as even strips.
  void panels(int first, int count, uint32_t* c0, uint32_t* c1) const {
    const int strips = (m + kernel.max_rows - 1) / kernel.max_rows;
    int row = 0;
    for (int i = 0; i < strips; ++i) {
      const int rows = m / strips + (i < m % strips ? 1 : 0);
      const size_t at = static_cast<size_t>(row) * kPanel;
      Strip strip;
      strip.a = a + at;
      strip.a_panel_stride = static_cast<size_t>(m) * kPanel;
      strip.b[0] = b_panel(first);
      strip.b[1] = count == 2 ? b_panel(first + 1) : nullptr;
      strip.c[0] = c0 + at;
      strip.c[1] = count == 2 ? c1 + at : nullptr;
      strip.panels = count;
      strip.rows = rows;
      strip.k = units;
      strip.accumulate = accumulate;
      run(strip);
      row += rows;
    }
  }

  // A panel of C that is not 16 contiguous columns goes through `tile`, (m, 16).
  void panel_through(uint32_t* tile, const MutableFractalView& c, int panel, int columns) const {
    if (accumulate) {
      for (int r = 0; r < m; ++r) {
        uint32_t* out = tile + static_cast<size_t>(r) * kPanel;
        std::fill(out + columns, out + kPanel, 0u);
        for_row_pieces(
            c, r, panel * kPanel, columns,
            [&](const std::byte* row, int at, size_t size) { std::memcpy(out + at, row, size); });
      }
    }
    panels(panel, 1, tile, nullptr);
    for (int r = 0; r < m; ++r) {
      const uint32_t* in = tile + static_cast<size_t>(r) * kPanel;
      for_row_pieces(c, r, panel * kPanel, columns,
                     [&](std::byte* row, int at, size_t size) { std::memcpy(row, in + at, size); });
    }
  }
};

void clear(const MutableFractalView& c, int m, int n) {
  for (int r = 0; r < m; ++r) {
    for_row_pieces(c, r, 0, n, [](std::byte* row, int, size_t size) { std::memset(row, 0, size); });
  }
}

void check(const FractalView& view, Type type) {
  NPU_ASSERT(view.base != nullptr && view.fractal_rows > 0 && view.row_bytes > 0);
  const int units = view.row_bytes * 8 / bits_of(type) / detail::values_per_unit(type);
  NPU_ASSERT(units > 0 && (units % kPanel == 0 || kPanel % units == 0));
}

int units_of(Type type, int k) {
  const int per_unit = detail::values_per_unit(type);
  return (k + per_unit - 1) / per_unit;
}

// Of a chain of k.
struct Step {
  Operand a, b;
  int k;
};

// A pass over C: the chain of all steps, of which all but the last fill their panels of k.
void multiply(std::span<const Step> steps, const MutableFractalView& c, int m, int n,
              bool accumulate) {
  const Type type = steps[0].a.type;
  int units = 0;
  for (const Step& step : steps) {
    check(step.a.values, step.a.type);
    check(step.b.values, step.b.type);
    NPU_ASSERT(units % kPanel == 0);
    units += units_of(type, step.k);
  }

  static thread_local Scratch scratch;
  const auto k_panels = static_cast<size_t>((units + kPanel - 1) / kPanel);
  const auto n_panels = static_cast<size_t>((n + kPanel - 1) / kPanel);
  const size_t stride = static_cast<size_t>(units) * kPanel;
  uint32_t* packed_a = at_least(scratch.a, k_panels * static_cast<size_t>(m) * kPanel);
  uint32_t* packed_b = at_least(scratch.b, n_panels * stride);
  size_t unit = 0;
  for (const Step& step : steps) {
    detail::pack_a(step.a, m, step.k, packed_a + unit * static_cast<size_t>(m));
    detail::pack_b(step.b, n, step.k, packed_b + unit * kPanel, stride);
    unit += static_cast<size_t>(units_of(type, step.k));
  }

  const Kernel& kernel = kernel_in_use();
  const Product product{kernel,    detail::values_per_unit(type) == 2 ? kernel.i16x2 : kernel.f32,
                        packed_a,  packed_b,
                        m,         units,
                        accumulate};
  const int direct = c.row_bytes == kPanelBytes ? n / kPanel : 0;
  const auto panel_of_c = [&](int panel) {
    return reinterpret_cast<uint32_t*>(c.base + static_cast<size_t>(panel) * c.column_stride_bytes);
  };
  for (int panel = 0; panel < direct; panel += 2) {
    const int count = std::min(2, direct - panel);
    product.panels(panel, count, panel_of_c(panel), count == 2 ? panel_of_c(panel + 1) : nullptr);
  }
  if (direct * kPanel == n) return;
  uint32_t* tile = at_least(scratch.c, static_cast<size_t>(m) * kPanel);
  for (int panel = direct; panel * kPanel < n; ++panel) {
    product.panel_through(tile, c, panel, std::min(kPanel, n - panel * kPanel));
  }
}

// False where there is nothing to multiply, with C cleared if it is overwritten.
bool any_product(const MutableFractalView& c, int m, int n, int k, bool accumulate) {
  NPU_ASSERT(m >= 0 && n >= 0 && k >= 0);
  if (m == 0 || n == 0) return false;
  NPU_ASSERT(c.base != nullptr && c.fractal_rows > 0 && c.row_bytes >= 4 && c.row_bytes % 4 == 0);
  if (k == 0 && !accumulate) clear(c, m, n);
  return k > 0;
}

// Both operands become the same units.
void multiply(const Operand& a, const Operand& b, const MutableFractalView& c, int m, int n, int k,
              bool accumulate) {
  if (!any_product(c, m, n, k, accumulate)) return;
  const Step step{a, b, k};
  multiply(std::span(&step, 1), c, m, n, accumulate);
}

}  // namespace

bool is_mma_type(Type type) {
  return type <= Type::kE5m2 || type == Type::kI8 || type == Type::kI4;
}

bool is_scaled_mma_type(Type type) { return type >= Type::kE4m3 && type <= Type::kE2m1; }

Type accumulator_of(Type type) { return is_integer(type) ? Type::kI32 : Type::kF32; }

void mma(Type type, FractalView a, FractalView b, MutableFractalView c, int m, int n, int k,
         bool accumulate) {
  NPU_ASSERT(is_mma_type(type));
  multiply({type, a}, {type, b}, c, m, n, k, accumulate);
}

// Steps go together while they fill their panels and the packed operands stay in the host's cache.
void mma(Type type, std::span<const MmaStep> steps, MutableFractalView c, int m, int n,
         bool accumulate) {
  constexpr int kMostUnits = 128;
  NPU_ASSERT(is_mma_type(type));
  static thread_local std::vector<Step> chain;
  chain.clear();
  int units = 0;
  const auto finish = [&] {
    if (!chain.empty()) multiply(std::span<const Step>(chain), c, m, n, accumulate);
    if (!chain.empty()) accumulate = true;
    chain.clear();
    units = 0;
  };
  for (const MmaStep& step : steps) {
    NPU_ASSERT(!is_integer(type) || (!step.a_turned && !step.b_turned));
    if (!any_product(c, m, n, step.k, accumulate || !chain.empty())) continue;
    const int more = units_of(type, step.k);
    const bool whole = step.k % (kPanel * detail::values_per_unit(type)) == 0;
    if (units + more > kMostUnits) finish();
    chain.push_back(
        {{type, step.a, nullptr, step.a_turned}, {type, step.b, nullptr, step.b_turned}, step.k});
    units += more;
    if (!whole) finish();
  }
  finish();
}

void mma_scaled(const ScaledOperand& a, const ScaledOperand& b, MutableFractalView c, int m, int n,
                int k, bool accumulate) {
  NPU_ASSERT(is_scaled_mma_type(a.type) && is_scaled_mma_type(b.type));
  multiply({a.type, a.values, &a.scales}, {b.type, b.values, &b.scales}, c, m, n, k, accumulate);
}

}  // namespace npu
