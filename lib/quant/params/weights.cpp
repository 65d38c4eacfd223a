#include "quant/params/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/shapes.h"
#include "quant/params/weight_ranges.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

Tensor as_floats(const Tensor& weight) {
  const DType dtype = weight.dtype();
  if (dtype != DType::kFloat32 && dtype != DType::kFloat16 && dtype != DType::kBFloat16 &&
      dtype != DType::kFloat64)
    fail("a weight of type {} is not to be quantized", name(dtype));
  return cast(weight, DType::kFloat32);
}

// The elements that share parameters, in the order of QuantParams::scale.
class Slices {
 public:
  Slices(const Tensor& weight, const QuantParams& params)
      : weight_(as_floats(weight)),
        split_(params.per_tensor() ? AxisSplit{1, 1, weight_.size()}
                                   : split_at(weight_.shape(), params.axis)),
        block_(params.block) {}

  // Calls body(std::span<const float>) for each.
  template <class Body>
  void for_each(const Body& body) {
    if (block_ == 0 && split_.outer == 1) return for_each_row(body);
    data_ = finite(0, weight_.size());
    if (block_ == 0)
      for (int64_t i = 0; i < split_.axis; ++i) body(channel(i));
    else
      for (int64_t o = 0; o < split_.outer; ++o)
        for (int64_t first = 0; first < split_.axis; first += block_)
          for (int64_t j = 0; j < split_.inner; ++j) body(block(o, first, j));
  }

 private:
  using Slice = std::span<const float>;

  // Channels that lie one behind the other, some at a time.
  template <class Body>
  void for_each_row(const Body& body) {
    constexpr int64_t kElementsAtOnce = 1 << 16;
    const auto inner = static_cast<std::size_t>(split_.inner);
    const int64_t at_once =
        std::max<int64_t>(kElementsAtOnce / std::max<int64_t>(split_.inner, 1), 1);
    for (int64_t first = 0; first < split_.axis; first += at_once) {
      const int64_t count = std::min(at_once, split_.axis - first);
      const float* rows = finite(first * split_.inner, count * split_.inner);
      for (int64_t i = 0; i < count; ++i) body(Slice(rows + i * split_.inner, inner));
    }
  }

  // Elements [first, first + count); throws if one is not finite.
  const float* finite(int64_t first, int64_t count) {
    const float* data = weight_.part(first, count, buffer_);
    const float* bad =
        std::find_if_not(data, data + count, [](float x) { return std::isfinite(x); });
    if (bad != data + count)
      fail("element {} of shape {} is {} in float32", first + (bad - data),
           to_string(weight_.shape()), *bad);
    return data;
  }

  Slice row(int64_t outer, int64_t i) const {
    return {data_ + (outer * split_.axis + i) * split_.inner,
            static_cast<std::size_t>(split_.inner)};
  }
  Slice channel(int64_t i) {
    slice_.clear();
    for (int64_t o = 0; o < split_.outer; ++o)
      slice_.insert(slice_.end(), row(o, i).begin(), row(o, i).end());
    return slice_;
  }
  Slice block(int64_t outer, int64_t first, int64_t inner) {
    const int64_t last = std::min(first + block_, split_.axis);
    slice_.clear();
    for (int64_t i = first; i < last; ++i)
      slice_.push_back(row(outer, i)[static_cast<std::size_t>(inner)]);
    return slice_;
  }

  const Tensor weight_;
  AxisSplit split_;
  int64_t block_;
  const float* data_ = nullptr;  // of all slices but rows
  std::vector<float> buffer_;
  std::vector<float> slice_;  // what does not lie in one piece
};

// The two largest of 0 and the elements of one sign.
struct LargestTwo {
  float first = 0;
  float second = 0;
  void add(float x) {
    if (x > first) std::swap(x, first);
    second = std::max(second, x);
  }
};

// What bounds the scale of an output channel.
struct Extremes {
  static constexpr float kLargestSum = 128;  // of integers whose sum, times 255, fits 16 bits
  LargestTwo positive, negative;

  explicit Extremes(std::span<const float> elements) {
    for (const float x : elements) {
      positive.add(x);
      negative.add(-x);
    }
  }
  float largest_sum() const {
    return std::max(positive.first + positive.second, negative.first + negative.second);
  }
  bool fit(float scale) const {
    const auto sum = [scale](LargestTwo two, float end) {
      return std::min(std::nearbyint(two.first / scale), end) +
             std::min(std::nearbyint(two.second / scale), end);
    };
    return sum(positive, 127) <= kLargestSum && sum(negative, 128) <= kLargestSum;
  }
};

// `scale` if that fits, else the smallest one at which the reals add up to the largest sum: one of a
// pair is then rounded up as far as the other is rounded down. Smaller ones may fit too, but round
// the largest element by half a step.
float fitting_scale(const Extremes& channel, float scale) {
  if (channel.fit(scale)) return scale;
  scale = std::max(scale, channel.largest_sum() / Extremes::kLargestSum);
  while (!channel.fit(scale)) scale = std::nextafter(scale, std::numeric_limits<float>::max());
  return scale;
}

}  // namespace

QuantParams choose_weight_params(const Tensor& weight, const WeightScheme& scheme, int axis,
                                 int block_axis) {
  QuantParams params{.dtype = scheme.dtype};
  if (scheme.block < 0) fail("block size {} is negative", scheme.block);
  if (scheme.block > 0 && block_axis >= 0) {
    params.axis = block_axis;
    params.block = scheme.block;
  } else if (scheme.per_channel) {
    params.axis = axis;
  }
  Slices(weight, params).for_each([&](std::span<const float> elements) {
    const Affine one = choose_slice_params(elements, scheme, weight.dtype());
    params.scale.push_back(one.scale);
    params.zero_point.push_back(one.zero_point);
  });
  return params;
}

void fit_bias(QuantParams& params, const Tensor& weight, const Tensor& bias, float scale_x) {
  QTOOL_ASSERT(params.block == 0);
  constexpr double kLargest = 1 << 30;
  std::vector<float> biases;
  Slices(bias, {}).for_each(
      [&](std::span<const float> elements) { biases.assign(elements.begin(), elements.end()); });
  std::size_t c = 0;
  Slices(weight, params).for_each([&](std::span<const float> elements) {
    double largest = 0;
    for (std::size_t i = 0; i < biases.size(); ++i)
      if (i % params.scale.size() == c) largest = std::max(largest, std::fabs(double{biases[i]}));
    const double needed = std::max(largest / (double{scale_x} * kLargest),
                                   double{std::numeric_limits<float>::min()} / scale_x);
    const bool is_free =
        std::all_of(elements.begin(), elements.end(), [](float x) { return x == 0; });
    if (largest > 0 && (is_free || params.scale[c] < needed))
      params.scale[c] = static_cast<float>(needed);
    ++c;
  });
}

std::size_t fit_pairs(QuantParams& params, const Tensor& weight, int axis) {
  QTOOL_ASSERT(params.dtype == DType::kInt8 &&
               params.zero_point == std::vector<int32_t>(params.scale.size(), 0));
  const std::vector<float> before = params.scale;
  QuantParams channels = params;
  if (params.per_tensor()) channels.axis = axis;
  std::size_t c = 0;
  Slices(weight, channels).for_each([&](std::span<const float> elements) {
    float& scale = params.scale[params.per_tensor() ? 0 : c++];
    scale = fitting_scale(Extremes(elements), scale);
  });
  std::size_t raised = 0;
  for (std::size_t i = 0; i < before.size(); ++i) raised += params.scale[i] != before[i] ? 1 : 0;
  return raised;
}

}  // namespace qtool
