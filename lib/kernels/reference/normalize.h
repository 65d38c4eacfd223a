#pragma once

#include <cstdint>

// Normalizations over float or double arrays; sums are taken in double.
namespace qtool::reference {

/// y = (x - mean) / sqrt(variance + epsilon) · scale + bias over x [batch, channels, inner], all
/// else [channels].
template <class T>
void batch_normalization(int64_t batch, int64_t channels, int64_t inner, float epsilon, const T* x,
                         const T* scale, const T* bias, const T* mean, const T* variance, T* y);

/// Each row of x [outer, inner] brought to mean 0 and variance 1, then · scale + bias [inner].
/// `bias` may be null, and so may `mean` and `inverse_deviation` [outer], which are results.
template <class T>
void layer_normalization(int64_t outer, int64_t inner, float epsilon, const T* x, const T* scale,
                         const T* bias, T* y, float* mean, float* inverse_deviation);

}  // namespace qtool::reference
