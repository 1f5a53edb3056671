// What the verbs that move tiles have in common.
#pragma once

#include "kernels/kit/verb.h"

namespace npu::kit {

// One column of UB without gaps, which is moved as one row.
bool dense_column(const TileInfo& tile);

// What of a tile and a matrix in GM is moved.
struct Extents {
  Int rows, cols;
};
Extents extents(const Verb& verb, const TileInfo& tile, const GmMatrix& gm);

// The lease of a scaled ring, if that is what is meant; else null.
const Lease* scaled_lease(const Recorder& recorder, const Src& src);

// Notes that a tensor is written; -1 is not a parameter.
void mark_output(Verb& verb, int parameter);

// Fails for a tensor in native tiles, which only load takes.
void need_rows(const Verb& verb, const GmMatrix& gm);

}  // namespace npu::kit
