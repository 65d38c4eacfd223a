#pragma once

#include "kernels/window.h"
#include "ops/op.h"

namespace qtool {

/// How convolution and pooling nodes describe their window, read once from the node.
/// Empty vectors: the attribute was left out.
struct WindowAttributes {
  enum class AutoPad : uint8_t { kNotSet, kSameUpper, kSameLower, kValid };
  AutoPad auto_pad = AutoPad::kNotSet;
  std::vector<int64_t> kernel_shape;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;  // begins, then ends
  bool ceil_mode = false;
};

/// Throws Error for an unknown auto_pad, and for sizes that are negative, 0 (but in pads) or over
/// 2^30.
WindowAttributes read_window(const BindContext& context);
/// Such sizes: those of an attribute, at least `low`. Throws Error, naming it.
std::vector<int64_t> read_sizes(const BindContext& context, std::string_view name, int64_t low);

/// A window over `rank` axes with the kernel, strides, dilations and pads of the attributes; input
/// and output are left for the caller to fill in.
/// Throws Error unless every list has an entry for each axis, and for a kernel outside [1, 2^30].
Window start_window(const WindowAttributes& attributes, std::span<const int64_t> kernel);

/// The window over `input` [N, C, spatial...] with the sizes of the output.
/// `kernel` are the spatial sizes of the weight, or kernel_shape for pooling.
/// Throws Error if ranks disagree, there are no spatial axes, or the window is larger than the
/// padded input.
Window resolve_window(const WindowAttributes& attributes, const Shape& input,
                      std::span<const int64_t> kernel);

/// The spatial sizes of a convolution's weight. Throws Error unless it has as many axes as x and
/// the sizes are those of the attribute, if that is there.
std::span<const int64_t> kernel_sizes(const WindowAttributes& attributes, const Shape& x,
                                      const Shape& w);

/// The convolution of x [N, C, ...] with w [M, C / groups, ...].
/// Throws Error if shapes, groups and attributes do not fit together.
ConvShape resolve_conv(const WindowAttributes& attributes, int64_t groups, const Shape& x,
                       const Shape& w);

/// [batch, channels, output...] of a window.
Shape window_output_shape(int64_t batch, int64_t channels, const Window& window);

}  // namespace qtool
