#pragma once

#include <cstdint>

#include "kernels/window.h"

namespace qtool::onednn {

/// Whether `weight` [out_channels, in_channels / groups, kernel...] is of 8 bits, and sums of its
/// products with u8 are of at most 2^24, so that float holds them.
bool has_exact_sums(const ConvShape& shape, const int32_t* weight);

/// Whether each channel is convolved by itself.
inline bool is_depthwise(const ConvShape& shape) {
  return shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

}  // namespace qtool::onednn
