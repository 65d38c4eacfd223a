#include "kernels/onednn/qweight.h"

#include <algorithm>

namespace qtool::onednn {
namespace {

// The same for one channel.
bool has_exact_sum(const int32_t* w, int64_t count) {
  int64_t positive = 0;
  int64_t negative = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (w[i] < -128 || w[i] > 127) return false;
    (w[i] > 0 ? positive : negative) += w[i];
  }
  return 255 * std::max(positive, -negative) <= int64_t{1} << 24;
}

}  // namespace

bool has_exact_sums(const ConvShape& shape, const int32_t* weight) {
  const int64_t taps = shape.in_channels / shape.groups * volume(shape.window.kernel);
  for (int64_t c = 0; c < shape.out_channels; ++c)
    if (!has_exact_sum(weight + c * taps, taps)) return false;
  return true;
}

}  // namespace qtool::onednn
