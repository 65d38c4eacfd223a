#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "kernels/requantize.h"
#include "kernels/window.h"

namespace qtool::onednn {

/// Quantized activations: u8 or, if `is_signed`, s8 values.
struct ByteInput {
  const void* data = nullptr;
  bool is_signed = false;
  int32_t zero_point = 0;
};

/// Integer convolution with a constant weight, packed once a layout, and primitives kept by shape.
/// The int32 sums are exact on every CPU, so that results are those of the reference bit by bit.
/// A matrix product is the convolution of a 1 x 1 window in channels-last layout.
///
/// oneDNN is asked for Σ x · w with x in u8 and w in s8 only. What keeps that exact:
/// * s8 activations are stored as x + 128. Padding is written out as the zero point, and
///   zero_point · Σ w is subtracted afterwards, one number a channel.
/// * Without VNNI instructions oneDNN adds pairs of products in 16 bits, which saturates for
///   |w| > 64; and it brings sums to float, which is exact up to 2^24. The weight is therefore
///   written as a sum of as many parts as it takes (one, or two for a full-range weight without
///   VNNI; up to three or four where a zero point widens w beyond 8 bits). The parts are further
///   output channels of the same primitive, and their results are added up in int32.
/// See "Nuances of int8 Computations" in oneDNN's documentation.
///
/// Not for use by two threads at once.
class IntegerConv {
 public:
  /// Packs `weight` [out_channels, in_channels / groups, kernel...], zero point subtracted, in
  /// [−255, 255]. Of `shape` only channels, groups and the kernel matter. Empty if sums are so
  /// long that they cannot be kept exact. `layout` is that of x and y.
  static std::optional<IntegerConv> pack(const ConvShape& shape, const int32_t* weight,
                                         Layout layout);
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
  explicit IntegerConv(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qtool::onednn
