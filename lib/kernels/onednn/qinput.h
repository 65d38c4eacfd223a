#pragma once

#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>

#include "kernels/onednn/qconv.h"
#include "kernels/window.h"

// Only for .cpp files of this folder.
namespace qtool::onednn {

/// The zero point once s8 values are stored as x + 128.
inline int32_t stored_zero_point(const ByteInput& x) {
  return x.zero_point + (x.is_signed ? 128 : 0);
}

/// Sizes of the input with its padding, as far as windows reach.
Window::Sizes padded_sizes(const Window& window);

/// The last entries of `sizes` behind those of `dims`: one for each spatial axis, at least two, as
/// oneDNN's convolutions are best in 2-D.
dnnl::memory::dims with_spatial(dnnl::memory::dims dims, const Window& window,
                                const Window::Sizes& sizes);

/// Brings the input of a convolution of one shape, x [batch, channels, spatial...] or
/// channels-last, to what oneDNN gets: u8 [batch, padded spatial..., channels], the padding being
/// the zero point.
class PaddedInput {
 public:
  PaddedInput(const ConvShape& shape, bool channels_last);

  /// Bytes of the buffer that `prepare` writes to.
  std::size_t bytes() const { return bytes_; }
  /// The prepared input: `buffer`, or x itself where nothing is to be done.
  void* prepare(const ByteInput& x, uint8_t* buffer);

 private:
  void copy_rows(const uint8_t* from, uint8_t* to) const;
  void transpose(uint8_t* from, uint8_t* to);

  std::size_t bytes_;
  bool is_padded_ = false;     // or cut
  bool is_reordered_ = false;  // or one of the above
  bool is_channels_last_ = false;
  dnnl::memory::dims seen_;  // [batch, channels, spatial...] of the part of x that windows see
  dnnl::memory::dims from_strides_;
  dnnl::memory::dims to_strides_;
  int64_t from_offset_ = 0;  // of the first element of x that is used
  int64_t to_offset_ = 0;    // where it goes
  // Channels-first x only; rows of channels-last ones are copied.
  dnnl::memory from_;
  dnnl::memory to_;
  dnnl::reorder reorder_;
};

}  // namespace qtool::onednn
