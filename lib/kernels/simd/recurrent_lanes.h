#pragma once

// Between the packing of a recurrent layer's matrices and its kernels.
namespace qtool::simd {

/// Whether the instruction set in use multiplies bytes in fours.
bool multiplies_quads();

}  // namespace qtool::simd
