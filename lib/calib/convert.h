#pragma once

#include "calib/reader.h"

namespace qtool {

/// Whether arrays of type `from` can feed an input of type `to`: the same type; integers and bool
/// to any integer or float type of 32 or 64 bits that holds every value exactly; floats to wider
/// floats; and float64, NumPy's default, to float32 with rounding.
bool converts(DType from, DType to);

/// The elements as type `to`; the tensor itself if it is of that type. `converts` must hold.
/// Throws Error if an integer does not fit.
Tensor convert(const Tensor& tensor, DType to);

/// Applies the formula of Normalization to a float32 tensor [N, C, …]; a tensor of rank below 2 has
/// one channel. Throws Error if there is neither one entry of mean and std nor one per channel.
Tensor normalize(const Tensor& tensor, const Normalization& normalization);

/// Throws Error if a float tensor holds NaN or Inf.
void check_finite(const Tensor& tensor);

}  // namespace qtool
