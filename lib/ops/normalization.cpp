#include "kernels/reference/normalize.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

Kernel bind_batch_normalization(const BindContext& context) {
  if (context.attribute<int64_t>("training_mode", 0) != 0 || context.node.outputs.size() > 1)
    fail("training is not supported; export the model for inference");
  if (context.attribute<int64_t>("spatial", 1) == 0) fail("spatial = 0 is not supported");
  return [epsilon = context.attribute("epsilon", 1e-5F)](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() < 2) fail("input {} has no channel axis", to_string(x.shape()));
    for (std::size_t i = 1; i < 5; ++i) {
      require_same_type(x, call.input(i));
      if (call.input(i).shape() != Shape{x.dim(1)})
        fail("input {} of shape {} must be [{}]", i, to_string(call.input(i).shape()), x.dim(1));
    }
    const AxisSplit s = split_at(x.shape(), 1);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::batch_normalization(s.outer, s.axis, s.inner, epsilon, x.data<T>(),
                                     call.input(1).data<T>(), call.input(2).data<T>(),
                                     call.input(3).data<T>(), call.input(4).data<T>(),
                                     y.mutable_data<T>());
    });
  };
}

// Output `index` of one float per normalized row, or null if the node does not have it.
float* row_output(KernelCall& call, std::size_t index, const Shape& shape) {
  if (call.output_count() <= index) return nullptr;
  return call.output(index, DType::kFloat32, shape).mutable_data<float>();
}

// Scale or bias of LayerNormalization; it must have the shape of what is normalized.
const Tensor& row_parameter(const KernelCall& call, std::size_t index, const Shape& row) {
  const Tensor& tensor = call.input(index);
  require_same_type(call.input(0), tensor);
  if (tensor.shape() != row)
    fail("input {} of shape {} must be {}", index, to_string(tensor.shape()), to_string(row));
  return tensor;
}

Kernel bind_layer_normalization(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", -1);
  const float epsilon = context.attribute("epsilon", 1e-5F);
  return [axis, epsilon](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int at = normalize_axis(axis, x.rank());
    const Shape row(x.shape().begin() + at, x.shape().end());
    Shape statistics = x.shape();
    std::fill(statistics.begin() + at, statistics.end(), 1);
    const Tensor& scale = row_parameter(call, 1, row);
    const Tensor* bias = call.has(2) ? &row_parameter(call, 2, row) : nullptr;
    Tensor& y = call.output(0, x.dtype(), x.shape());
    float* mean = row_output(call, 1, statistics);
    float* inverse_deviation = row_output(call, 2, statistics);
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::layer_normalization(element_count(statistics), element_count(row), epsilon,
                                     x.data<T>(), scale.data<T>(),
                                     bias == nullptr ? nullptr : bias->data<T>(),
                                     y.mutable_data<T>(), mean, inverse_deviation);
    });
  };
}

}  // namespace

std::span<const OpSpec> normalization_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("BatchNormalization", bind_batch_normalization),
      reference_op("LayerNormalization", bind_layer_normalization),
  });
  return kOps;
}

}  // namespace qtool
