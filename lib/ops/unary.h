#pragma once

#include "kernels/reference/elementwise.h"
#include "kernels/simd/unary.h"
#include "ops/types.h"
#include "ops/with_simd.h"

namespace qtool {

/// Makes y[i] = f(x[i]) the output, x being of one of the types in the list and y of what f returns.
template <class TypeList, class F>
void run_unary(KernelCall& call, const Tensor& x, const F& f) {
  with_type(TypeList{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    using R = decltype(f(T{}));
    Tensor& y = call.output(0, dtype_of<R>, x.shape());
    reference::map(x.data<T>(), y.mutable_data<R>(), x.size(), f);
  });
}

/// The function of a node, each of its parameters set by the attribute of that name.
template <class F>
F read_function(const BindContext& context) {
  F f;
  if constexpr (requires { f.alpha; }) f.alpha = context.attribute("alpha", f.alpha);
  if constexpr (requires { f.beta; }) f.beta = context.attribute("beta", f.beta);
  if constexpr (requires { f.gamma; }) f.gamma = context.attribute("gamma", f.gamma);
  if constexpr (requires { f.bias; }) f.bias = context.attribute("bias", f.bias);
  if constexpr (requires { f.lambd; }) f.lambd = context.attribute("lambd", f.lambd);
  return f;
}

template <class F, class TypeList>
Kernel bind_unary(const BindContext& context) {
  return [f = read_function<F>(context)](KernelCall& call) {
    run_unary<TypeList>(call, call.input(0), f);
  };
}

/// The parameters of a vector function, read as those of F.
template <class F>
simd::Parameters read_parameters(const BindContext& context) {
  const F f = read_function<F>(context);
  simd::Parameters parameters;
  if constexpr (requires { f.alpha; }) parameters.alpha = f.alpha;
  if constexpr (requires { f.beta; }) parameters.beta = f.beta;
  return parameters;
}

/// Computes F in vectors, as `kVector` names it; float32 only.
template <simd::Unary kVector, class F>
Kernel bind_simd_unary(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [parameters = read_parameters<F>(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, DType::kFloat32, x.shape());
    simd::unary(kVector, parameters, x.size(), x.data<float>(), y.mutable_data<float>());
  };
}

/// The record of an operator that computes F, which may also be a lambda without captures.
template <class TypeList = FloatTypes, class F>
OpSpec unary(std::string_view op_type, F, QuantTraits quant = {}) {
  return reference_op(op_type, bind_unary<F, TypeList>, std::move(quant));
}

/// The same with vectors for float32.
template <simd::Unary kVector, class TypeList = FloatTypes, class F>
OpSpec vector_unary(std::string_view op_type, F, QuantTraits quant = {}) {
  return with_simd(bind_simd_unary<kVector, F>,
                   reference_op(op_type, bind_unary<F, TypeList>, std::move(quant)));
}

}  // namespace qtool
