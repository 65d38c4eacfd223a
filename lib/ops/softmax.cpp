#include "kernels/reference/softmax.h"

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

// Before opset 13 the input is taken as a matrix whose rows begin at `axis`.
template <class F>
Kernel bind_rows(const BindContext& context) {
  const bool flatten = context.opset < 13;
  const int64_t axis = context.attribute<int64_t>("axis", flatten ? 1 : -1);
  return [flatten, axis](KernelCall& call) {
    const Tensor& x = call.input(0);
    AxisSplit s = split_at(x.shape(), normalize_axis(axis, x.rank()));
    if (flatten) s = {s.outer, s.axis * s.inner, 1};
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::map_rows(s.outer, s.axis, s.inner, x.data<T>(), y.mutable_data<T>(), F{});
    });
  };
}

}  // namespace

std::span<const OpSpec> softmax_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("Softmax", bind_rows<reference::Softmax>,
                   {.inputs = {Role::kActivation}, .fixed_output = std::pair{0.0F, 1.0F}}),
      reference_op("LogSoftmax", bind_rows<reference::LogSoftmax>),
      reference_op("Hardmax", bind_rows<reference::Hardmax>),
  });
  return kOps;
}

}  // namespace qtool
