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

/// Throws Error for an unknown auto_pad, or strides or dilations below 1.
WindowAttributes read_window(const BindContext& context);

/// The window over `input` [N, C, spatial...] with the sizes of the output.
/// `kernel` are the spatial sizes of the weight, or kernel_shape for pooling.
/// Throws Error if ranks disagree, there are no or over three spatial axes, or the window is larger
/// than the padded input.
Window resolve_window(const WindowAttributes& attributes, const Shape& input,
                      std::span<const int64_t> kernel);

/// The convolution of x [N, C, ...] with w [M, C / groups, ...].
/// Throws Error if shapes, groups and attributes do not fit together.
ConvShape resolve_conv(const WindowAttributes& attributes, int64_t groups, const Shape& x,
                       const Shape& w);

/// [batch, channels, output...] of a window.
Shape window_output_shape(int64_t batch, int64_t channels, const Window& window);

}  // namespace qtool
