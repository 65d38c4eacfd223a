#include "kernels/reference/activation.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/registry.h"
#include "ops/unary.h"

// Gelu and its relatives in domain com.microsoft.
namespace qtool {
namespace {

namespace ref = reference;

// F(x + bias); the bias may be left out.
template <class F>
Kernel bind_with_bias(const BindContext&) {
  return [](KernelCall& call) {
    Tensor x = call.input(0);
    if (call.has(1)) {
      x = x.clone();
      add_in_place(x, call.input(1));
    }
    run_unary<FloatTypes>(call, x, F{});
  };
}

Kernel bind_quick_gelu(const BindContext& context) {
  return [f = ref::Swish{context.attribute("alpha", 1.702F)}](KernelCall& call) {
    run_unary<FloatTypes>(call, call.input(0), f);
  };
}

// The same in vectors, in one pass if the bias is a row.
template <simd::Unary kVector>
Kernel bind_simd_with_bias(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [](KernelCall& call) {
    Tensor x = call.input(0);
    const Tensor* bias = call.has(1) ? &call.input(1) : nullptr;
    const bool is_row = bias != nullptr && x.rank() > 0 && bias->shape() == Shape{x.shape().back()};
    if (bias != nullptr && !is_row) {
      x = x.clone();
      add_in_place(x, *bias);
    }
    Tensor& y = call.output(0, DType::kFloat32, x.shape());
    const int64_t row = is_row ? x.shape().back() : x.size();
    if (row == 0) return;
    simd::unary_with_bias(kVector, {}, x.size() / row, row, x.data<float>(),
                          is_row ? bias->data<float>() : nullptr, y.mutable_data<float>());
  };
}

Kernel bind_simd_quick_gelu(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [alpha = context.attribute("alpha", 1.702F)](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, DType::kFloat32, x.shape());
    simd::unary(simd::Unary::kSwish, {alpha}, x.size(), x.data<float>(), y.mutable_data<float>());
  };
}

OpSpec contrib(std::string_view op_type, BindFn simd, BindFn bind) {
  return {"com.microsoft", op_type, {{Provider::kSimd, simd}, {Provider::kReference, bind}}};
}

}  // namespace

std::span<const OpSpec> fused_gelu_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      contrib("Gelu", bind_simd_unary<simd::Unary::kGelu, ref::Gelu>,
              bind_unary<ref::Gelu, FloatTypes>),
      contrib("BiasGelu", bind_simd_with_bias<simd::Unary::kGelu>, bind_with_bias<ref::Gelu>),
      contrib("FastGelu", bind_simd_with_bias<simd::Unary::kGeluTanh>,
              bind_with_bias<ref::GeluTanh>),
      contrib("QuickGelu", bind_simd_quick_gelu, bind_quick_gelu),
  });
  return kOps;
}

}  // namespace qtool
