#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/window.h"

namespace qtool::onednn {

/// Whether the CPU multiplies and adds bytes without saturating in between.
bool has_vnni();

/// An integer weight as a sum of s8 weights that oneDNN convolves exactly; see IntegerConv.
struct SplitWeight {
  int64_t parts = 1;
  std::vector<int8_t> values;  // [groups, parts, out_channels / groups, in_channels / groups, k...]
  std::vector<int32_t> sums;   // Σ w of each output channel
};

/// Splits `weight` [out_channels, in_channels / groups, kernel...] with values in [−255, 255].
/// Empty if that takes too many parts.
std::optional<SplitWeight> split_weight(const ConvShape& shape, const int32_t* weight, bool vnni);

/// Whether each channel is convolved by itself.
inline bool is_depthwise(const ConvShape& shape) {
  return shape.groups > 1 && shape.groups == shape.in_channels &&
         shape.groups == shape.out_channels;
}

}  // namespace qtool::onednn
