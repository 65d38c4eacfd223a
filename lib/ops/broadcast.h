#pragma once

#include "kernels/reference/elementwise.h"
#include "kernels/simd/binary.h"
#include "ops/integer_types.h"
#include "ops/shapes.h"
#include "ops/types.h"
#include "ops/with_simd.h"

namespace qtool {

/// The loop over a result of shape `y` and operands that are broadcast to it.
template <class... Operands>
auto broadcast_loop(const Shape& y, const Operands&... operands) {
  return reference::StridedLoop<1 + sizeof...(Operands)>(
      y, {reference::row_major_strides(y), reference::broadcast_strides(operands, y)...});
}

/// y = f(a, b), where y has the shape that a and b broadcast to and elements of what f returns.
/// T is the operands' element type or the unsigned one of its width.
template <class T, class F>
void apply_binary(const F& f, const Tensor& a, const Tensor& b, Tensor& y) {
  using R = decltype(f(T{}, T{}));
  reference::zip(broadcast_loop(y.shape(), a.shape(), b.shape()), static_cast<R*>(y.mutable_raw()),
                 static_cast<const T*>(a.raw()), static_cast<const T*>(b.raw()), f);
}

/// y = f(a, b) in vectors, where y has the shape that a and b broadcast to; all are float32.
inline void apply_simd_binary(simd::Binary f, const Tensor& a, const Tensor& b, Tensor& y) {
  const simd::BinaryRow row = simd::binary_row(f);
  const float* const from_a = a.data<float>();
  const float* const from_b = b.data<float>();
  float* const to = y.mutable_data<float>();
  // What needs no loop of its own: this is most of the time of small tensors.
  if (a.shape() == b.shape()) return row(y.size(), from_a, 1, from_b, 1, to);
  if (b.size() == 1 && a.size() == y.size()) return row(y.size(), from_a, 1, from_b, 0, to);
  const auto loop = broadcast_loop(y.shape(), a.shape(), b.shape());
  const auto steps = loop.row_strides();
  loop.each_row([&](const auto& offsets) {
    row(loop.row_length(), from_a + offsets[1], steps[1], from_b + offsets[2], steps[2],
        to + offsets[0]);
  });
}

/// Computes f in vectors; float32 only.
template <simd::Binary kVector>
Kernel bind_simd_binary(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32 || context.dtype(1) != DType::kFloat32) return {};
  return [](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    apply_simd_binary(kVector, a, b, call.output(0, DType::kFloat32, shape));
  };
}

/// Makes y = f(a, b) the output, of type bool if f gives that, else of the operands' type. If
/// `kModular`, the list's unsigned types serve the signed ones too.
template <class F, class TypeList, bool kModular = false>
void run_binary(KernelCall& call, const Tensor& a, const Tensor& b) {
  require_same_type(a, b);
  const Shape shape = broadcast_shape(a.shape(), b.shape());
  const DType element = kModular ? unsigned_type(a.dtype()) : a.dtype();
  with_type(TypeList{}, element, [&]<class T>(std::type_identity<T>) {
    constexpr bool kIsTest = std::is_same_v<decltype(F{}(T{}, T{})), bool>;
    apply_binary<T>(F{}, a, b, call.output(0, kIsTest ? DType::kBool : a.dtype(), shape));
  });
}

/// The record of an operator that computes F on inputs of one of the types in the list.
template <class F, class TypeList>
OpSpec binary(std::string_view op_type, QuantTraits quant = {}) {
  const BindFn bind = [](const BindContext&) -> Kernel {
    return [](KernelCall& call) { run_binary<F, TypeList>(call, call.input(0), call.input(1)); };
  };
  return reference_op(op_type, bind, std::move(quant));
}

/// The same for an F whose integer results have the same bits for signed and unsigned types.
template <class F, class TypeList = ModularTypes>
OpSpec modular_binary(std::string_view op_type, QuantTraits quant = {}) {
  const BindFn bind = [](const BindContext&) -> Kernel {
    return
        [](KernelCall& call) { run_binary<F, TypeList, true>(call, call.input(0), call.input(1)); };
  };
  return reference_op(op_type, bind, std::move(quant));
}

}  // namespace qtool
