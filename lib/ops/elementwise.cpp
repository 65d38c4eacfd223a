#include "kernels/reference/elementwise.h"

#include "kernels/reference/unary.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// The function of a node with its parameters.
template <class F>
F read_function(const BindContext& context) {
  F f;
  if constexpr (requires { f.alpha; }) f.alpha = context.attribute("alpha", f.alpha);
  if constexpr (requires { f.beta; }) f.beta = context.attribute("beta", f.beta);
  return f;
}

template <class F, class TypeList>
Kernel bind_unary(const BindContext& context) {
  return [f = read_function<F>(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(TypeList{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::map(x.data<T>(), y.mutable_data<T>(), x.size(), f);
    });
  };
}

// A limit of Clip: from the input, which must be one element of x's type, or else the attribute.
template <class T>
void read_limit(const KernelCall& call, std::size_t index, const std::optional<float>& attribute,
                T& limit) {
  if (call.has(index)) {
    const Tensor& input = call.input(index);
    require_same_type(call.input(0), input);
    if (input.size() != 1) fail("input {} must be a scalar", index);
    limit = *input.data<T>();
  } else if (attribute) {
    limit = static_cast<T>(*attribute);
  }
}

std::optional<float> optional_float(const BindContext& context, std::string_view name) {
  const float* value = find_attribute<float>(context.node, name);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

Kernel bind_clip(const BindContext& context) {
  return [low = optional_float(context, "min"),
          high = optional_float(context, "max")](KernelCall& call) {
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

template <class F, class TypeList = FloatTypes>
OpSpec unary(std::string_view op_type, QuantTraits quant = {}) {
  return reference_op(op_type, bind_unary<F, TypeList>, std::move(quant));
}

}  // namespace

std::span<const OpSpec> elementwise_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      unary<ref::Relu, SignedTypes>("Relu", {.inputs = {Role::kActivation}}),
      unary<ref::LeakyRelu>("LeakyRelu", {.inputs = {Role::kActivation},
                                          .qoperator = "com.microsoft.QLinearLeakyRelu"}),
      unary<ref::Sigmoid>("Sigmoid", {.inputs = {Role::kActivation},
                                      .fixed_output = std::pair{0.0F, 1.0F},
                                      .qoperator = "com.microsoft.QLinearSigmoid"}),
      unary<ref::HardSigmoid>("HardSigmoid"),
      unary<ref::HardSwish>("HardSwish"),
      unary<ref::Tanh>("Tanh"),
      unary<ref::Erf>("Erf"),
      unary<ref::Exp>("Exp"),
      unary<ref::Log>("Log"),
      unary<ref::Sqrt>("Sqrt"),
      unary<ref::Reciprocal>("Reciprocal"),
      unary<ref::Floor>("Floor"),
      unary<ref::Ceil>("Ceil"),
      unary<ref::Neg, SignedTypes>("Neg"),
      unary<ref::Abs, NumericTypes>("Abs"),
      unary<ref::Not, Types<bool>>("Not"),
      reference_op("Clip", bind_clip, {.inputs = {Role::kActivation, Role::kPlain}}),
  });
  return kOps;
}

}  // namespace qtool
