#pragma once

#include "ops/op.h"

namespace qtool {

/// Input `index` of a convolution: a bias of x's type for each of `channels`; null if it was left
/// out. Throws Error if it has another shape or type.
const Tensor* read_bias(const KernelCall& call, std::size_t index, int64_t channels);

template <class T>
const T* data_or_null(const Tensor* tensor) {
  return tensor == nullptr ? nullptr : tensor->data<T>();
}

}  // namespace qtool
