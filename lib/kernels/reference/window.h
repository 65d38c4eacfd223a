#pragma once

#include <algorithm>

#include "kernels/window.h"

namespace qtool::reference {

/// Outputs [begin, end) of one axis for which kernel element `k` meets an element of the input
/// rather than padding, and the input index that output `begin` meets.
struct Span {
  int64_t begin;
  int64_t end;
  int64_t input;
};
inline Span outputs_of(const Window& w, std::size_t axis, int64_t k) {
  const int64_t stride = w.stride[axis];
  const int64_t offset = k * w.dilation[axis] - w.pad_begin[axis];  // input index of output 0
  const int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t last = w.input[axis] - 1 - offset;
  const int64_t end = last < 0 ? 0 : std::min(w.output[axis], last / stride + 1);
  return {begin, std::max(begin, end), begin * stride + offset};
}

/// Calls row(tap, input, output, count) for every kernel element `tap` and every run of outputs
/// along the last axis: output + i meets input + i · stride[2], for i in [0, count). All are
/// row-major indices into kernel, input and output. What falls into padding is left out.
template <class Row>
void each_window_row(const Window& w, Row row) {
  int64_t tap = 0;
  for (int64_t kd = 0; kd < w.kernel[0]; ++kd)
    for (int64_t kh = 0; kh < w.kernel[1]; ++kh)
      for (int64_t kw = 0; kw < w.kernel[2]; ++kw, ++tap) {
        const Span d = outputs_of(w, 0, kd);
        const Span h = outputs_of(w, 1, kh);
        const Span x = outputs_of(w, 2, kw);
        if (x.begin == x.end) continue;
        for (int64_t i = d.begin; i < d.end; ++i)
          for (int64_t j = h.begin; j < h.end; ++j) {
            const int64_t in_d = d.input + (i - d.begin) * w.stride[0];
            const int64_t in_h = h.input + (j - h.begin) * w.stride[1];
            row(tap, (in_d * w.input[1] + in_h) * w.input[2] + x.input,
                (i * w.output[1] + j) * w.output[2] + x.begin, x.end - x.begin);
          }
      }
}

}  // namespace qtool::reference
