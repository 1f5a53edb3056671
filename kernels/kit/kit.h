// The kernel kit: everything that a kernel's source includes. See docs/kit.md.
#pragma once

#include "kernels/kit/dim.h"
#include "kernels/kit/kernel.h"
#include "kernels/kit/prefetch.h"
#include "kernels/kit/ring.h"
#include "kernels/kit/scalar.h"
#include "kernels/kit/signal.h"
#include "kernels/kit/tensor.h"
#include "kernels/kit/tile.h"
#include "kernels/kit/vec.h"
