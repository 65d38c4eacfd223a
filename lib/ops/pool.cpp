#include "kernels/reference/pool.h"

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

using MaxPoolTypes = Types<float, double, int8_t, uint8_t>;

WindowAttributes read_pool(const BindContext& context) {
  WindowAttributes attributes = read_window(context);
  if (attributes.kernel_shape.empty()) fail("attribute 'kernel_shape' is missing");
  return attributes;
}

// Row-major indices as they are when the spatial axes of `window` are laid out last axis first.
void to_column_major(const Window& window, int64_t* indices, int64_t count) {
  const auto& [depth, height, width] = window.input;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t in_plane = indices[i] % volume(window.input);
    const int64_t w = in_plane % width;
    const int64_t h = in_plane / width % height;
    const int64_t d = in_plane / width / height;
    indices[i] += (w * height + h) * depth + d - in_plane;
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
    with_type(MaxPoolTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::max_pool(window, x.dim(0) * x.dim(1), x.data<T>(), y.mutable_data<T>(), indices);
    });
    if (indexed && column_major) to_column_major(window, indices, y.size());
  };
}

Kernel bind_average_pool(const BindContext& context) {
  const bool count_padding = context.attribute<int64_t>("count_include_pad", 0) != 0;
  return [attributes = read_pool(context), count_padding](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Window window = resolve_window(attributes, x.shape(), attributes.kernel_shape);
    Tensor& y = call.output(0, x.dtype(), window_output_shape(x.dim(0), x.dim(1), window));
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::average_pool(window, x.dim(0) * x.dim(1), count_padding, x.data<T>(),
                              y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> pool_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("MaxPool", bind_max_pool, {.inputs = {Role::kActivation}, .same_params = true}),
      reference_op(
          "AveragePool", bind_average_pool,
          {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearAveragePool"}),
  });
  return kOps;
}

}  // namespace qtool
