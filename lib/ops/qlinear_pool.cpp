#include <algorithm>
#include <numeric>

#include "base/saturate.h"
#include "kernels/reference/elementwise.h"
#include "kernels/reference/pool.h"
#include "kernels/simd/pool.h"
#include "ops/channels_last.h"
#include "ops/quantized_inputs.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/window.h"

namespace qtool {
namespace {

// Inputs of both operators: x, x_scale, x_zero_point, y_scale, y_zero_point.

// Averages windows of x less its zero point, and requantizes the means.
template <class T>
void pool(KernelCall& call, const Window& window, bool count_padding, Tensor& y) {
  const Tensor& x = call.input(0);
  const int32_t x_zero = read_zero_point(call, 2, x.dtype());
  const Saturate<T> saturate(read_zero_point(call, 4, x.dtype()));
  const float ratio = read_scale(call, 1) / read_scale(call, 3);
  Tensor reals = call.scratch(DType::kFloat32, x.shape());
  Tensor means = call.scratch(DType::kFloat32, y.shape());
  auto* in = reals.mutable_data<float>();
  auto* out = means.mutable_data<float>();
  reference::map(x.data<T>(), in, x.size(),
                 [x_zero](T q) { return static_cast<float>(q - x_zero); });
  reference::average_pool(window, x.dim(0) * x.dim(1), count_padding, in, out);
  reference::map(out, y.mutable_data<T>(), y.size(),
                 [&](float mean) { return saturate(mean * ratio); });
}

Kernel bind_average_pool(const BindContext& context) {
  const bool count_padding = context.attribute<int64_t>("count_include_pad", 0) != 0;
  return [attributes = read_window(context), count_padding](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Window window = resolve_window(attributes, x.shape(), attributes.kernel_shape);
    Tensor& y = call.output(0, x.dtype(), window_output_shape(x.dim(0), x.dim(1), window));
    with_type(ByteTypes{}, x.dtype(),
              [&]<class T>(std::type_identity<T>) { pool<T>(call, window, count_padding, y); });
  };
}

template <class T>
void global_pool(KernelCall& call, int64_t pixels, Tensor& y) {
  const Tensor& x = call.input(0);
  const int64_t zero = pixels * read_zero_point(call, 2, x.dtype());
  const Saturate<T> saturate(read_zero_point(call, 4, x.dtype()));
  const float multiplier = read_scale(call, 1) / (read_scale(call, 3) * static_cast<float>(pixels));
  const T* in = x.data<T>();
  T* out = y.mutable_data<T>();
  for (int64_t i = 0; i < y.size(); ++i, in += pixels)
    out[i] = saturate(static_cast<float>(std::accumulate(in, in + pixels, int64_t{0}) - zero) *
                      multiplier);
}

Kernel bind_global_average_pool(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    Shape shape = x.shape();
    if (shape.size() < 3) fail("input {} must have spatial axes", to_string(shape));
    const int64_t pixels = product(shape, 2, shape.size());
    if (pixels == 0) fail("input {} has no elements to average", to_string(shape));
    std::fill(shape.begin() + 2, shape.end(), 1);
    Tensor& y = call.output(0, x.dtype(), shape);
    with_type(ByteTypes{}, x.dtype(),
              [&]<class T>(std::type_identity<T>) { global_pool<T>(call, pixels, y); });
  };
}

// The mean of windows of a channels-last image.
Kernel bind_simd_average_pool(const BindContext& context) {
  if (read_layout(context) == Layout::kChannelsFirst) return {};
  const WindowAttributes attributes = read_window(context);
  constexpr int64_t kMost = int64_t{1} << 16;  // elements of a window; see simd::average_pool
  int64_t elements = 1;
  for (const int64_t size : attributes.kernel_shape)
    if (size >= kMost || (elements *= size) >= kMost) return {};
  const bool count_padding = context.attribute<int64_t>("count_include_pad", 0) != 0;
  return [attributes, count_padding](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Shape first = to_channels_first(x.shape(), Layout::kChannelsLast);
    const Window window = resolve_window(attributes, first, attributes.kernel_shape);
    const Shape shape = window_output_shape(first[0], first[1], window);
    Tensor& y = call.output(0, x.dtype(), from_channels_first(shape, Layout::kChannelsLast));
    const std::vector<int64_t> sizes = reference::window_sizes(window, count_padding);
    const simd::QuantizedMean rule = {read_zero_point(call, 2, x.dtype()),
                                      read_scale(call, 1) / read_scale(call, 3),
                                      read_zero_point(call, 4, x.dtype())};
    if (y.size() == 0) return;
    with_type(ByteTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      simd::average_pool(window, first[0], first[1], sizes.data(), rule, x.data<T>(),
                         y.mutable_data<T>());
    });
  };
}

Kernel bind_simd_global_average_pool(const BindContext& context) {
  if (read_layout(context) == Layout::kChannelsFirst) return {};
  return
      [reference = bind_channels_first(bind_global_average_pool, context, {0})](KernelCall& call) {
        constexpr int64_t kMost = int64_t{1} << 23;  // see simd::global_average_pool
        const Tensor& x = call.input(0);
        const int64_t pixels = x.rank() < 3 ? 0 : product(x.shape(), 1, x.rank() - 1);
        if (pixels == 0 || pixels >= kMost) return reference(call);
        Shape shape(x.rank(), 1);
        shape.front() = x.shape().front();
        shape.back() = x.shape().back();
        Tensor& y = call.output(0, x.dtype(), shape);
        const simd::QuantizedMean rule = {
            read_zero_point(call, 2, x.dtype()),
            read_scale(call, 1) / (read_scale(call, 3) * static_cast<float>(pixels)),
            read_zero_point(call, 4, x.dtype())};
        with_type(ByteTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
          simd::global_average_pool(shape.front(), pixels, shape.back(), rule, x.data<T>(),
                                    y.mutable_data<T>());
        });
      };
}

OpSpec pool_op(std::string_view op_type, BindFn simd, BindFn reference) {
  return {.domain = "com.microsoft",
          .op_type = op_type,
          .bindings = {{Provider::kSimd, simd}, {Provider::kReference, reference}},
          .images = {0}};
}

}  // namespace

std::span<const OpSpec> qlinear_pool_ops() {
  static const std::vector<OpSpec> kOps = {
      pool_op("QLinearGlobalAveragePool", bind_simd_global_average_pool, bind_global_average_pool),
      pool_op("QLinearAveragePool", bind_simd_average_pool, bind_average_pool),
  };
  return kOps;
}

}  // namespace qtool
