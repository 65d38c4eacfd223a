#pragma once

#include <cstdint>

// Between the packing of a recurrent layer's matrices and its kernels.
namespace qtool::simd {

/// Floats of a vector of the instruction set in use: 1, 4, 8 or kGateUnits.
int64_t gate_lanes();
/// Whether the instruction set in use multiplies bytes in fours.
bool multiplies_quads();

}  // namespace qtool::simd
