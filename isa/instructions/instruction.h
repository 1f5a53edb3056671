// The ISA as one variant, in two forms: `Instruction`, as encoded, with register numbers; and
// `Command`, a queue instruction as it was issued, with the registers' values. Everything that
// treats all instructions alike visits these.
#pragma once

#include <type_traits>
#include <variant>

#include "isa/instructions/cube.h"
#include "isa/instructions/movement.h"
#include "isa/instructions/scalar.h"
#include "isa/instructions/sync.h"
#include "isa/instructions/vector.h"

namespace npu {

namespace detail {
template <class... Ts>
struct TypeList {};

template <class R>
using QueueTypes =
    TypeList<Set<R>, Wait<R>, SetWord<R>, WaitWord<R>, Load<R>, LoadRows<R>, Fill<R>, Feed<R>,
             FeedScale<R>, FeedBias<R>, FeedTable<R>, Drain<R>, Store<R>, StoreRows<R>, Mma<R>,
             MmaScaled<R>, Vcopy<R>, Vabs<R>, Vneg<R>, Vrelu<R>, Vexp<R>, Vln<R>, Vsqrt<R>,
             Vrsqrt<R>, Vrec<R>, Vnot<R>, Vhash<R>, Vadd<R>, Vsub<R>, Vmul<R>, Vdiv<R>, Vmax<R>,
             Vmin<R>, Vand<R>, Vor<R>, Vxor<R>, Vshl<R>, Vshr<R>, Vfma<R>, Vcmp<R>, Vselect<R>,
             Vband<R>, VrowSum<R>, VrowMax<R>, VrowMin<R>, VrowAbsmax<R>, VrowArgmax<R>, VcolSum<R>,
             VcolMax<R>, Vcount<R>, Vscan<R>, Viota<R>, Vconvert<R>, Vtranspose<R>, Vzip<R>,
             Vunzip<R>, Vgather<R>, VgatherRows<R>, Vscatter<R>, Vcompress<R>, Vsort<R>, Vmerge<R>,
             Vhistogram<R>>;
using ScalarTypes =
    TypeList<Li, Add, Sub, Mul, Mulh, Div, Rem, Min, Max, And, Or, Xor, Shl, Shr, Sar, Fadd, Fsub,
             Fmul, Fdiv, Cmp, Fcmp, Fcvt, AddWrap, Branch, Jump, Call, Ret, Ld, St, CacheControl,
             AtomicRmw, ReadCsr, Await, Barrier, Print, Trap, Halt>;

template <class... Lists>
struct Join;
template <class... A>
struct Join<TypeList<A...>> {
  using type = std::variant<A...>;
};
template <class... A, class... B>
struct Join<TypeList<A...>, TypeList<B...>> {
  using type = std::variant<A..., B...>;
};
}  // namespace detail

// Any instruction as encoded.
using Instruction = detail::Join<detail::ScalarTypes, detail::QueueTypes<Reg>>::type;

// A queue instruction as issued.
using Command = detail::Join<detail::QueueTypes<Value>>::type;

// True for instructions that go to a unit's queue; Set, Wait and their word forms do when their
// unit is not the sequencer.
template <class I>
inline constexpr bool kHasSync = requires(I i) {
  i.sync;
};
template <class I>
inline constexpr bool kNamesUnit = requires(I i) {
  i.unit;
};

// The unit that carries out an instruction or command.
template <class I>
constexpr Unit unit_of(const I& instruction) {
  if constexpr (kNamesUnit<I>) {
    return std::is_same_v<I, Await> ? Unit::kSequencer : instruction.unit;
  } else {
    return I::info.unit;
  }
}

}  // namespace npu
