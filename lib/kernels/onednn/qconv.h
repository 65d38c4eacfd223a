#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/byte_input.h"
#include "kernels/requantize.h"
#include "kernels/window.h"

namespace qtool::onednn {

/// Integer convolution with a constant weight, packed once a layout, and primitives kept by shape.
/// A matrix product is the convolution of a 1 x 1 window in channels-last layout.
///
/// oneDNN is asked for Σ x · w with x in u8 and w in s8 only; s8 activations are stored as x + 128.
/// Padding is written out as the zero point, and zero_point · Σ w is subtracted afterwards, one
/// number a channel.
///
/// Not for use by two threads at once.
class IntegerConv {
 public:
  /// Whether results are those of the reference bit by bit, for any x, with a `weight`
  /// [out_channels, in_channels / groups, kernel...], zero point subtracted. Without VNNI
  /// instructions oneDNN adds pairs of products in 16 bits, which saturates, but in depthwise
  /// convolutions; it brings sums to float, which is exact up to 2^24; and w must be of 8 bits.
  /// See "Nuances of int8 Computations" in oneDNN's documentation.
  static bool is_exact(const ConvShape& shape, const int32_t* weight);

  /// Packs such a weight. Of `shape` only channels, groups and the kernel matter. `layout` is that
  /// of x and y.
  IntegerConv(const ConvShape& shape, const int32_t* weight, Layout layout);
  IntegerConv(IntegerConv&&) noexcept;
  ~IntegerConv();

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  std::size_t scratch_bytes(const ConvShape& shape) const;

  /// y = rule(bias[c] + Σ (x − zero_point) · w, c). `bias` [out_channels] may be null.
  /// `shape` has no size of 0. T: uint8_t, int8_t, int32_t, float.
  template <class T>
  void run(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
           const Requantize<T>& rule, std::byte* scratch, T* y);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qtool::onednn
