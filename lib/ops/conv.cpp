#include "kernels/onednn/conv.h"

#include <algorithm>
#include <memory>

#include "kernels/reference/conv.h"
#include "ops/fused.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

// A Conv node, also a fused one.
struct ConvNode {
  WindowAttributes window;
  int64_t groups;
  ClipRange clip;
};

ConvNode read_conv(const BindContext& context) {
  return {read_window(context), context.attribute<int64_t>("group", 1), read_clip(context)};
}

// The bias, or null. Throws Error unless it has an element for each of `channels`.
const Tensor* read_bias(const KernelCall& call, int64_t channels) {
  if (!call.has(2)) return nullptr;
  const Tensor& bias = call.input(2);
  require_same_type(call.input(0), bias);
  if (bias.shape() != Shape{channels})
    fail("bias {} must be [{}]", to_string(bias.shape()), channels);
  return &bias;
}

template <class T>
const T* data_or_null(const Tensor* tensor) {
  return tensor == nullptr ? nullptr : tensor->data<T>();
}

Kernel bind_reference_conv(const BindContext& context) {
  return [node = read_conv(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& w = call.input(1);
    require_same_type(x, w);
    const ConvShape shape = resolve_conv(node.window, node.groups, x.shape(), w.shape());
    const Tensor* bias = read_bias(call, shape.out_channels);
    const Shape y_shape = window_output_shape(shape.batch, shape.out_channels, shape.window);
    Tensor& y = call.output(0, x.dtype(), y_shape);
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::conv(shape, x.data<T>(), w.data<T>(), data_or_null<T>(bias), y.mutable_data<T>());
    });
    apply_clip(node.clip, y);
  };
}

Kernel bind_onednn_conv(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const ConvNode node = read_conv(context);
  const auto conv = std::make_shared<onednn::Conv>(context.constant(1) != nullptr, node.clip);
  return [node, conv](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& w = call.input(1);
    require_same_type(x, w);
    const ConvShape shape = resolve_conv(node.window, node.groups, x.shape(), w.shape());
    const Tensor* bias = read_bias(call, shape.out_channels);
    const Shape y_shape = window_output_shape(shape.batch, shape.out_channels, shape.window);
    Tensor& y = call.output(0, DType::kFloat32, y_shape);
    if (y.size() == 0) return;
    conv->run(shape, x.data<float>(), w.data<float>(), data_or_null<float>(bias),
              y.mutable_data<float>());
  };
}

// What else a ConvTranspose node says.
struct TransposeNode {
  WindowAttributes window;
  int64_t groups;
  std::vector<int64_t> output_padding;
  std::vector<int64_t> output_shape;  // its spatial axes
};

// Padding and output size of one axis. `input` is x's size. The window is that of the convolution
// that would lead from the output back to x.
void resolve_transposed_axis(const TransposeNode& node, std::size_t i, std::size_t axis,
                             Window& window) {
  using AutoPad = WindowAttributes::AutoPad;
  const AutoPad auto_pad = node.window.auto_pad;
  const bool same = auto_pad == AutoPad::kSameUpper || auto_pad == AutoPad::kSameLower;
  const int64_t extra = node.output_padding.empty() ? 0 : node.output_padding[i];
  const int64_t full = window.stride[axis] * (window.output[axis] - 1) + extra +
                       window.dilation[axis] * (window.kernel[axis] - 1) + 1;
  if (node.output_shape.empty() && !same) {
    const std::vector<int64_t>& pads = node.window.pads;
    if (auto_pad == AutoPad::kNotSet && !pads.empty()) {
      window.pad_begin[axis] = pads[i];
      window.pad_end[axis] = pads[pads.size() / 2 + i];
    }
    window.input[axis] = full - window.pad_begin[axis] - window.pad_end[axis];
    return;
  }
  window.input[axis] =
      node.output_shape.empty() ? window.output[axis] * window.stride[axis] : node.output_shape[i];
  const int64_t total = std::max<int64_t>(0, full - window.input[axis]);
  window.pad_begin[axis] = auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
  window.pad_end[axis] = total - window.pad_begin[axis];
}

void check_transpose(const TransposeNode& node, const Shape& x, const Shape& w) {
  if (x.size() < 3 || x.size() > 5 || w.size() != x.size())
    fail("input {} and weight {} must have the same rank, with one to three spatial axes",
         to_string(x), to_string(w));
  if (node.groups < 1 || w[0] != x[1] || x[1] % node.groups != 0)
    fail("weight {} does not fit input {} with {} groups", to_string(w), to_string(x), node.groups);
  const std::size_t rank = x.size() - 2;
  for (const auto* values :
       {&node.window.strides, &node.window.dilations, &node.output_padding, &node.output_shape})
    if (!values->empty() && values->size() != rank)
      fail("attribute {} must have {} entries", to_string(*values), rank);
  if (!node.window.pads.empty() && node.window.pads.size() != 2 * rank)
    fail("pads {} must have {} entries", to_string(node.window.pads), 2 * rank);
}

ConvShape resolve_transpose(const TransposeNode& node, const Shape& x, const Shape& w) {
  check_transpose(node, x, w);
  const std::size_t rank = x.size() - 2;
  Window window{.rank = static_cast<int>(rank)};
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t axis = 3 - rank + i;
    window.output[axis] = x[2 + i];
    window.kernel[axis] = w[2 + i];
    if (!node.window.strides.empty()) window.stride[axis] = node.window.strides[i];
    if (!node.window.dilations.empty()) window.dilation[axis] = node.window.dilations[i];
    resolve_transposed_axis(node, i, axis, window);
  }
  return {window, x[0], node.groups, w[1] * node.groups, x[1]};
}

TransposeNode read_transpose(const BindContext& context) {
  auto shape = context.attribute<std::vector<int64_t>>("output_shape", {});
  const std::size_t rank = context.attribute<std::vector<int64_t>>("kernel_shape", {}).size();
  if (rank > 0 && shape.size() == rank + 2) shape.erase(shape.begin(), shape.begin() + 2);
  return {read_window(context), context.attribute<int64_t>("group", 1),
          context.attribute<std::vector<int64_t>>("output_padding", {}), std::move(shape)};
}

Kernel bind_conv_transpose(const BindContext& context) {
  return [node = read_transpose(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& w = call.input(1);
    require_same_type(x, w);
    const ConvShape shape = resolve_transpose(node, x.shape(), w.shape());
    const Tensor* bias = read_bias(call, shape.in_channels);
    Shape y_shape = {shape.batch, shape.in_channels};
    y_shape.insert(y_shape.end(), shape.window.input.end() - shape.window.rank,
                   shape.window.input.end());
    Tensor& y = call.output(0, x.dtype(), y_shape);
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::conv_transpose(shape, x.data<T>(), w.data<T>(), data_or_null<T>(bias),
                                y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> conv_ops() {
  static const std::vector<Role> kRoles = {Role::kActivation, Role::kWeight, Role::kBias};
  static const std::vector<Binding> kBindings = {{Provider::kOneDnn, bind_onednn_conv},
                                                 {Provider::kReference, bind_reference_conv}};
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"",
       "Conv",
       kBindings,
       {.inputs = kRoles,
        .weight_axis = [](const Node&) { return 0; },
        .qoperator = "QLinearConv"}},
      {kInternalDomain, "FusedConv", kBindings},
      reference_op("ConvTranspose", bind_conv_transpose,
                   {.inputs = kRoles, .weight_axis = [](const Node&) { return 1; }}),
  });
  return kOps;
}

}  // namespace qtool
