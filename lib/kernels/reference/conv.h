#pragma once

#include "kernels/window.h"

namespace qtool::reference {

/// y[n, m] = bias[m] + Σ_c x[n, c] * w[m, c], summed in double. `bias` may be null.
/// For float and double.
template <class T>
void conv(const ConvShape& shape, const T* x, const T* w, const T* bias, T* y);

/// The transposed convolution: x and y change places. `shape` is the convolution that would make
/// x [batch, out_channels, output...] from y [batch, in_channels, input...]; the weight
/// [out_channels, in_channels / groups, kernel...] and `bias` [in_channels] go with it.
template <class T>
void conv_transpose(const ConvShape& shape, const T* x, const T* w, const T* bias, T* y);

}  // namespace qtool::reference
