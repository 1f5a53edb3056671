// Which vector extension of the host the numerics use. It changes speed only: every level gives the
// same bits, and the tests hold each of them against kScalar.
#pragma once

#include <cstdint>

namespace npu {

enum class Simd : uint8_t { kScalar, kAvx2, kAvx512 };

// The widest level this host runs.
Simd best_simd();

// The level in use: best_simd() until set_simd() says otherwise.
Simd simd();

// Process-wide. A level this host lacks is an internal error; ask best_simd() first.
void set_simd(Simd level);

}  // namespace npu
