#include "kernels/reference/binary.h"
#include "ops/broadcast.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

namespace ref = reference;

template <class TypeList>
void require_type(TypeList types, const Tensor& x) {
  with_type(types, x.dtype(), [](auto) {});
}

bool is_integer(DType dtype) { return dtype != DType::kFloat32 && dtype != DType::kFloat64; }

// Base and exponent in the type `Wide`, the result in the base's type again.
template <class Wide>
void run_wide(KernelCall& call, const Tensor& base, const Tensor& exponent) {
  const Shape shape = broadcast_shape(base.shape(), exponent.shape());
  Tensor power = call.scratch(dtype_of<Wide>, shape);
  apply_binary<Wide>(ref::Pow{}, cast(base, dtype_of<Wide>), cast(exponent, dtype_of<Wide>), power);
  cast(power, call.output(0, base.dtype(), shape));
}

// The exponent may be of another type than the base and the result. Integers are raised in int64,
// whose lower bits are the narrower types' results; double holds what is mixed.
void run_pow(KernelCall& call) {
  const Tensor& base = call.input(0);
  const Tensor& exponent = call.input(1);
  require_type(Types<float, double, int32_t, int64_t>{}, base);
  require_type(NumericTypes{}, exponent);
  if (is_integer(base.dtype()) && is_integer(exponent.dtype()))
    run_wide<int64_t>(call, base, exponent);
  else if (base.dtype() != exponent.dtype())
    run_wide<double>(call, base, exponent);
  else
    run_binary<ref::Pow, FloatTypes>(call, base, exponent);
}

Kernel bind_pow(const BindContext&) { return run_pow; }

}  // namespace

std::span<const OpSpec> pow_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({reference_op("Pow", bind_pow)});
  return kOps;
}

}  // namespace qtool
