#pragma once

#include "ir/graph.h"

namespace qtool {

/// How an array on disk is cut into samples: equal parts, one after the other.
struct Cut {
  int64_t count = 0;
  Shape sample;  // shape of one sample as the model takes it
  bool operator==(const Cut&) const = default;
};

/// Cuts an array for an input whose axis 0 is the batch of k rows (1 if the model leaves it free):
///   [n · k, …] gives n samples of k rows, and one of none if k = 0 and the array is empty;
///   […], without the batch axis, gives one sample if k = 1;
///   [n, k, …], stacked on an axis of its own, gives n samples.
/// An input of unknown rank gets one row of axis 0 a sample.
/// Throws Error with the expected and the actual shape if none applies.
Cut cut_array(const Shape& array, const ValueType& input);

/// The type of a stored array for an input [N, C, H, W] whose data lie as [N, H, W, C]; inputs of
/// another rank, or of none, stay as they are.
ValueType channels_last(ValueType input);

/// Sample `index` of the array, as a view of it. The element type has at least 8 bits.
Tensor sample_of(const Tensor& array, const Cut& cut, int64_t index);

}  // namespace qtool
