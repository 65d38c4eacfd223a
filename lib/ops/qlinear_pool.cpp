#include <algorithm>
#include <numeric>

#include "base/saturate.h"
#include "kernels/reference/pool.h"
#include "ops/quantized_inputs.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/window.h"

namespace qtool {
namespace {

// Inputs of both operators: x, x_scale, x_zero_point, y_scale, y_zero_point.

// Copies [batch, rows, columns] to [batch, columns, rows], each element by `convert`.
template <class From, class To, class Convert>
void transpose(int64_t batch, int64_t rows, int64_t columns, const From* x, To* y,
               const Convert& convert) {
  for (int64_t n = 0; n < batch; ++n, x += rows * columns, y += rows * columns)
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) y[j * rows + i] = convert(x[i * columns + j]);
}

// The shape [N, C, spatial...] of a tensor whose channels may be its last axis.
Shape channels_first(Shape shape, bool channels_last) {
  if (channels_last && shape.size() > 2)
    std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  return shape;
}
Shape channels_last(Shape shape, bool wanted) {
  if (wanted && shape.size() > 2) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

// Averages windows of x less its zero point, and requantizes the means.
template <class T>
void pool(KernelCall& call, const Window& window, bool count_padding, bool last, Tensor& y) {
  const Tensor& x = call.input(0);
  const Shape x_shape = channels_first(x.shape(), last);
  const auto [batch, channels] = std::pair(x_shape[0], x_shape[1]);
  const int64_t pixels = volume(window.input);
  const int64_t results = volume(window.output);
  const int32_t x_zero = read_zero_point(call, 2, x.dtype());
  const Saturate<T> saturate(read_zero_point(call, 4, x.dtype()));
  const float ratio = read_scale(call, 1) / read_scale(call, 3);

  Tensor reals = call.scratch(DType::kFloat32, x_shape);
  Tensor means = call.scratch(DType::kFloat32, {batch, channels, results});
  auto* in = reals.mutable_data<float>();
  const auto center = [x_zero](T q) { return static_cast<float>(q - x_zero); };
  const auto finish = [&](float mean) { return saturate(mean * ratio); };
  transpose(batch, last ? pixels : 1, last ? channels : channels * pixels, x.data<T>(), in, center);
  reference::average_pool(window, batch * channels, count_padding, in, means.mutable_data<float>());
  transpose(batch, last ? channels : 1, last ? results : channels * results, means.data<float>(),
            y.mutable_data<T>(), finish);
}

void pool(KernelCall& call, const Window& window, bool count_padding, bool last) {
  const Tensor& x = call.input(0);
  const Shape x_shape = channels_first(x.shape(), last);
  const Shape shape = window_output_shape(x_shape[0], x_shape[1], window);
  Tensor& y = call.output(0, x.dtype(), channels_last(shape, last));
  with_type(ByteTypes{}, x.dtype(),
            [&]<class T>(std::type_identity<T>) { pool<T>(call, window, count_padding, last, y); });
}

Kernel bind_average_pool(const BindContext& context) {
  const bool last = context.attribute<int64_t>("channels_last", 0) != 0;
  const bool count_padding = context.attribute<int64_t>("count_include_pad", 0) != 0;
  return [attributes = read_window(context), last, count_padding](KernelCall& call) {
    const Shape x = channels_first(call.input(0).shape(), last);
    pool(call, resolve_window(attributes, x, attributes.kernel_shape), count_padding, last);
  };
}

// Σ x over the pixels of each channel; x is [pixels, channels] if `last`, else [channels, pixels].
template <class T>
void sum_pixels(const T* x, int64_t channels, int64_t pixels, bool last, int64_t* sums) {
  for (int64_t c = 0; c < channels; ++c)
    sums[c] = last ? 0 : std::accumulate(x + c * pixels, x + (c + 1) * pixels, int64_t{0});
  for (int64_t p = 0; last && p < pixels; ++p)
    for (int64_t c = 0; c < channels; ++c) sums[c] += x[p * channels + c];
}

template <class T>
void global_pool(KernelCall& call, int64_t channels, int64_t pixels, bool last, Tensor& y) {
  const Tensor& x = call.input(0);
  const int64_t zero = pixels * read_zero_point(call, 2, x.dtype());
  const Saturate<T> saturate(read_zero_point(call, 4, x.dtype()));
  const float multiplier = read_scale(call, 1) / (read_scale(call, 3) * static_cast<float>(pixels));
  Tensor sums = call.scratch(DType::kInt64, {channels});
  auto* sum = sums.mutable_data<int64_t>();
  const T* in = x.data<T>();
  T* out = y.mutable_data<T>();
  for (; out != y.data<T>() + y.size(); in += channels * pixels, out += channels) {
    sum_pixels(in, channels, pixels, last, sum);
    for (int64_t c = 0; c < channels; ++c)
      out[c] = saturate(static_cast<float>(sum[c] - zero) * multiplier);
  }
}

Kernel bind_global_average_pool(const BindContext& context) {
  const bool last = context.attribute<int64_t>("channels_last", 0) != 0;
  return [last](KernelCall& call) {
    const Tensor& x = call.input(0);
    Shape shape = channels_first(x.shape(), last);
    if (shape.size() < 3) fail("input {} must have spatial axes", to_string(shape));
    const int64_t pixels = product(shape, 2, shape.size());
    if (pixels == 0) fail("input {} has no elements to average", to_string(shape));
    std::fill(shape.begin() + 2, shape.end(), 1);
    Tensor& y = call.output(0, x.dtype(), channels_last(shape, last));
    with_type(ByteTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      global_pool<T>(call, shape[1], pixels, last, y);
    });
  };
}

}  // namespace

std::span<const OpSpec> qlinear_pool_ops() {
  static const std::vector<OpSpec> kOps = {
      {"com.microsoft",
       "QLinearGlobalAveragePool",
       {{Provider::kReference, bind_global_average_pool}}},
      {"com.microsoft", "QLinearAveragePool", {{Provider::kReference, bind_average_pool}}},
  };
  return kOps;
}

}  // namespace qtool
