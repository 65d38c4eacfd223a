#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>

#include "kernels/byte_input.h"
#include "kernels/requantize.h"
#include "kernels/window.h"

namespace qtool::simd {

/// Integer convolution with a constant weight, packed once a layout. Its int32 sums are exact on
/// every CPU (they wrap around as the reference's do), so that results are those of the reference
/// bit by bit. A matrix product is the convolution of a 1 x 1 window in channels-last layout.
///
/// Bytes of both sides less their zero points are multiplied as pairs of int16: a product of two
/// is at most 255², and two of them are added in int32. The input of some rows of the output at a
/// time is widened, padding being zeros, with its channels last: what a row of the window sees lies
/// together there. Sums of a block of channels are requantized while they are in the cache; blocks
/// are shared among threads. Windows of 3 x 3 that suit it take Winograd's way; see winograd.h.
class IntegerConv {
 public:
  /// Packs `weight` [out_channels, in_channels / groups, kernel...], zero point subtracted, in
  /// [−255, 255], for the instruction set that is in use. Of `shape` only channels, groups, and the
  /// window's kernel, strides and dilations matter. `layout` is that of x and y.
  IntegerConv(const ConvShape& shape, const int32_t* weight, Layout layout);

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  std::size_t scratch_bytes(const ConvShape& shape) const;

  /// y = rule(bias[c] + Σ (x − zero_point) · w, c). `bias` [out_channels] may be null.
  /// `shape` has no size of 0. T: uint8_t, int8_t, int32_t, float.
  template <class T>
  void run(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
           const Requantize<T>& rule, std::byte* scratch, T* y) const;

 private:
  Layout layout_;
  int64_t lanes_;  // channels of a vector
  bool is_winograd_;
  hwy::AlignedFreeUniquePtr<int32_t[]> weights_;  // [groups or kWinograd, tiles, pairs, lanes]
};

}  // namespace qtool::simd
