#include "kernels/reference/binary.h"

#include "ops/broadcast.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"

namespace qtool {
namespace {

namespace ref = reference;

Kernel bind_mod(const BindContext& context) {
  const int64_t fmod = context.attribute<int64_t>("fmod", 0);
  if (fmod != 0 && fmod != 1) fail("attribute 'fmod' is {}, expected 0 or 1", fmod);
  return [fmod](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    fmod == 1 ? run_binary<ref::TruncatedMod, NumericTypes>(call, a, b)
              : run_binary<ref::FlooredMod, NumericTypes>(call, a, b);
  };
}

// The slope is broadcast to the input, not the other way around.
Kernel bind_prelu(const BindContext&) {
  using PReluTypes = Types<float, double, int32_t, int64_t, uint32_t, uint64_t>;
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& slope = call.input(1);
    if (broadcast_shape(x.shape(), slope.shape()) != x.shape())
      fail("slope {} cannot be broadcast to {}", to_string(slope.shape()), to_string(x.shape()));
    run_binary<ref::PRelu, PReluTypes>(call, x, slope);
  };
}

QuantTraits quantized_as(const char* qoperator) {
  return {.inputs = {Role::kActivation}, .qoperator = qoperator};
}

}  // namespace

std::span<const OpSpec> binary_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      with_simd(bind_simd_binary<simd::Binary::kAdd>,
                modular_binary<ref::Add>("Add", quantized_as("com.microsoft.QLinearAdd"))),
      with_simd(bind_simd_binary<simd::Binary::kMul>,
                modular_binary<ref::Mul>("Mul", quantized_as("com.microsoft.QLinearMul"))),
      with_simd(bind_simd_binary<simd::Binary::kSub>,
                modular_binary<ref::Sub>("Sub", {.inputs = {Role::kActivation}})),
      with_simd(bind_simd_binary<simd::Binary::kDiv>,
                binary<ref::Div, NumericTypes>("Div", {.inputs = {Role::kActivation}})),
      reference_op("Mod", bind_mod),
      reference_op("PRelu", bind_prelu, {.inputs = {Role::kActivation, Role::kPlain}}),
  });
  return kOps;
}

}  // namespace qtool
