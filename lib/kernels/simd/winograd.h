#pragma once

#include <cstdint>
#include <vector>

#include "kernels/window.h"

// Convolutions of 3 x 3 windows that move by one pixel, F(2 x 2, 3 x 3) of S. Winograd: "Arithmetic
// Complexity of Computations" (1980), as in A. Lavin, S. Gray: "Fast Algorithms for Convolutional
// Neural Networks" (2015). Four outputs of a channel take 16 products instead of 36.
//
// Everything is in whole numbers: Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A for a tile d of 4 x 4 pixels, with
// G of twice the usual entries, so that Y is four times the convolution. That holds for sums that
// wrap around in 32 bits as well, as long as Y itself fits.
namespace qtool::simd {

/// Elements of a transformed tile.
constexpr int64_t kWinograd = 16;

/// Whether the convolution is of that kind, with |x| <= 255, and gains by it.
bool suits_winograd(const ConvShape& shape, const int32_t* weight);

/// G g Gᵀ: [kWinograd, out_channels, in_channels] of a weight [out_channels, in_channels, 3, 3].
std::vector<int32_t> winograd_weight(const ConvShape& shape, const int32_t* weight);

/// Tiles of 2 x 2 outputs. The input has the pixels of whole tiles.
struct WinogradTiles {
  int64_t height;  // of the output
  int64_t width;
  int64_t rows() const { return (height + 1) / 2; }
  int64_t columns() const { return (width + 1) / 2; }
  int64_t count() const { return rows() * columns(); }
  int64_t input_width() const { return 2 * columns() + 2; }
};

/// Bᵀ d B: v [kWinograd, tiles, channels] of x [2 · rows + 2, input_width, channels].
void winograd_input(const WinogradTiles& tiles, int64_t channels, const int16_t* x, int16_t* v);

/// A quarter of Aᵀ m A: y [height, width, channels] of m [kWinograd, tiles, channels]. `channels`
/// is a multiple of the lanes of a vector.
void winograd_output(const WinogradTiles& tiles, int64_t channels, const int32_t* m, int32_t* y);

}  // namespace qtool::simd
