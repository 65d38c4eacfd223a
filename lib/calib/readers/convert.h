#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// x' = (x · scale − mean[c]) / std[c] along axis 1, in float32; how stored bytes become what a
/// model takes. One entry for all channels or one each.
struct Normalization {
  float scale = 1;
  std::vector<float> mean = {0};
  std::vector<float> std = {1};
};

/// Whether arrays of type `from` can feed an input of type `to`: the same type; integers and bool
/// to any integer or float type of 32 or 64 bits that holds every value exactly; floats to wider
/// floats; and float64, NumPy's default, to float32 with rounding.
bool converts(DType from, DType to);

/// The elements as type `to`; the tensor itself if it is of that type. `converts` must hold.
/// Throws Error if an integer does not fit.
Tensor convert(const Tensor& tensor, DType to);

/// [N, H, W, C] as [N, C, H, W]: a copy. The elements take 8 to 64 bits.
Tensor channels_first(const Tensor& tensor);

/// Applies the formula of Normalization to a float32 tensor [N, C, …]; a tensor of rank below 2 has
/// one channel. Throws Error if there is neither one entry of mean and std nor one per channel.
Tensor normalize(const Tensor& tensor, const Normalization& normalization);

/// False if a float tensor holds NaN or Inf.
bool all_finite(const Tensor& tensor);

}  // namespace qtool
