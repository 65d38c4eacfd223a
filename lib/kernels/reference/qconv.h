#pragma once

#include <cstdint>

#include "kernels/window.h"

namespace qtool::reference {

/// Integer convolution of x [batch, in_channels, input...] with w [out_channels,
/// in_channels / groups, kernel...] to acc [batch, out_channels, output...]. Both inputs have had
/// their zero points subtracted, so that padding is 0.
/// acc = bias[c] + Σ x · w in int32; `bias` [out_channels] may be null.
void integer_conv(const ConvShape& shape, const int32_t* x, const int32_t* w, const int32_t* bias,
                  int32_t* acc);

}  // namespace qtool::reference
