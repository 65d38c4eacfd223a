#pragma once

#include <cstdint>

#include "kernels/window.h"

namespace qtool::onednn {

/// Quantized activations: u8 or, if `is_signed`, s8 values.
struct ByteInput {
  const void* data = nullptr;
  bool is_signed = false;
  int32_t zero_point = 0;
};

/// The zero point once s8 values are stored as x + 128.
inline int32_t stored_zero_point(const ByteInput& x) {
  return x.zero_point + (x.is_signed ? 128 : 0);
}

/// Sizes of the input with its padding, as far as windows reach.
Window::Sizes padded_sizes(const Window& window);

/// The input of a convolution, x [batch, channels, spatial...] or channels-last, as oneDNN gets it:
/// u8 [batch, padded spatial..., channels], the padding being the zero point.
class PaddedInput {
 public:
  /// `shape` outlives this.
  PaddedInput(const ConvShape& shape, bool channels_last, const ByteInput& x);

  /// Whether x is already as it should be.
  bool is_there() const;
  void write(uint8_t* out) const;

 private:
  void write_row(int64_t n, int64_t i, int64_t j, uint8_t* out) const;
  void copy_pixels(int64_t n, int64_t pixel, int64_t count, uint8_t* out) const;

  const ConvShape& shape_;
  Window::Sizes padded_;
  bool channels_last_;
  const uint8_t* data_;
  uint8_t flip_;  // turns s8 into x + 128
  uint8_t zero_point_;
};

}  // namespace qtool::onednn
