#include "kernels/reference/pool.h"

#include "kernels/simd/pool.h"
#include "ops/channels_last.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

namespace ref = reference;

using MaxPoolTypes = Types<float, double, int8_t, uint8_t>;

WindowAttributes read_pool(const BindContext& context) {
  WindowAttributes attributes = read_window(context);
  if (attributes.kernel_shape.empty()) fail("attribute 'kernel_shape' is missing");
  return attributes;
}

// Row-major indices as they are when the spatial axes of `window` are laid out last axis first.
void to_column_major(const Window& window, int64_t* indices, int64_t count) {
  const Window::Sizes& sizes = window.input;
  for (int64_t i = 0; i < count; ++i) {
    if (indices[i] < 0) continue;
    int64_t row_major = indices[i] % volume(sizes);
    int64_t column_major = 0;
    indices[i] -= row_major;
    for (std::size_t axis = sizes.size(); axis-- > 0; row_major /= sizes[axis])
      column_major += row_major % sizes[axis] * product(sizes, 0, axis);
    indices[i] += column_major;
  }
}

Kernel bind_max_pool(const BindContext& context) {
  const bool column_major = context.attribute<int64_t>("storage_order", 0) != 0;
  return [attributes = read_pool(context), column_major](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Window window = resolve_window(attributes, x.shape(), attributes.kernel_shape);
    const Shape shape = window_output_shape(x.dim(0), x.dim(1), window);
    Tensor& y = call.output(0, x.dtype(), shape);
    const bool indexed = call.output_count() > 1;
    int64_t* const indices =
        indexed ? call.output(1, DType::kInt64, shape).mutable_data<int64_t>() : nullptr;
    if (y.size() == 0) return;
    with_type(MaxPoolTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::max_pool(window, x.dim(0) * x.dim(1), x.data<T>(), y.mutable_data<T>(), indices);
    });
    if (indexed && column_major) to_column_major(window, indices, y.size());
  };
}

// MaxPool of x [N, spatial..., C].
Kernel bind_nhwc_max_pool(const BindContext& context) {
  return through_channels_first(bind_max_pool(context), {0});
}

// Pools the planes of x by pool(window, planes, x, y), on floats.
template <class Pool>
Kernel plane_pool(const BindContext& context, Pool pool) {
  return [attributes = read_pool(context), pool](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Window window = resolve_window(attributes, x.shape(), attributes.kernel_shape);
    Tensor& y = call.output(0, x.dtype(), window_output_shape(x.dim(0), x.dim(1), window));
    if (y.size() == 0) return;
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      pool(window, x.dim(0) * x.dim(1), x.data<T>(), y.mutable_data<T>());
    });
  };
}

Kernel bind_average_pool(const BindContext& context) {
  const bool padding = context.attribute<int64_t>("count_include_pad", 0) != 0;
  return plane_pool(context, [padding](const Window& w, int64_t planes, const auto* x, auto* y) {
    ref::average_pool(w, planes, padding, x, y);
  });
}

Kernel bind_lp_pool(const BindContext& context) {
  const auto p = static_cast<double>(context.attribute<int64_t>("p", 2));
  return plane_pool(context, [p](const Window& w, int64_t planes, const auto* x, auto* y) {
    ref::lp_pool(w, planes, p, x, y);
  });
}

// The window is as large as the input.
Kernel bind_global_lp_pool(const BindContext& context) {
  const auto p = static_cast<double>(context.attribute<int64_t>("p", 2));
  return [p](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() < 3) fail("input {} has no spatial axes", to_string(x.shape()));
    Shape shape(x.rank(), 1);
    std::copy_n(x.shape().begin(), 2, shape.begin());
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    const int64_t pixels = product(x.shape(), 2, x.rank());
    const Window window{.rank = 1, .input = {1, 1, pixels}, .kernel = {1, 1, pixels}};
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::lp_pool(window, y.size(), p, x.data<T>(), y.mutable_data<T>());
    });
  };
}

// Pools a channels-last image by pool(window, batch, channels, x, y), if its type is in the list.
template <class TypeList, class Pool>
Kernel channels_last_pool(const BindContext& context, TypeList types, Pool pool) {
  if (read_layout(context) == Layout::kChannelsFirst || context.node.outputs.size() > 1 ||
      !is_one_of(types, context.dtype(0)))
    return {};
  return [attributes = read_pool(context), types, pool](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Shape first = to_channels_first(x.shape(), Layout::kChannelsLast);
    const Window window = resolve_window(attributes, first, attributes.kernel_shape);
    const Shape shape = window_output_shape(first[0], first[1], window);
    Tensor& y = call.output(0, x.dtype(), from_channels_first(shape, Layout::kChannelsLast));
    if (y.size() == 0) return;
    with_type(types, x.dtype(), [&]<class T>(std::type_identity<T>) {
      pool(window, first[0], first[1], x.data<T>(), y.mutable_data<T>());
    });
  };
}

Kernel bind_simd_max_pool(const BindContext& context) {
  return channels_last_pool(context, Types<float, uint8_t, int8_t>{},
                            [](const Window& window, int64_t batch, int64_t channels, const auto* x,
                               auto* y) { simd::max_pool(window, batch, channels, x, y); });
}

Kernel bind_simd_average_pool(const BindContext& context) {
  const bool padding = context.attribute<int64_t>("count_include_pad", 0) != 0;
  return channels_last_pool(
      context, Types<float>{},
      [padding](const Window& w, int64_t batch, int64_t channels, const float* x, float* y) {
        simd::average_pool(w, batch, channels, ref::window_sizes(w, padding).data(), x, y);
      });
}

OpSpec channels_last_op(std::string_view op_type, BindFn simd, BindFn reference) {
  return {.domain = kInternalDomain,
          .op_type = op_type,
          .bindings = {{Provider::kSimd, simd}, {Provider::kReference, reference}},
          .images = {0}};
}

}  // namespace

std::span<const OpSpec> pool_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("MaxPool", bind_max_pool, {.inputs = {Role::kActivation}, .same_params = true}),
      reference_op(
          "AveragePool", bind_average_pool,
          {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearAveragePool"}),
      channels_last_op("MaxPool", bind_simd_max_pool, bind_max_pool),
      channels_last_op("AveragePool", bind_simd_average_pool, bind_average_pool),
      reference_op("LpPool", bind_lp_pool),
      reference_op("GlobalLpPool", bind_global_lp_pool),
      {"com.microsoft", "NhwcMaxPool", {{Provider::kReference, bind_nhwc_max_pool}}},
  });
  return kOps;
}

}  // namespace qtool
