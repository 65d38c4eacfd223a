#pragma once

#include <cstdint>

#include "kernels/reference/strided_loop.h"

// Normalizations over float or double arrays; sums are taken in double.
namespace qtool::reference {

/// Mean and variance (of the whole population) of each channel of x [batch, channels, inner], both
/// results [channels]; NaN where there is nothing.
template <class T>
void channel_moments(int64_t batch, int64_t channels, int64_t inner, const T* x, double* mean,
                     double* variance);

/// y = x · factor + offset over x [batch, channels, inner], factor and offset [channels].
template <class T>
void scale_channels(int64_t batch, int64_t channels, int64_t inner, const T* x,
                    const double* factor, const double* offset, T* y);

/// Each row of x [rows, inner] with mean 0 and variance 1: (x - mean) / sqrt(variance + epsilon).
/// Not `centered`: with mean square 1, x / sqrt(mean square + epsilon). Also gives, per row, what
/// was subtracted (0 if not centered) and what was multiplied by; both may be null.
template <class T>
void standardize(int64_t rows, int64_t inner, bool centered, double epsilon, const T* x, T* y,
                 double* mean, double* inverse_deviation);

/// (x - mean) / (sqrt(variance) + epsilon) over a loop whose operands are the statistics and x, in
/// which the statistics stand still along the axes that they are taken over. There are `groups` of
/// `count` elements each; y lies as x.
template <class T>
void normalize_groups(const StridedLoop<2>& loop, int64_t groups, int64_t count, double epsilon,
                      const T* x, T* y);

/// x / norm along the middle axis of x [outer, axis, inner], the norm being Σ|x| (p = 1) or
/// sqrt(Σ x²) (p = 2). 0 where the norm is 0.
template <class T>
void lp_normalize(int64_t outer, int64_t axis, int64_t inner, int p, const T* x, T* y);

/// Parameters of ONNX's LRN, under their names there.
struct LocalResponse {
  int64_t size;
  double alpha, beta, bias;
};

/// y = x / (bias + alpha / size · Σ x²) ^ beta over x [batch, channels, inner]. The sum runs over
/// `size` channels around an element's own, floor((size - 1) / 2) before and the rest behind.
template <class T>
void local_response(const LocalResponse& p, int64_t batch, int64_t channels, int64_t inner,
                    const T* x, T* y);

}  // namespace qtool::reference
