#include "kernels/reference/window.h"

#include <algorithm>

namespace qtool::reference {
namespace {

// a / b rounded up; b > 0.
int64_t divide_up(int64_t a, int64_t b) { return a > 0 ? (a - 1) / b + 1 : a / b; }

// Input index that output 0 meets with kernel element 0.
int64_t origin(const Window& w, std::size_t axis) { return -w.pad_begin[axis]; }

// Kernel elements [begin, end) that bring an index from `first` on into [low, high).
struct Taps {
  int64_t begin;
  int64_t end;
};
Taps taps_between(const Window& w, std::size_t axis, int64_t first, int64_t low, int64_t high) {
  const int64_t kernel = w.kernel[axis];
  const auto tap = [&](int64_t index) {
    return std::clamp<int64_t>(divide_up(index - first, w.dilation[axis]), 0, kernel);
  };
  return {tap(low), std::max(tap(low), tap(high))};
}

}  // namespace

WindowLoop::WindowLoop(const Window& w) {
  for (std::size_t i = 0; i < w.input.size(); ++i) {
    Axis axis{w.kernel[i], w.input[i], w.output[i], w.stride[i], {}};
    // Elements outside of these meet nothing, whatever the output.
    const int64_t reach = std::max<int64_t>(axis.outputs - 1, 0) * axis.stride;
    const Taps taps = taps_between(w, i, origin(w, i), -reach, axis.inputs);
    for (int64_t k = taps.begin; k < taps.end; ++k) {
      const int64_t offset = origin(w, i) + k * w.dilation[i];
      const auto output = [&](int64_t input) {
        return std::clamp<int64_t>(divide_up(input - offset, axis.stride), 0, axis.outputs);
      };
      const int64_t begin = output(0);
      const int64_t end = output(axis.inputs);
      if (begin < end)
        axis.meetings.push_back({k, begin * axis.stride + offset, begin, end - begin});
    }
    axes_.push_back(std::move(axis));
  }
}

std::vector<int64_t> window_sizes(const Window& w, bool padding) {
  std::vector<int64_t> sizes = {1};
  for (std::size_t i = 0; i < w.input.size(); ++i) {
    const int64_t low = padding ? -w.pad_begin[i] : 0;
    const int64_t high = w.input[i] + (padding ? w.pad_end[i] : 0);
    std::vector<int64_t> longer;
    for (const int64_t size : sizes)
      for (int64_t o = 0; o < w.output[i]; ++o) {
        const Taps taps = taps_between(w, i, origin(w, i) + o * w.stride[i], low, high);
        longer.push_back(size * (taps.end - taps.begin));
      }
    sizes = std::move(longer);
  }
  return sizes;
}

}  // namespace qtool::reference
