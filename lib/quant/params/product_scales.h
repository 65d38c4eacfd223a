#pragma once

#include <span>
#include <vector>

#include "calib/ranges/range.h"
#include "quant/options.h"

namespace qtool {

/// A weight that multiplies a value with channels: [channels, n], or [n, channels] if transposed.
struct ProductWeight {
  const Tensor* tensor;
  bool transposed;
};

/// Factors f[k] > 0 for the channels of a value x that products read: x[k] / f[k] is quantized, and
/// row k of each weight multiplied by f[k]. They move what is hard to quantize, channels that are
/// much larger than others, from x into the weights:
///
///   f[k] = max|x[k]|^α / max|w[k]|^(1 − α)
///
/// (Xiao et al., "SmoothQuant", 2023), with the α of 0.3, 0.4 … 0.8 that minimises the expected
/// squared error of the products,
///
///   s_x² Σ_k f[k]² Σ_n w[k, n]² + Σ_k (m[k] / f[k])² Σ_n s_w[n]²
///
/// with the steps s_x and s_w that result, and m[k] = max|x[k]| / 4 for the root mean square of
/// channel k. Empty if that is not half of what it is without factors.
std::vector<float> choose_product_factors(std::span<const Range> channels,
                                          std::span<const ProductWeight> weights,
                                          const ActivationScheme& activation,
                                          const WeightScheme& scheme);

}  // namespace qtool
