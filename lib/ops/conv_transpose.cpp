#include <algorithm>

#include "kernels/reference/conv.h"
#include "ops/conv.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

using AutoPad = WindowAttributes::AutoPad;

struct TransposeNode {
  WindowAttributes window;
  int64_t groups;
  std::vector<int64_t> output_padding;
  std::vector<int64_t> output_shape;  // of the spatial axes; empty: follows from the rest
};

TransposeNode read_node(const BindContext& context) {
  return {read_window(context), context.attribute<int64_t>("group", 1),
          read_sizes(context, "output_padding", 0), read_sizes(context, "output_shape", 0)};
}

// The last `count` entries of an attribute that may have been left out. Old models put batch and
// channels in front of output_shape.
std::span<const int64_t> last_entries(const std::vector<int64_t>& values, std::size_t count,
                                      std::string_view name) {
  if (values.empty()) return {};
  if (values.size() != count && !(name == "output_shape" && values.size() == count + 2))
    fail("{} {} must have {} entries", name, to_string(values), count);
  return std::span(values).last(count);
}

// Splits what is cut off the `full` size of an axis into its beginning and its end. If the size
// that is asked for is even larger, the axis goes on with nothing.
void set_padding(Window& window, std::size_t axis, int64_t full, AutoPad auto_pad) {
  const int64_t total = std::max<int64_t>(0, full - window.input[axis]);
  window.pad_begin[axis] = auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
  window.pad_end[axis] = total - window.pad_begin[axis];
}

// The window of the convolution that would lead from the output back to x.
Window resolve_transposed(const TransposeNode& node, const Shape& x,
                          std::span<const int64_t> kernel) {
  const auto padding = last_entries(node.output_padding, kernel.size(), "output_padding");
  const auto sizes = last_entries(node.output_shape, kernel.size(), "output_shape");
  const AutoPad auto_pad = node.window.auto_pad;
  const bool same = auto_pad == AutoPad::kSameUpper || auto_pad == AutoPad::kSameLower;
  Window window = start_window(node.window, kernel);
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const std::size_t axis = window.input.size() - kernel.size() + i;
    window.output[axis] = x[2 + i];
    const int64_t spread = element_count({x[2 + i], window.stride[axis]});
    const int64_t full = spread - window.stride[axis] + (padding.empty() ? 0 : padding[i]) +
                         window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    if (sizes.empty() && !same) {
      window.input[axis] = full - window.pad_begin[axis] - window.pad_end[axis];
    } else {
      window.input[axis] = sizes.empty() ? spread : sizes[i];
      set_padding(window, axis, full, auto_pad);
    }
  }
  return window;
}

ConvShape resolve(const TransposeNode& node, const Shape& x, const Shape& w) {
  const std::span<const int64_t> kernel = kernel_sizes(node.window, x, w);
  if (node.groups < 1 || w[0] != x[1] || x[1] % node.groups != 0)
    fail("weight {} does not fit input {} with {} groups", to_string(w), to_string(x), node.groups);
  return {resolve_transposed(node, x, kernel), x[0], node.groups,
          element_count({w[1], node.groups}), x[1]};
}

Kernel bind_conv_transpose(const BindContext& context) {
  return [node = read_node(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& w = call.input(1);
    require_same_type(x, w);
    const ConvShape shape = resolve(node, x.shape(), w.shape());
    const Tensor* bias = read_bias(call, 2, shape.in_channels);
    Shape y_shape = {shape.batch, shape.in_channels};
    y_shape.insert(y_shape.end(), shape.window.input.end() - shape.window.rank,
                   shape.window.input.end());
    Tensor& y = call.output(0, x.dtype(), y_shape);
    if (y.size() == 0) return;
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::conv_transpose(shape, x.data<T>(), w.data<T>(), data_or_null<T>(bias),
                                y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> conv_transpose_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("ConvTranspose", bind_conv_transpose,
                   {.inputs = {Role::kActivation, Role::kWeight, Role::kBias},
                    .weight_axis = [](const Node&) { return 1; }}),
  });
  return kOps;
}

}  // namespace qtool
