#pragma once

#include <memory>

#include "kernels/clip.h"
#include "kernels/window.h"

namespace qtool::onednn {

/// Float convolution with packed weights and primitives kept by shape. Arrays are row-major.
/// Not for use by two threads at once.
class Conv {
 public:
  /// `constant_weight`: every run passes the same weight, which is packed once a shape.
  Conv(bool constant_weight, ClipRange clip);
  Conv(Conv&&) noexcept;
  ~Conv();

  /// Whether oneDNN has room for the shape: one to three spatial axes, no size of 0 and none that
  /// its 32-bit sizes cannot hold.
  static bool serves(const ConvShape& shape);

  /// y = clip(x * w + bias); `bias` [out_channels] may be null. The shape must be served.
  void run(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qtool::onednn
