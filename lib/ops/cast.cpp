#include "kernels/reference/convert.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// As with_type, for all numbers and bool; the half-precision types have no dtype_of.
template <class F>
void with_number(DType dtype, F&& f) {
  if (dtype == DType::kFloat16) return f(std::type_identity<Half>{});
  if (dtype == DType::kBFloat16) return f(std::type_identity<BFloat16>{});
  with_type(NumericOrBoolTypes{}, dtype, f);
}

void cast(const Tensor& x, Tensor& y) {
  with_number(x.dtype(), [&]<class From>(std::type_identity<From>) {
    with_number(y.dtype(), [&]<class To>(std::type_identity<To>) {
      ref::convert(static_cast<const From*>(x.raw()), static_cast<To*>(y.mutable_raw()), x.size());
    });
  });
}

void cast_input(KernelCall& call, DType to) {
  const Tensor& x = call.input(0);
  if (x.dtype() == to) return call.set_output(0, x);
  cast(x, call.output(0, to, x.shape()));
}

Kernel bind_cast(const BindContext& context) {
  const int64_t* to = find_attribute<int64_t>(context.node, "to");
  if (to == nullptr) fail("attribute 'to' is missing");
  if (*to < 0 || *to > static_cast<int64_t>(DType::kInt2)) fail("type {} is not known", *to);
  const auto dtype = static_cast<DType>(*to);
  with_number(dtype, [](auto) {});
  return [dtype](KernelCall& call) { cast_input(call, dtype); };
}

Kernel bind_cast_like(const BindContext&) {
  return [](KernelCall& call) { cast_input(call, call.input(1).dtype()); };
}

}  // namespace

std::span<const OpSpec> cast_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Cast", bind_cast),
      reference_op("CastLike", bind_cast_like),
  };
  return kOps;
}

}  // namespace qtool
