#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// How the numbers of x are parted into tokens and heads: [batch, length, heads, size], or [batch,
/// heads, length, size] with `heads_first`.
struct HeadsShape {
  int64_t batch, length, heads, size;
  bool heads_first;
};

/// Makes y the heads of x, each rotated by the angles whose cosines and sines [..., n] stand in the
/// row that `rows` [batch, length] names for its token; the first 2 · n numbers of a head are
/// (see reference::rotate). Throws Error if they do not fit or a row is not there.
void rotate_heads(const HeadsShape& shape, bool interleaved, const std::vector<int64_t>& rows,
                  const Tensor& x, const Tensor& cosines, const Tensor& sines, Tensor& y);

}  // namespace qtool
