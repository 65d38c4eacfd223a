#include "kernels/reference/det.h"

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

Kernel bind_det(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::size_t rank = x.rank();
    if (rank < 2 || x.dim(rank - 1) != x.dim(rank - 2))
      fail("input {} is not made of square matrices", to_string(x.shape()));
    const int64_t size = x.dim(rank - 1);
    Tensor& y = call.output(0, x.dtype(), {x.shape().begin(), x.shape().end() - 2});
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      for (int64_t i = 0; i < y.size(); ++i)
        y.mutable_data<T>()[i] = reference::determinant(size, x.data<T>() + i * size * size);
    });
  };
}

}  // namespace

std::span<const OpSpec> det_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({reference_op("Det", bind_det)});
  return kOps;
}

}  // namespace qtool
