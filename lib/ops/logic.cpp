#include "kernels/reference/bits.h"
#include "ops/broadcast.h"
#include "ops/registry.h"
#include "ops/unary.h"

namespace qtool {
namespace {

namespace ref = reference;

Kernel bind_bitwise_not(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(UnsignedTypes{}, unsigned_type(x.dtype()), [&]<class T>(std::type_identity<T>) {
      ref::map(static_cast<const T*>(x.raw()), static_cast<T*>(y.mutable_raw()), x.size(),
               ref::Not{});
    });
  };
}

Kernel bind_bit_shift(const BindContext& context) {
  const auto direction = context.attribute<std::string>("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    fail("attribute 'direction' is '{}', expected LEFT or RIGHT", direction);
  return [left = direction == "LEFT"](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& n = call.input(1);
    left ? run_binary<ref::ShiftLeft, UnsignedTypes, true>(call, x, n)
         : run_binary<ref::ShiftRight, IntegerTypes>(call, x, n);
  };
}

}  // namespace

std::span<const OpSpec> logic_ops() {
  using Bool = Types<bool>;
  static const std::vector<OpSpec> kOps = {
      unary<Bool>("Not", ref::Not{}),
      binary<ref::And, Bool>("And"),
      binary<ref::Or, Bool>("Or"),
      binary<ref::Xor, Bool>("Xor"),
      reference_op("BitwiseNot", bind_bitwise_not),
      modular_binary<ref::And, UnsignedTypes>("BitwiseAnd"),
      modular_binary<ref::Or, UnsignedTypes>("BitwiseOr"),
      modular_binary<ref::Xor, UnsignedTypes>("BitwiseXor"),
      reference_op("BitShift", bind_bit_shift),
  };
  return kOps;
}

}  // namespace qtool
