#include "kernels/reference/binary.h"
#include "ops/broadcast.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"

namespace qtool {
namespace {

namespace ref = reference;

// Makes f(… f(f(x₀, x₁), x₂) …) over all inputs the output.
template <class F, class TypeList>
Tensor run_fold(KernelCall& call) {
  Tensor result = call.input(0);
  const std::size_t last = call.input_count() - 1;
  with_type(TypeList{}, result.dtype(), [&]<class T>(std::type_identity<T>) {
    for (std::size_t i = 1; i <= last; ++i) {
      const Tensor& b = call.input(i);
      require_same_type(result, b);
      const Shape shape = broadcast_shape(result.shape(), b.shape());
      Tensor y = i == last ? call.output(0, b.dtype(), shape) : call.scratch(b.dtype(), shape);
      apply_binary<T>(F{}, result, b, y);
      result = std::move(y);
    }
  });
  call.set_output(0, result);
  return result;
}

template <class F, class TypeList>
Kernel bind_fold(const BindContext&) {
  return [](KernelCall& call) { run_fold<F, TypeList>(call); };
}

// The same in vectors.
template <simd::Binary kVector>
Kernel bind_simd_fold(const BindContext& context) {
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i)
    if (context.dtype(i) != DType::kFloat32) return {};
  return [](KernelCall& call) {
    Tensor result = call.input(0);
    const std::size_t last = call.input_count() - 1;
    for (std::size_t i = 1; i <= last; ++i) {
      const Tensor& b = call.input(i);
      const Shape shape = broadcast_shape(result.shape(), b.shape());
      Tensor y = i == last ? call.output(0, b.dtype(), shape) : call.scratch(b.dtype(), shape);
      apply_simd_binary(kVector, result, b, y);
      result = std::move(y);
    }
    call.set_output(0, result);
  };
}

Kernel bind_mean(const BindContext&) {
  return [](KernelCall& call) {
    Tensor sum = run_fold<ref::Add, FloatTypes>(call);
    if (call.input_count() == 1) return;  // the sum is the input itself
    with_type(FloatTypes{}, sum.dtype(), [&]<class T>(std::type_identity<T>) {
      T* y = sum.mutable_data<T>();
      const auto count = static_cast<T>(call.input_count());
      ref::map(y, y, sum.size(), [count](T x) { return x / count; });
    });
  };
}

}  // namespace

std::span<const OpSpec> variadic_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      with_simd(
          bind_simd_fold<simd::Binary::kMin>,
          reference_op("Min", bind_fold<ref::Min, NumericTypes>, {.inputs = {Role::kActivation}})),
      with_simd(
          bind_simd_fold<simd::Binary::kMax>,
          reference_op("Max", bind_fold<ref::Max, NumericTypes>, {.inputs = {Role::kActivation}})),
      with_simd(bind_simd_fold<simd::Binary::kAdd>,
                reference_op("Sum", bind_fold<ref::Add, FloatTypes>)),
      reference_op("Mean", bind_mean),
  });
  return kOps;
}

}  // namespace qtool
