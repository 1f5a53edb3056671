// What software may see of a machine: sizes, native tiles, flags and paths, but no times. Kernels
// are built against it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/types.h"

namespace npu {

struct Limits {
  std::string machine;  // its name, for messages
  int groups = 1;       // of a chip
  int vectors = 2;      // vector cores of a group
  int chips = 1;

  // Native tile: a fractal is fractal_rows rows of fractal_row_bytes; an L0C fractal is
  // fractal_rows x fractal_rows of 4 bytes.
  int fractal_rows = 16;
  int fractal_row_bytes = 32;
  int fractal_bytes() const { return fractal_rows * fractal_row_bytes; }
  int fractal_cols(Type type) const { return fractal_row_bytes * 8 / bits_of(type); }

  // Bytes. l1, l0a, l0b, l0c, bias, table belong to a cube core, ub to a vector core.
  uint64_t l1 = 0, l0a = 0, l0b = 0, l0c = 0, bias = 0, table = 0, ub = 0;
  uint64_t gm = 0;    // of a chip
  int ub_align = 32;  // addresses and pitches in UB and of row layouts in L1
  int gm_align = 1;
  int ub_stripe = 512;  // bytes after which the banks of UB come round

  std::vector<Type> cube_types;    // of mma
  std::vector<Type> vector_types;  // of vector arithmetic
  bool cube_scaled = false;        // mma_scaled
  bool l0c_to_ub = false;          // direct paths; without them data goes through GM
  bool ub_to_l1 = false;

  // Cost hints for tilings, derived from the machine, rates in bytes and operations per cycle; not
  // needed for correctness.
  double gm_bytes_per_cycle_core = 0;  // one core's port
  double gm_bytes_per_cycle_chip = 0;  // L2
  double hbm_bytes_per_cycle = 0;
  double cube_macs_per_cycle_f16 = 0;
  bool l2_fetches_again = false;  // a load of a line that is on its way from HBM fetches it again
};

}  // namespace npu
