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

  /// y = clip(x * w + bias); `bias` [out_channels] may be null. `shape` has no size of 0.
  void run(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qtool::onednn
