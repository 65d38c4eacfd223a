#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// The classes that an output names for positions [N, ...]: integers of that shape as they are, of float32
/// scores [N, classes, ...] or [N, ..., classes] the best, the first of equal ones, NaN being the worst.
/// (Where both would fit, classes are last in arrays of rank 3 and less and second in others.) Row-major.
/// Throws Error for other types and shapes.
std::vector<int64_t> predicted_classes(const Tensor& output, const Shape& positions);

/// The sequences of numbers that an output of N samples names, N being the first of `labels`: integers
/// [N, ...] row by row, or the best of float32 scores [N, ..., classes]. Without its negative numbers.
/// Throws Error for other types and shapes.
std::vector<std::vector<int64_t>> predicted_sequences(const Tensor& output, const Shape& labels);

}  // namespace qtool
