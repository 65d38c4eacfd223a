#pragma once

#include <vector>

#include "kernels/window.h"

namespace qtool::testing {

/// What makes a two-dimensional convolution. The height of the input is two more than its width.
struct ConvCase {
  int64_t batch, groups, in_channels, out_channels, width, kernel, stride, dilation;
  int64_t pad_begin, pad_end;
};

/// Covers groups, depthwise, odd channels, strides, dilation, uneven padding and batches.
inline const std::vector<ConvCase>& conv_cases() {
  static const std::vector<ConvCase> kCases = {
      {1, 1, 1, 1, 5, 3, 1, 1, 0, 0},     {1, 1, 3, 16, 12, 3, 2, 1, 1, 1},
      {2, 1, 16, 32, 9, 1, 1, 1, 0, 0},   {3, 1, 17, 13, 7, 3, 1, 1, 1, 1},
      {1, 2, 8, 12, 8, 3, 1, 1, 1, 0},    {2, 3, 9, 6, 10, 3, 1, 2, 2, 2},
      {1, 16, 16, 16, 11, 3, 1, 1, 1, 1}, {2, 13, 13, 13, 8, 3, 2, 1, 0, 1},
      {1, 4, 4, 8, 9, 5, 1, 1, 2, 2},     {1, 1, 8, 24, 15, 5, 3, 1, 2, 1},
      {4, 1, 64, 64, 6, 3, 1, 1, 1, 1},   {1, 1, 5, 7, 13, 3, 1, 3, 3, 3},
      {1, 1, 32, 1, 6, 1, 2, 1, 0, 0},    {1, 8, 8, 8, 6, 2, 1, 1, 1, 2},
  };
  return kCases;
}

inline int64_t conv_output(int64_t input, const ConvCase& c) {
  return (input + c.pad_begin + c.pad_end - c.dilation * (c.kernel - 1) - 1) / c.stride + 1;
}

inline ConvShape conv_shape(const ConvCase& c) {
  const int64_t height = c.width + 2;
  return {.window = {.rank = 2,
                     .input = {1, height, c.width},
                     .kernel = {1, c.kernel, c.kernel},
                     .output = {1, conv_output(height, c), conv_output(c.width, c)},
                     .stride = {1, c.stride, c.stride},
                     .dilation = {1, c.dilation, c.dilation},
                     .pad_begin = {0, c.pad_begin, c.pad_begin},
                     .pad_end = {0, c.pad_end, c.pad_end}},
          .batch = c.batch,
          .groups = c.groups,
          .in_channels = c.in_channels,
          .out_channels = c.out_channels};
}

inline int64_t input_count(const ConvShape& s) {
  return s.batch * s.in_channels * volume(s.window.input);
}
inline int64_t weight_count(const ConvShape& s) {
  return s.out_channels * (s.in_channels / s.groups) * volume(s.window.kernel);
}
inline int64_t output_count(const ConvShape& s) {
  return s.batch * s.out_channels * volume(s.window.output);
}

}  // namespace qtool::testing
