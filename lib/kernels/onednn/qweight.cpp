#include "kernels/onednn/qweight.h"

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>

namespace qtool::onednn {
namespace {

constexpr int kMaxParts = 8;

// Part p of n, in whole numbers that add up to w and differ by at most one.
int part(int w, int p, int n) { return w * (p + 1) / n - w * p / n; }

struct Limits {
  int low;
  int high;
};

// Whether part p of n of one channel's weights lies within the limits, and the sums of its products
// with u8 within what float holds exactly.
bool is_exact(const int32_t* w, int64_t count, int p, int n, Limits limits) {
  int64_t positive = 0;
  int64_t negative = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int value = part(w[i], p, n);
    if (value < limits.low || value > limits.high) return false;
    (value > 0 ? positive : negative) += value;
  }
  return 255 * std::max(positive, -negative) <= int64_t{1} << 24;
}

bool all_exact(const ConvShape& shape, const int32_t* weight, int64_t taps, int n, Limits limits) {
  for (int64_t c = 0; c < shape.out_channels; ++c)
    for (int p = 0; p < n; ++p)
      if (!is_exact(weight + c * taps, taps, p, n, limits)) return false;
  return true;
}

}  // namespace

bool has_vnni() {
  using Isa = dnnl::cpu_isa;
  const Isa isa = dnnl::get_effective_cpu_isa();
  constexpr Isa kWithout[] = {Isa::sse41, Isa::avx, Isa::avx2, Isa::avx512_core};
  return std::find(std::begin(kWithout), std::end(kWithout), isa) == std::end(kWithout);
}

std::optional<SplitWeight> split_weight(const ConvShape& shape, const int32_t* weight, bool vnni) {
  const int64_t taps = shape.in_channels / shape.groups * volume(shape.window.kernel);
  // A depthwise primitive widens before it multiplies, whatever the CPU.
  const Limits limits = vnni || is_depthwise(shape) ? Limits{-128, 127} : Limits{-64, 64};
  int n = 1;
  while (!all_exact(shape, weight, taps, n, limits))
    if (++n > kMaxParts) return std::nullopt;
  SplitWeight result{.parts = n};
  const int64_t group_size = shape.out_channels / shape.groups * taps;
  for (int64_t g = 0; g < shape.groups; ++g)
    for (int p = 0; p < n; ++p)
      for (int64_t i = g * group_size; i < (g + 1) * group_size; ++i)
        result.values.push_back(static_cast<int8_t>(part(weight[i], p, n)));
  for (int64_t c = 0; c < shape.out_channels; ++c) {
    int32_t sum = 0;
    for (int64_t i = 0; i < taps; ++i) sum += weight[c * taps + i];
    result.sums.push_back(sum);
  }
  return result;
}

}  // namespace qtool::onednn
