#include "kernels/onednn/qinput.h"

#include <algorithm>
#include <cstring>

#include "kernels/onednn/engine.h"

namespace qtool::onednn {
namespace {

// Offset of spatial position `at` in an array of these strides [batch, channels, spatial...].
int64_t offset_of(const Dims& strides, const Window& window, const Window::Sizes& at) {
  const Dims position = with_spatial({0, 0}, window, at);
  int64_t offset = 0;
  for (std::size_t i = 0; i < position.size(); ++i) offset += position[i] * strides[i];
  return offset;
}

}  // namespace

Window::Sizes padded_sizes(const Window& window) {
  Window::Sizes sizes(3);
  for (std::size_t i = 0; i < 3; ++i)
    sizes[i] =
        (window.output[i] - 1) * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] + 1;
  return sizes;
}

Dims with_spatial(Dims dims, const Window& window, const Window::Sizes& sizes) {
  dims.insert(dims.end(), sizes.end() - std::max(window.rank, 2), sizes.end());
  return dims;
}

PaddedInput::PaddedInput(const ConvShape& shape, bool channels_last) {
  const Window& window = shape.window;
  const Window::Sizes padded = padded_sizes(window);
  // The part of x that windows see, and where it begins in x and in the padded input.
  Window::Sizes seen(3);
  Window::Sizes from(3);
  Window::Sizes to(3);
  for (std::size_t i = 0; i < 3; ++i) {
    const int64_t begin = window.pad_begin[i];
    to[i] = std::clamp<int64_t>(begin, 0, padded[i]);
    seen[i] = std::clamp<int64_t>(begin + window.input[i], to[i], padded[i]) - to[i];
    from[i] = std::max<int64_t>(-begin, 0);
  }
  const Dims head = {shape.batch, shape.in_channels};
  const Dims x_dims = with_spatial(head, window, window.input);
  const Dims padded_dims = with_spatial(head, window, padded);
  const Dims x_strides =
      channels_last ? channels_last_strides(x_dims) : plain(DataType::u8, x_dims).get_strides();
  const Dims padded_strides = channels_last_strides(padded_dims);
  bytes_ = static_cast<std::size_t>(shape.batch * shape.in_channels * volume(padded));
  is_padded_ = seen != padded;
  is_reordered_ = !channels_last || is_padded_ || padded != window.input;
  from_offset_ = offset_of(x_strides, window, from);
  to_offset_ = offset_of(padded_strides, window, to);
  seen_ = with_spatial(head, window, seen);
  from_strides_ = x_strides;
  to_strides_ = padded_strides;
  is_channels_last_ = channels_last;
  if (channels_last || volume(seen) == 0) return;
  from_ = wrap({seen_, DataType::u8, x_strides}, nullptr);
  to_ = wrap({seen_, DataType::u8, padded_strides}, nullptr);
  reorder_ = dnnl::reorder(from_, to_);
}

// Pixels of the last axis lie together on both sides; before the rows there is an axis of planes if
// there are three spatial ones.
void PaddedInput::copy_rows(const uint8_t* from, uint8_t* to) const {
  const auto bytes = static_cast<std::size_t>(seen_.back() * seen_[1]);
  const std::size_t last = seen_.size() - 2;
  const int64_t planes = last > 2 ? seen_[2] : 1;
  const auto offset = [last](const Dims& strides, int64_t n, int64_t plane, int64_t row) {
    return n * strides[0] + plane * strides[2] + row * strides[last];
  };
  for (int64_t n = 0; n < seen_[0]; ++n)
    for (int64_t plane = 0; plane < planes; ++plane)
      for (int64_t row = 0; row < seen_[last]; ++row)
        std::memcpy(to + offset(to_strides_, n, plane, row),
                    from + offset(from_strides_, n, plane, row), bytes);
}

void PaddedInput::transpose(uint8_t* from, uint8_t* to) {
  if (!reorder_) return;
  from_.set_data_handle(from);
  to_.set_data_handle(to);
  reorder_.execute(stream(), from_, to_);
}

void* PaddedInput::prepare(const ByteInput& x, uint8_t* buffer) {
  auto* data = static_cast<uint8_t*>(const_cast<void*>(x.data));
  if (!is_reordered_ && !x.is_signed) return data;
  // Bytes are moved first and then turned from s8 into x + 128, which flips the upper bit.
  if (is_padded_) std::memset(buffer, x.zero_point, bytes_);
  if (is_channels_last_)
    copy_rows(data + from_offset_, buffer + to_offset_);
  else
    transpose(data + from_offset_, buffer + to_offset_);
  for (std::size_t i = 0; x.is_signed && i < bytes_; ++i) buffer[i] ^= 0x80;
  return buffer;
}

}  // namespace qtool::onednn
