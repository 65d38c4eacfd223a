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

OpSpec contrib(std::string_view op_type, BindFn bind) {
  return {"com.microsoft", op_type, {{Provider::kReference, bind}}};
}

}  // namespace

std::span<const OpSpec> fused_gelu_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      contrib("Gelu", bind_unary<ref::Gelu, FloatTypes>),
      contrib("BiasGelu", bind_with_bias<ref::Gelu>),
      contrib("FastGelu", bind_with_bias<ref::GeluTanh>),
      contrib("QuickGelu", bind_quick_gelu),
  });
  return kOps;
}

}  // namespace qtool
