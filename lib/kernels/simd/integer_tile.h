#pragma once

#include <cstdint>

// Between the walk over an integer convolution and the kernels that multiply.
namespace qtool::simd {

/// Neighbouring int16 that are multiplied with weights, `offset` behind where a window begins.
struct Piece {
  int64_t offset;
  int64_t pairs;  // of int16
};

/// Products of windows with the weights of neighbouring channels:
/// sums[i, c] (+)= Σ x[starts[i] + k] · w[k, c] over all k of the pieces, wrapping around.
struct TileRun {
  const int16_t* x;
  const int64_t* starts;  // [windows], in x
  int64_t windows;
  const Piece* pieces;
  int64_t piece_count;
  const int32_t* weights;  // [pairs of all pieces, vectors, lanes], two int16 a lane
  int64_t vectors;         // of channels, 1 or kTileVectors
  bool accumulate;         // add to what is in sums
  int32_t* sums;           // [windows, stride]
  int64_t stride;
};

/// Vectors of channels whose sums are in registers at a time.
constexpr int64_t kTileVectors = 2;

/// The lanes of a vector of int32 of the instruction set in use.
int64_t tile_lanes();
using TileKernel = void (*)(const TileRun&);
TileKernel tile_kernel();

/// y[i] = x[i] − zero_point for u8 or s8 x.
using WidenKernel = void (*)(const uint8_t* x, int32_t zero_point, int64_t count, int16_t* y);
WidenKernel widen_kernel(bool is_signed);

}  // namespace qtool::simd
