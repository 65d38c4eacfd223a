#include "kernels/reference/normalize.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

Kernel bind_lp_normalization(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", -1);
  const int64_t p = context.attribute<int64_t>("p", 2);
  if (p != 1 && p != 2) fail("attribute 'p' is {}, expected 1 or 2", p);
  return [axis, p = static_cast<int>(p)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const AxisSplit s = split_at(x.shape(), normalize_axis(axis, x.rank()));
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::lp_normalize(s.outer, s.axis, s.inner, p, x.data<T>(), y.mutable_data<T>());
    });
  };
}

// The function body that ONNX gives adds 1e-9 to the deviation.
Kernel bind_mean_variance_normalization(const BindContext& context) {
  return [axes = context.attribute<std::vector<int64_t>>("axes", {0, 2, 3})](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::vector<bool> normalized = axis_mask(axes, x.rank());
    Shape groups = x.shape();
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (normalized[i]) groups[i] = 1;
    const int64_t count = element_count(groups);
    const reference::StridedLoop<2> loop(
        x.shape(),
        {reference::broadcast_strides(groups, x.shape()), reference::row_major_strides(x.shape())});
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::normalize_groups(loop, count, count == 0 ? 0 : x.size() / count, 1e-9, x.data<T>(),
                                  y.mutable_data<T>());
    });
  };
}

Kernel bind_lrn(const BindContext& context) {
  const reference::LocalResponse parameters = {
      context.attribute<int64_t>("size", 0), context.attribute("alpha", 1e-4F),
      context.attribute("beta", 0.75F), context.attribute("bias", 1.0F)};
  if (parameters.size < 1) fail("attribute 'size' must be positive");
  return [parameters](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() < 2) fail("input {} has no channel axis", to_string(x.shape()));
    const AxisSplit s = split_at(x.shape(), 1);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::local_response(parameters, s.outer, s.axis, s.inner, x.data<T>(),
                                y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> normalization_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("LpNormalization", bind_lp_normalization),
      reference_op("MeanVarianceNormalization", bind_mean_variance_normalization),
      reference_op("LRN", bind_lrn),
  });
  return kOps;
}

}  // namespace qtool
