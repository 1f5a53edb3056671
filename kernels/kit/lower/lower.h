// The way from a recorded body to a Program.
#pragma once

#include "isa/errors.h"
#include "isa/program/program.h"
#include "kernels/kit/recorder.h"

namespace npu::kit {

// Checks the body and lowers it for both kinds of core.
Program lower(Recorder& recorder);

// Gives every ring and buffer its address; throws InputError where a memory is too small.
void give_addresses(Recorder& recorder);
// Makes loads into the slots that feed_bias and feed_table read write rows instead of fractals.
void settle_layouts(Recorder& recorder, Block& block);

}  // namespace npu::kit
