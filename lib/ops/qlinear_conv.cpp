#include <memory>

#include "kernels/onednn/qconv.h"
#include "kernels/reference/qconv.h"
#include "kernels/simd/depthwise.h"
#include "kernels/simd/integer_conv.h"
#include "ops/channels_last.h"
#include "ops/quantized_inputs.h"
#include "ops/registry.h"
#include "ops/window.h"

namespace qtool {
namespace {

// Where ConvInteger, QLinearConv and ConvIntegerToFloat have the inputs that they share.
struct Slots {
  std::size_t x;
  std::size_t x_zero_point;
  std::size_t w;
  std::size_t w_zero_point;
};
constexpr Slots kConvInteger = {0, 2, 1, 3};
constexpr Slots kQLinearConv = {0, 2, 3, 5};
constexpr Slots kConvIntegerToFloat = {0, 4, 1,
                                       5};  // scales in between, as in MatMulIntegerToFloat

const Tensor* optional_input(const KernelCall& call, std::size_t index) {
  return call.has(index) ? &call.input(index) : nullptr;
}

// Axes behind the output channels of a convolution's weight.
std::size_t axes_after_channels(const Tensor& w) { return w.rank() == 0 ? 0 : w.rank() - 1; }

// The reference's way from the inputs to y, by a Requantize.
struct ReferenceConv {
  Slots slots;

  template <class T>
  void operator()(KernelCall& call, const ConvShape& shape, const int32_t* bias,
                  const Requantize<T>& rule, T* y) const {
    const Tensor& x = call.input(slots.x);
    const Tensor& w = call.input(slots.w);
    const int64_t pixels = volume(shape.window.output);
    read_zero_point(call, slots.x_zero_point, x.dtype());
    Tensor x32 = call.scratch(DType::kInt32, x.shape());
    Tensor w32 = call.scratch(DType::kInt32, w.shape());
    Tensor acc = call.scratch(DType::kInt32, {shape.batch, shape.out_channels, pixels});
    center(x, optional_input(call, slots.x_zero_point), 0, x32);
    center(w, optional_input(call, slots.w_zero_point), axes_after_channels(w), w32);
    reference::integer_conv(shape, x32.data<int32_t>(), w32.data<int32_t>(), bias,
                            acc.mutable_data<int32_t>());
    requantize(acc.data<int32_t>(), shape.batch, shape.out_channels, pixels, rule, y);
  }
};

// oneDNN's or our own, with a packed weight.
template <class Conv>
struct PackedConv {
  Slots slots;
  std::shared_ptr<Conv> conv;

  template <class T>
  void operator()(KernelCall& call, const ConvShape& shape, const int32_t* bias,
                  const Requantize<T>& rule, T* y) const {
    const Tensor& x = call.input(slots.x);
    Tensor scratch =
        call.scratch(DType::kUInt8, {static_cast<int64_t>(conv->scratch_bytes(shape))});
    const ByteInput bytes = {x.raw(), x.dtype() == DType::kInt8,
                             read_zero_point(call, slots.x_zero_point, x.dtype())};
    conv->run(shape, bytes, bias, rule, static_cast<std::byte*>(scratch.mutable_raw()), y);
    call.let_go(slots.w);
  }
};

// A weight that is constant as its zero point is: that subtracted, and what of the shape it says.
struct ConstantWeight {
  ConvShape shape;
  Tensor centered;
};

std::optional<ConstantWeight> constant_weight(const BindContext& context, const Slots& slots) {
  const Tensor* w = context.constant(slots.w);
  const Tensor* zero_point = context.constant(slots.w_zero_point);
  if (w == nullptr || w->rank() < 3 || w->rank() > 5 || w->size() == 0) return {};
  if (context.has(slots.w_zero_point) && zero_point == nullptr) return {};
  const auto groups = context.attribute<int64_t>("group", 1);
  if (groups < 1 || w->dim(0) % groups != 0) return {};
  const ConvShape shape{
      .window = start_window(read_window(context), std::span(w->shape()).subspan(2)),
      .groups = groups,
      .in_channels = w->dim(1) * groups,
      .out_channels = w->dim(0)};
  Tensor centered(DType::kInt32, w->shape());
  center(*w, zero_point, axes_after_channels(*w), centered);
  return ConstantWeight{shape, std::move(centered)};
}

// bind(engine): oneDNN's convolution where its sums are exact, our own elsewhere.
template <class Conv, class Bind>
Kernel bind_packed(const BindContext& context, const Slots& slots, const Bind& bind) {
  constexpr bool kIsOneDnn = std::is_same_v<Conv, onednn::IntegerConv>;
  const auto weight = constant_weight(context, slots);
  if (!weight) return {};
  const auto* w = weight->centered.data<int32_t>();
  if (onednn::IntegerConv::is_exact(weight->shape, w) != kIsOneDnn) return {};
  return bind(
      PackedConv<Conv>{slots, std::make_shared<Conv>(weight->shape, w, read_layout(context))});
}

void require_bytes(const Tensor& x) {
  if (!is_byte(x.dtype())) fail("input type {} is not supported", name(x.dtype()));
}

// A node of either operator. The engine gets images in `layout`.
struct ConvNode {
  WindowAttributes window;
  int64_t groups;
  Layout layout;

  ConvNode(const BindContext& context, Layout images)
      : window(read_window(context)),
        groups(context.attribute<int64_t>("group", 1)),
        layout(images) {}
  ConvShape resolve(const Tensor& x, const Tensor& w) const {
    require_bytes(x);
    return resolve_conv(window, groups, to_channels_first(x.shape(), layout), w.shape());
  }
  Shape output(const ConvShape& shape) const {
    return from_channels_first(window_output_shape(shape.batch, shape.out_channels, shape.window),
                               layout);
  }
};

template <class Engine>
Kernel conv_integer(const ConvNode& node, Engine engine) {
  return [node, engine = std::move(engine)](KernelCall& call) {
    const ConvShape shape = node.resolve(call.input(0), call.input(1));
    Tensor& y = call.output(0, DType::kInt32, node.output(shape));
    if (y.size() == 0) return;
    engine(call, shape, nullptr, Requantize<int32_t>{}, y.mutable_data<int32_t>());
  };
}

// y = float(conv(x, w)) · (s_x · s_w)
template <class Engine>
Kernel conv_integer_to_float(const ConvNode& node, Engine engine) {
  return [node, engine = std::move(engine)](KernelCall& call) {
    const ConvShape shape = node.resolve(call.input(0), call.input(1));
    const Tensor scales =
        multipliers(call, read_scale(call, 2), call.input(3), shape.out_channels, std::nullopt);
    Tensor& y = call.output(0, DType::kFloat32, node.output(shape));
    if (y.size() == 0) return;
    engine(call, shape, nullptr, Requantize<float>(scales.data<float>(), 0),
           y.mutable_data<float>());
  };
}

const int32_t* read_bias(const KernelCall& call, int64_t channels) {
  if (!call.has(8)) return nullptr;
  const Tensor& bias = call.input(8);
  if (bias.dtype() != DType::kInt32 || bias.shape() != Shape{channels})
    fail("bias {} of type {} must be [{}] of type int32", to_string(bias.shape()),
         name(bias.dtype()), channels);
  return bias.data<int32_t>();
}

template <class Engine>
Kernel qlinear_conv(const ConvNode& node, Engine engine) {
  return [node, engine = std::move(engine)](KernelCall& call) {
    const ConvShape shape = node.resolve(call.input(0), call.input(3));
    const DType dtype = call.input(7).dtype();
    const Tensor scales = multipliers(call, read_scale(call, 1), call.input(4), shape.out_channels,
                                      read_scale(call, 6));
    const int32_t zero_point = read_zero_point(call, 7, dtype);
    const int32_t* bias = read_bias(call, shape.out_channels);
    Tensor& y = call.output(0, dtype, node.output(shape));
    if (y.size() == 0) return;
    with_type(ByteTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
      engine(call, shape, bias, Requantize<T>(scales.data<float>(), zero_point),
             y.mutable_data<T>());
    });
  };
}

// The depthwise convolution of channels-last images.
struct DepthwiseEngine {
  Slots slots;
  std::shared_ptr<const simd::DepthwiseConv> conv;

  template <class T>
  void operator()(KernelCall& call, const ConvShape& shape, const int32_t* bias,
                  const Requantize<T>& rule, T* y) const {
    const Tensor& x = call.input(slots.x);
    simd::DepthwiseOutput output = {.bias = bias};
    if constexpr (!std::is_same_v<T, int32_t>) {
      output.multiplier = rule.multiplier();
      output.zero_point = rule.zero_point();
    }
    const int32_t zero = read_zero_point(call, slots.x_zero_point, x.dtype());
    with_type(ByteTypes{}, x.dtype(), [&]<class X>(std::type_identity<X>) {
      conv->run(shape.window, shape.batch, x.data<X>(), zero, output, y);
    });
    call.let_go(slots.w);
  }
};

std::optional<DepthwiseEngine> make_depthwise(const BindContext& context, const Slots& slots) {
  const auto weight = constant_weight(context, slots);
  if (!weight || read_layout(context) != Layout::kChannelsLast || weight->shape.groups == 1 ||
      weight->shape.in_channels != weight->shape.groups ||
      weight->shape.out_channels != weight->shape.groups)
    return {};
  const int64_t channels = weight->shape.groups;
  return DepthwiseEngine{
      slots, std::make_shared<const simd::DepthwiseConv>(
                 channels, weight->centered.size() / channels, weight->centered.data<int32_t>())};
}

// The operators, each with where its inputs are and the kernel that an engine makes.
struct ConvInteger {
  static constexpr Slots kSlots = kConvInteger;
  template <class Engine>
  static Kernel kernel(const ConvNode& node, Engine engine) {
    return conv_integer(node, std::move(engine));
  }
};
struct QLinearConv {
  static constexpr Slots kSlots = kQLinearConv;
  template <class Engine>
  static Kernel kernel(const ConvNode& node, Engine engine) {
    return qlinear_conv(node, std::move(engine));
  }
};
struct ConvIntegerToFloat {
  static constexpr Slots kSlots = kConvIntegerToFloat;
  template <class Engine>
  static Kernel kernel(const ConvNode& node, Engine engine) {
    return conv_integer_to_float(node, std::move(engine));
  }
};

template <class Op>
Kernel bind_depthwise(const BindContext& context) {
  auto engine = make_depthwise(context, Op::kSlots);
  return engine ? Op::kernel({context, Layout::kChannelsLast}, std::move(*engine)) : Kernel{};
}
template <class Op, class Conv>
Kernel bind_fast(const BindContext& context) {
  return bind_packed<Conv>(context, Op::kSlots, [&](auto engine) {
    return Op::kernel({context, read_layout(context)}, std::move(engine));
  });
}
template <class Op>
Kernel bind_reference(const BindContext& context) {
  return Op::kernel({context, Layout::kChannelsFirst}, ReferenceConv{Op::kSlots});
}

template <class Op>
std::vector<Binding> bindings() {
  return {{Provider::kSimd, bind_depthwise<Op>},
          {Provider::kSimd, bind_fast<Op, simd::IntegerConv>},
          {Provider::kOneDnn, bind_fast<Op, onednn::IntegerConv>},
          {Provider::kReference, bind_reference<Op>}};
}

}  // namespace

std::span<const OpSpec> qlinear_conv_ops() {
  static const std::vector<OpSpec> kOps = {
      {"", "QLinearConv", bindings<QLinearConv>()},
      {"", "ConvInteger", bindings<ConvInteger>()},
      {.domain = kInternalDomain,
       .op_type = "QLinearConv",
       .bindings = bindings<QLinearConv>(),
       .images = {0}},
      {.domain = kInternalDomain,
       .op_type = "ConvInteger",
       .bindings = bindings<ConvInteger>(),
       .images = {0}},
      {.domain = kInternalDomain,
       .op_type = "ConvIntegerToFloat",
       .bindings = bindings<ConvIntegerToFloat>(),
       .images = {0}},
  };
  return kOps;
}

}  // namespace qtool
