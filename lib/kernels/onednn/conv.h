#pragma once

#include <memory>

#include "kernels/clip.h"
#include "kernels/window.h"

namespace qtool::onednn {

/// Float convolution with packed weights and primitives kept by shape.
/// Not for use by two threads at once.
class Conv {
 public:
  /// `constant_weight`: every run passes the same weight, which is packed once a layout.
  /// `layout` is that of x, sum and y.
  Conv(bool constant_weight, ClipRange clip, Layout layout);
  Conv(Conv&&) noexcept;
  ~Conv();

  /// Whether oneDNN has room for the shape: at most three spatial axes and sizes below 2^31.
  static bool serves(const ConvShape& shape);

  /// Whether a constant weight is kept, packed: runs then do not read the one that they are given.
  bool has_weight() const;

  struct Inputs {
    const float* x;
    const float* w;
    const float* bias = nullptr;  // [out_channels]; may be null
    const float* sum = nullptr;   // as y; may be null
  };
  /// y = clip(x * w + bias + sum). `shape` has no size of 0.
  void run(const ConvShape& shape, const Inputs& inputs, float* y);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qtool::onednn
