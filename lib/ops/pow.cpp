#include "kernels/reference/binary.h"
#include "kernels/reference/convert.h"
#include "ops/broadcast.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"

namespace qtool {
namespace {

namespace ref = reference;

bool is_integer(const Tensor& x) {
  return x.dtype() != DType::kFloat32 && x.dtype() != DType::kFloat64;
}

template <class Wide, class TypeList>
Tensor widened(const Tensor& x, KernelCall& call) {
  Tensor y = call.scratch(dtype_of<Wide>, x.shape());
  with_type(TypeList{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(x.data<T>(), y.mutable_data<Wide>(), x.size());
  });
  return y;
}

// Base and exponent in the type `Wide`, the result in the base's type again.
template <class Wide, class TypeList>
void wide_pow(KernelCall& call, const Shape& shape) {
  Tensor power = call.scratch(dtype_of<Wide>, shape);
  apply_binary<Wide>(ref::Pow{}, widened<Wide, TypeList>(call.input(0), call),
                     widened<Wide, TypeList>(call.input(1), call), power);
  Tensor& y = call.output(0, call.input(0).dtype(), shape);
  with_type(Types<float, double, int32_t, int64_t>{}, y.dtype(),
            [&]<class T>(std::type_identity<T>) {
              ref::convert(power.data<Wide>(), y.mutable_data<T>(), y.size());
            });
}

// The exponent may be of another type than the base and the result. Integers are raised in int64,
// whose lower bits are the narrower types' results; double holds what is mixed.
void run_pow(KernelCall& call) {
  const Tensor& base = call.input(0);
  const Tensor& exponent = call.input(1);
  const Shape shape = broadcast_shape(base.shape(), exponent.shape());
  if (is_integer(base) && is_integer(exponent)) return wide_pow<int64_t, IntegerTypes>(call, shape);
  if (base.dtype() != exponent.dtype()) return wide_pow<double, NumericTypes>(call, shape);
  run_binary<ref::Pow, FloatTypes>(call, base, exponent);
}

Kernel bind_pow(const BindContext&) { return run_pow; }

}  // namespace

std::span<const OpSpec> pow_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({reference_op("Pow", bind_pow)});
  return kOps;
}

}  // namespace qtool
