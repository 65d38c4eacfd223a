#include "kernels/reference/activation.h"

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/unary.h"

namespace qtool {
namespace {

namespace ref = reference;

Kernel bind_gelu(const BindContext& context) {
  const auto approximate = context.attribute<std::string>("approximate", "none");
  if (approximate == "none") return bind_unary<ref::Gelu, FloatTypes>(context);
  if (approximate == "tanh") return bind_unary<ref::GeluTanh, FloatTypes>(context);
  fail("attribute 'approximate' is '{}', expected 'none' or 'tanh'", approximate);
}

// A limit of Clip: the attribute, or else the input, which must be one element of x's type.
template <class T>
void read_limit(const KernelCall& call, std::size_t index, const std::optional<float>& attribute,
                T& limit) {
  if (attribute) {
    limit = ref::convert_value<T>(*attribute);
  } else if (call.has(index)) {
    const Tensor& input = call.input(index);
    require_same_type(call.input(0), input);
    if (input.size() != 1) fail("input {} must be a scalar", index);
    limit = *input.data<T>();
  }
}

// Up to opset 10 the limits are attributes: of any floating-point type, by default float32's.
std::optional<float> limit_attribute(const BindContext& context, std::string_view name,
                                     float fallback) {
  if (context.opset >= 11) return std::nullopt;
  return context.attribute(name, fallback);
}

Kernel bind_clip(const BindContext& context) {
  using Limits = std::numeric_limits<float>;
  return [low = limit_attribute(context, "min", Limits::lowest()),
          high = limit_attribute(context, "max", Limits::max())](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::Clip<T> clip;
      read_limit(call, 1, low, clip.low);
      read_limit(call, 2, high, clip.high);
      ref::map(x.data<T>(), y.mutable_data<T>(), x.size(), clip);
    });
  };
}

}  // namespace

std::span<const OpSpec> activation_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      unary<SignedTypes>("Relu", ref::Relu{}, {.inputs = {Role::kActivation}}),
      unary("LeakyRelu", ref::LeakyRelu{},
            {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearLeakyRelu"}),
      unary("ThresholdedRelu", ref::ThresholdedRelu{}),
      unary("Sigmoid", ref::Sigmoid{},
            {.inputs = {Role::kActivation},
             .fixed_output = std::pair{0.0F, 1.0F},
             .qoperator = "com.microsoft.QLinearSigmoid"}),
      unary("HardSigmoid", ref::HardSigmoid{},
            {.inputs = {Role::kActivation}, .fixed_output = std::pair{0.0F, 1.0F}}),
      unary("Swish", ref::Swish{}),
      unary("HardSwish", ref::HardSwish{}, {.inputs = {Role::kActivation}}),
      unary("Tanh", ref::Tanh{}, {.inputs = {Role::kActivation}}),
      unary("Softplus", ref::Softplus{}),
      unary("Softsign", ref::Softsign{}),
      unary("Mish", ref::Mish{}),
      unary("Elu", ref::Elu{}, {.inputs = {Role::kActivation}}),
      unary("Celu", ref::Celu{}),
      unary("Selu", ref::Selu{}),
      reference_op("Gelu", bind_gelu, {.inputs = {Role::kActivation}}),
      unary<NumericTypes>("Shrink", ref::Shrink{}),
      reference_op("Clip", bind_clip, {.inputs = {Role::kActivation, Role::kPlain}}),
  });
  return kOps;
}

}  // namespace qtool
