#include "kernels/reference/copy.h"
#include "ops/broadcast.h"
#include "ops/registry.h"

namespace qtool {
namespace {

Kernel bind_where(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& condition = call.input(0);
    const Tensor& a = call.input(1);
    const Tensor& b = call.input(2);
    if (condition.dtype() != DType::kBool)
      fail("the condition is {}, expected bool", name(condition.dtype()));
    require_same_type(a, b);
    const Shape shape = broadcast_shape(condition.shape(), broadcast_shape(a.shape(), b.shape()));
    Tensor& y = call.output(0, a.dtype(), shape);
    reference::select(broadcast_loop(shape, condition.shape(), a.shape(), b.shape()),
                      element_bytes(a), y.mutable_raw(), condition.data<bool>(), a.raw(), b.raw());
  };
}

}  // namespace

std::span<const OpSpec> where_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Where", bind_where, {.inputs = {Role::kPlain, Role::kActivation}})};
  return kOps;
}

}  // namespace qtool
