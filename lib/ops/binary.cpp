#include "kernels/reference/binary.h"

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "kernels/reference/elementwise.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;
using ref::broadcast_strides;

// The loop over a result of shape `y` and operands that are broadcast to it.
template <class... Operands>
auto broadcast_loop(const Shape& y, const Operands&... operands) {
  return ref::StridedLoop<1 + sizeof...(Operands)>(
      y, {ref::row_major_strides(y), broadcast_strides(operands, y)...});
}

// y = f(a, b), y being a T (arithmetic) or bool (comparison).
template <class F, class T>
void apply(const F& f, const Tensor& a, const Tensor& b, Tensor& y) {
  using R = decltype(f(T{}, T{}));
  ref::zip(broadcast_loop(y.shape(), a.shape(), b.shape()), y.mutable_data<R>(), a.data<T>(),
           b.data<T>(), f);
}

template <class F, class TypeList>
Kernel bind_binary(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    require_same_type(a, b);
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    with_type(TypeList{}, a.dtype(), [&]<class T>(std::type_identity<T>) {
      using R = decltype(F{}(T{}, T{}));
      apply<F, T>({}, a, b, call.output(0, dtype_of<R>, shape));
    });
  };
}

// Min and Max take any number of inputs.
template <class F>
Kernel bind_variadic(const BindContext&) {
  return [](KernelCall& call) {
    Tensor result = call.input(0);
    const std::size_t last = call.input_count() - 1;
    for (std::size_t i = 1; i <= last; ++i) {
      const Tensor& b = call.input(i);
      require_same_type(result, b);
      const Shape shape = broadcast_shape(result.shape(), b.shape());
      Tensor y = i == last ? call.output(0, b.dtype(), shape) : call.scratch(b.dtype(), shape);
      with_type(NumericTypes{}, b.dtype(),
                [&]<class T>(std::type_identity<T>) { apply<F, T>({}, result, b, y); });
      result = std::move(y);
    }
    call.set_output(0, std::move(result));
  };
}

Tensor to_double(const Tensor& x, KernelCall& call) {
  Tensor y = call.scratch(DType::kFloat64, x.shape());
  with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(x.data<T>(), y.mutable_data<double>(), x.size());
  });
  return y;
}

// The exponent may be of another type than the base and the result; double holds them all.
void mixed_pow(KernelCall& call, const Shape& shape) {
  const Tensor base = to_double(call.input(0), call);
  const Tensor exponent = to_double(call.input(1), call);
  Tensor power = call.scratch(DType::kFloat64, shape);
  apply<ref::Pow, double>({}, base, exponent, power);
  Tensor& y = call.output(0, call.input(0).dtype(), shape);
  with_type(NumericTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(power.data<double>(), y.mutable_data<T>(), y.size());
  });
}

Kernel bind_pow(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    if (a.dtype() != b.dtype()) return mixed_pow(call, shape);
    with_type(NumericTypes{}, a.dtype(), [&]<class T>(std::type_identity<T>) {
      apply<ref::Pow, T>({}, a, b, call.output(0, a.dtype(), shape));
    });
  };
}

Kernel bind_where(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& condition = call.input(0);
    const Tensor& a = call.input(1);
    const Tensor& b = call.input(2);
    require_same_type(a, b);
    const Shape shape = broadcast_shape(condition.shape(), broadcast_shape(a.shape(), b.shape()));
    Tensor& y = call.output(0, a.dtype(), shape);
    ref::select(broadcast_loop(shape, condition.shape(), a.shape(), b.shape()), element_bytes(a),
                y.mutable_raw(), condition.data<bool>(), a.raw(), b.raw());
  };
}

template <class F, class TypeList = NumericTypes>
OpSpec binary(std::string_view op_type, QuantTraits quant = {}) {
  return reference_op(op_type, bind_binary<F, TypeList>, std::move(quant));
}

QuantTraits quantized_as(const char* qoperator) {
  return {.inputs = {Role::kActivation}, .qoperator = qoperator};
}

}  // namespace

std::span<const OpSpec> binary_ops() {
  using Bool = Types<bool>;
  static const std::vector<OpSpec> kOps = halves_as_float({
      binary<ref::Add>("Add", quantized_as("com.microsoft.QLinearAdd")),
      binary<ref::Mul>("Mul", quantized_as("com.microsoft.QLinearMul")),
      binary<ref::Sub>("Sub"),
      binary<ref::Div>("Div"),
      reference_op("Pow", bind_pow),
      reference_op("Min", bind_variadic<ref::Min>),
      reference_op("Max", bind_variadic<ref::Max>),
      binary<ref::Equal, NumericOrBoolTypes>("Equal"),
      binary<ref::Greater>("Greater"),
      binary<ref::GreaterOrEqual>("GreaterOrEqual"),
      binary<ref::Less>("Less"),
      binary<ref::LessOrEqual>("LessOrEqual"),
      binary<ref::And, Bool>("And"),
      binary<ref::Or, Bool>("Or"),
      binary<ref::Xor, Bool>("Xor"),
      reference_op("Where", bind_where),
  });
  return kOps;
}

}  // namespace qtool
