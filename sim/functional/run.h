// The meaning of each command, one overload each; families are explicit instances in
// the vector files. Extents are not 0, operands are valid, data is real. Private to sim/functional.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/functional/state.h"

namespace npu::detail {

void run(const Place& place, const Load<Value>& command);
void run(const Place& place, const LoadRows<Value>& command);
void run(const Place& place, const Fill<Value>& command);
void run(const Place& place, const Feed<Value>& command);
void run(const Place& place, const FeedScale<Value>& command);
void run(const Place& place, const FeedBias<Value>& command);
void run(const Place& place, const FeedTable<Value>& command);
void run(const Place& place, const Drain<Value>& command);
void run(const Place& place, const Store<Value>& command);
void run(const Place& place, const StoreRows<Value>& command);
void run(const Place& place, const Mma<Value>& command);
void run(const Place& place, const MmaScaled<Value>& command);

template <class Op>
void run(const Place& place, const VectorUnary<Value, Op>& command);
template <class Op>
void run(const Place& place, const VectorBinary<Value, Op>& command);
template <class Op>
void run(const Place& place, const VectorReduce<Value, Op>& command);

void run(const Place& place, const Vcopy<Value>& command);
void run(const Place& place, const Vfma<Value>& command);
void run(const Place& place, const Vcmp<Value>& command);
void run(const Place& place, const Vselect<Value>& command);
void run(const Place& place, const Vband<Value>& command);
void run(const Place& place, const Vcount<Value>& command);
void run(const Place& place, const Vscan<Value>& command);
void run(const Place& place, const Viota<Value>& command);
void run(const Place& place, const Vconvert<Value>& command);
void run(const Place& place, const Vtranspose<Value>& command);
void run(const Place& place, const Vzip<Value>& command);
void run(const Place& place, const Vunzip<Value>& command);
void run(const Place& place, const Vgather<Value>& command);
void run(const Place& place, const VgatherRows<Value>& command);
void run(const Place& place, const Vscatter<Value>& command);
void run(const Place& place, const Vcompress<Value>& command);
void run(const Place& place, const Vsort<Value>& command);
void run(const Place& place, const Vmerge<Value>& command);
void run(const Place& place, const Vhistogram<Value>& command);

}  // namespace npu::detail
