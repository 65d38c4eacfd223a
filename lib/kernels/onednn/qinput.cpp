#include "kernels/onednn/qinput.h"

#include <algorithm>
#include <cstring>

namespace qtool::onednn {

Window::Sizes padded_sizes(const Window& window) {
  Window::Sizes sizes;
  for (std::size_t i = 0; i < 3; ++i)
    sizes[i] =
        (window.output[i] - 1) * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] + 1;
  return sizes;
}

PaddedInput::PaddedInput(const ConvShape& shape, bool channels_last, const ByteInput& x)
    : shape_(shape),
      padded_(padded_sizes(shape.window)),
      channels_last_(channels_last),
      data_(static_cast<const uint8_t*>(x.data)),
      flip_(x.is_signed ? 128 : 0),
      zero_point_(static_cast<uint8_t>(stored_zero_point(x))) {}

bool PaddedInput::is_there() const {
  constexpr Window::Sizes kNone = {0, 0, 0};
  return channels_last_ && flip_ == 0 && padded_ == shape_.window.input &&
         shape_.window.pad_begin == kNone;
}

void PaddedInput::write(uint8_t* out) const {
  const int64_t row = padded_[2] * shape_.in_channels;
  for (int64_t n = 0; n < shape_.batch; ++n)
    for (int64_t i = 0; i < padded_[0]; ++i)
      for (int64_t j = 0; j < padded_[1]; ++j, out += row) write_row(n, i, j, out);
}

// Row (i, j) of image n.
void PaddedInput::write_row(int64_t n, int64_t i, int64_t j, uint8_t* out) const {
  const Window& window = shape_.window;
  const int64_t channels = shape_.in_channels;
  i -= window.pad_begin[0];
  j -= window.pad_begin[1];
  const bool inside = i >= 0 && i < window.input[0] && j >= 0 && j < window.input[1];
  // Columns [first, last) of the padded row lie in x.
  const int64_t begin = window.pad_begin[2];
  const int64_t first = std::clamp<int64_t>(begin, 0, padded_[2]);
  const int64_t last =
      inside ? std::clamp<int64_t>(begin + window.input[2], first, padded_[2]) : first;
  std::memset(out, zero_point_, static_cast<std::size_t>(first * channels));
  std::memset(out + last * channels, zero_point_,
              static_cast<std::size_t>((padded_[2] - last) * channels));
  if (last == first) return;
  const int64_t pixel = (i * window.input[1] + j) * window.input[2] + first - begin;
  copy_pixels(n, pixel, last - first, out + first * channels);
}

// `count` pixels of image n from `pixel` on.
void PaddedInput::copy_pixels(int64_t n, int64_t pixel, int64_t count, uint8_t* out) const {
  const int64_t plane = volume(shape_.window.input);
  const int64_t channels = shape_.in_channels;
  if (channels_last_) {
    const uint8_t* in = data_ + (n * plane + pixel) * channels;
    for (int64_t k = 0; k < count * channels; ++k) out[k] = in[k] ^ flip_;
    return;
  }
  const uint8_t* in = data_ + n * channels * plane + pixel;
  for (int64_t c = 0; c < channels; ++c, in += plane)
    for (int64_t k = 0; k < count; ++k) out[k * channels + c] = in[k] ^ flip_;
}

}  // namespace qtool::onednn
