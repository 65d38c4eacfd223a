#include "ops/conv.h"

#include <memory>

#include "kernels/onednn/conv.h"
#include "kernels/reference/conv.h"
#include "ops/channels_last.h"
#include "ops/fused.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

constexpr std::size_t kX = 0;
constexpr std::size_t kSum = 3;  // of a fused one

// A Conv node, also a fused one: clip(x * w + bias + sum).
struct ConvNode {
  WindowAttributes window;
  int64_t groups;
  ClipRange clip;
  Layout layout;
};

ConvNode read_conv(const BindContext& context) {
  return {read_window(context), context.attribute<int64_t>("group", 1), read_clip(context),
          read_layout(context)};
}

// What follows from the shapes of x and w.
struct ConvSizes {
  Shape x, w;
  ConvShape conv;
  Shape y;
};

ConvSizes sizes_of(const ConvNode& node, Layout layout, const Shape& x, const Shape& w) {
  ConvShape conv = resolve_conv(node.window, node.groups, to_channels_first(x, layout), w);
  Shape y =
      from_channels_first(window_output_shape(conv.batch, conv.out_channels, conv.window), layout);
  return {x, w, std::move(conv), std::move(y)};
}

// A call of Conv: its shapes, checked, and its output.
struct ConvCall {
  const ConvShape& shape;
  const Tensor& x;
  const Tensor& w;
  const Tensor* bias;
  const Tensor* sum;
  Tensor& y;
};

// `sizes` are those of the last call.
ConvCall start_conv(const ConvNode& node, Layout layout, ConvSizes& sizes, KernelCall& call) {
  const Tensor& x = call.input(kX);
  const Tensor& w = call.input(1);
  require_same_type(x, w);
  if (x.shape() != sizes.x || w.shape() != sizes.w)
    sizes = sizes_of(node, layout, x.shape(), w.shape());
  const Tensor* bias = read_bias(call, 2, sizes.conv.out_channels);
  const Tensor* sum = call.has(kSum) ? &call.input(kSum) : nullptr;
  if (sum != nullptr && (sum->dtype() != x.dtype() || sum->shape() != sizes.y))
    fail("input {} cannot be added to {}", to_string(sum->shape()), to_string(sizes.y));
  return {sizes.conv, x, w, bias, sum, call.output(0, x.dtype(), sizes.y)};
}

void run_reference(const ConvNode& node, const ConvCall& c) {
  if (c.y.size() == 0) return;
  with_type(FloatTypes{}, c.x.dtype(), [&]<class T>(std::type_identity<T>) {
    reference::conv(c.shape, c.x.data<T>(), c.w.data<T>(), data_or_null<T>(c.bias),
                    c.y.mutable_data<T>());
  });
  if (c.sum != nullptr) add_in_place(c.y, *c.sum);
  apply_clip(node.clip, c.y);
}

Kernel bind_reference_conv(const BindContext& context) {
  return [node = read_conv(context)](KernelCall& call) {
    ConvSizes sizes;
    run_reference(node, start_conv(node, Layout::kChannelsFirst, sizes, call));
  };
}

Kernel bind_onednn_conv(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const ConvNode node = read_conv(context);
  const auto conv =
      std::make_shared<onednn::Conv>(context.constant(1) != nullptr, node.clip, node.layout);
  const Kernel reference = bind_channels_first(bind_reference_conv, context, {kX, kSum});
  return [node, conv, reference, sizes = ConvSizes()](KernelCall& call) mutable {
    const ConvCall c = start_conv(node, node.layout, sizes, call);
    if (c.x.dtype() != DType::kFloat32 || !onednn::Conv::serves(c.shape)) return reference(call);
    const float* w = conv->has_weight() ? nullptr : c.w.data<float>();
    conv->run(c.shape,
              {c.x.data<float>(), w, data_or_null<float>(c.bias), data_or_null<float>(c.sum)},
              c.y.mutable_data<float>());
    if (conv->has_weight()) call.let_go(1);
  };
}

}  // namespace

const Tensor* read_bias(const KernelCall& call, std::size_t index, int64_t channels) {
  if (!call.has(index)) return nullptr;
  const Tensor& bias = call.input(index);
  require_same_type(call.input(kX), bias);
  if (bias.shape() != Shape{channels})
    fail("bias {} must be [{}]", to_string(bias.shape()), channels);
  return &bias;
}

std::span<const OpSpec> conv_ops() {
  static const std::vector<Binding> kBindings = {{Provider::kOneDnn, bind_onednn_conv},
                                                 {Provider::kReference, bind_reference_conv}};
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"",
       "Conv",
       kBindings,
       {.inputs = {Role::kActivation, Role::kWeight, Role::kBias},
        .weight_axis = [](const Node&) { return 0; },
        .qoperator = "QLinearConv"}},
      {.domain = kInternalDomain,
       .op_type = "FusedConv",
       .bindings = kBindings,
       .images = {kX, kSum}},
  });
  return kOps;
}

}  // namespace qtool
