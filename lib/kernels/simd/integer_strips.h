#pragma once

#include <cstdint>
#include <vector>

#include "kernels/byte_input.h"
#include "kernels/simd/integer_tile.h"
#include "kernels/simd/winograd.h"
#include "kernels/window.h"

// How IntegerConv cuts a convolution: images into strips of rows, what a window sees into runs.
namespace qtool::simd {

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The values under a window, in runs that lie together in a widened input.
struct Runs {
  int64_t count;
  int64_t length;
  int64_t pairs() const { return divide_up(length, 2); }  // the last one may have a zero weight
};
Runs find_runs(const ConvShape& shape);

/// Strips of neighbouring rows of the output, along the first axis where there are several. The
/// input that they see is widened to int16 [sizes..., channels of a group], with zeros for padding.
/// Where windows are of one pixel, the pixels in between are left out.
struct Strips {
  std::size_t axis;
  int64_t rows;         // of the output
  int64_t at_once;      // of a strip; the last one may have fewer
  int64_t row_pixels;   // windows of a row
  Window::Sizes pick;   // from one pixel of the widened input to the next, in x
  Window::Sizes step;   // from one window to the next, in the widened input
  Window::Sizes sizes;  // of the widened input of a strip
  WinogradTiles tiles;  // of a strip, if its tiles are transformed

  /// `block` channels are computed at a time.
  Strips(const ConvShape& shape, int64_t block, bool is_winograd);
  int64_t windows() const { return at_once * row_pixels; }
  /// The tiles of a strip of fewer rows.
  WinogradTiles tiles_of(int64_t rows) const;
};

/// Widens the input of strips.
class Widen {
 public:
  /// Into `to`, which has room for one element more than a strip. All arguments must outlive this.
  Widen(const ConvShape& shape, const Strips& strips, bool is_signed, int32_t zero_point,
        int16_t* to);
  /// x: the channels of a group in the first pixel of an image. The strip begins at row `row` of
  /// the output.
  void strip(const uint8_t* x, int64_t row, int64_t rows) const;

 private:
  void line(const uint8_t* x, int64_t first, int64_t count, int16_t* to) const;

  const ConvShape& shape_;
  const Strips& strips_;
  WidenKernel kernel_;
  int32_t zero_point_;
  int64_t channels_;  // of a group
  int16_t* to_;
};

/// Where the windows of a strip begin in its widened input.
void find_starts(const ConvShape& shape, const Strips& strips, int64_t* starts);

/// What a window sees in a widened input, cut so that the weights of a cut stay in the first cache.
std::vector<std::vector<Piece>> cut_runs(const ConvShape& shape, const Strips& strips);

}  // namespace qtool::simd
