#include "runtime/validate/tile_copy.h"

#include <fmt/format.h>

#include "isa/assembler/assembler.h"

namespace npu {

namespace {

// r2 matrix, r3 this core, r6 cores, r7 tiles, r8 tiles in a row of tiles, r9 the tile, r10 its
// step, r11 how many are left, r20.. sizes
constexpr const char* kHead = R"(
        ld.u64.gm r2, [r1+@p0]
        csr.group r3
        csr.groups r6
)";
constexpr const char* kVectorHead = R"(
        csr.vectors r4
        csr.vector r5
        mul r3, r3, r4
        add r3, r3, r5
        mul r6, r6, r4
)";
constexpr const char* kSharedOrder = R"(
        mv r9, r3                        ; tiles r3, r3 + cores, ...
        mv r10, r6
        sub r11, r7, r3
        add r11, r11, r6
        sub r11, r11, 1
        div r11, r11, r6
)";
constexpr const char* kWholeOrder = R"(
        mul r9, r7, START                ; all tiles, from one on and round
        div r9, r9, r6
        li r10, 1
        mv r11, r7
)";
// To the next tile; where all are read, round at the end.
constexpr const char* kSharedNext = "add r9, r9, r10\n";
constexpr const char* kWholeNext = "addwrap r9, r10, r0, r7\n";
constexpr const char* kLoop = R"(
        b.le r11, r0, done
next:   div r12, r9, r8
        rem r13, r9, r8
        mul r12, r12, r20                ; first row and column
        mul r13, r13, r21
        sub r14, r22, r12                ; extents, less at the edge
        min r14, r14, r20
        sub r15, r23, r13
        min r15, r15, r21
        mul r12, r12, r24
        shl r13, r13, 1
        add r12, r12, r13
        add r12, r12, r2
)";
constexpr const char* kEnd = R"(
        addwrap r25, r26, r0, r27
        sub r11, r11, 1
        b.gt r11, r0, next
done:   sub r28, r28, 1
        b.gt r28, r0, again
        halt
)";

}  // namespace

Program tile_copy(const TileCopy& c) {
  const int64_t slot = c.cube ? (c.tile_rows + 15) / 16 * 16 * ((c.tile_cols + 15) / 16 * 32)
                              : c.tile_rows * ((c.tile_cols * 2 + 31) / 32 * 32);
  const int64_t across = (c.cols + c.tile_cols - 1) / c.tile_cols;
  const int64_t tiles = across * ((c.rows + c.tile_rows - 1) / c.tile_rows);
  const int64_t room = c.cube ? 524288 : 180224;
  const int64_t pitch = c.cube ? (c.tile_rows + 15) / 16 * 512 : (c.tile_cols * 2 + 31) / 32 * 32;
  std::string text = ".program tile_copy\n.param int p0\n";
  text += c.cube ? ".cube\n" : ".vector\n";
  text += kHead;
  if (!c.cube) text += kVectorHead;
  const auto constant = [&](int reg, int64_t value) {
    text += fmt::format("li r{}, {}\n", reg, value);
  };
  constant(7, tiles);
  constant(8, across);
  constant(20, c.tile_rows);
  constant(21, c.tile_cols);
  constant(22, c.rows);
  constant(23, c.cols);
  constant(24, c.cols * 2);
  constant(25, 0);
  constant(26, slot);
  constant(27, 2 * slot <= room ? 2 * slot : slot);
  constant(28, c.rounds);
  constant(29, pitch);
  text += "again:\n";
  const bool shared = c.order == TileCopy::Order::kShared;
  std::string order = shared ? kSharedOrder : kWholeOrder;
  if (const size_t at = order.find("START"); at != std::string::npos) {
    order.replace(at, 5, c.order == TileCopy::Order::kSame ? "r0" : "r3");
  }
  text += order + kLoop;
  text += c.cube ? "load.l1.f16.fractal" : "load.ub.f16";
  text += " dst=r25, src=r12, rows=r14, cols=r15, dst_pitch=r29, src_pitch=r24\n";
  text += shared ? kSharedNext : kWholeNext;
  text += kEnd;
  return assemble(text, "tile_copy.npuasm");
}

}  // namespace npu
