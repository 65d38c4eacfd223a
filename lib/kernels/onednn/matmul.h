#pragma once

#include <memory>

#include "kernels/clip.h"
#include "kernels/matmul_shape.h"

namespace qtool::onednn {

/// Float matrix product with packed b and primitives kept by shape. Arrays are row-major.
/// Not for use by two threads at once.
class MatMul {
 public:
  /// `constant_b`: every run passes the same b, which is packed once a layout.
  explicit MatMul(bool constant_b);
  MatMul(MatMul&&) noexcept;
  ~MatMul();

  /// Whether a constant b is kept, packed: runs then do not read the one that they are given.
  bool has_b() const;

  /// What happens to the product: clip(alpha · (a · b + bias)).
  struct Epilogue {
    float alpha = 1;
    ClipRange clip;
  };

  /// Whether oneDNN has room for the shape: no size of 0 and at most ten batch axes.
  static bool serves(const MatMulShape& shape);

  /// `bias` [n] may be null. The shape must be served.
  void run(const MatMulShape& shape, const Epilogue& epilogue, const float* a, const float* b,
           const float* bias, float* y);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qtool::onednn
