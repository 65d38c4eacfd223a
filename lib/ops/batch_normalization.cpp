#include <algorithm>
#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/normalize.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;
using Doubles = std::vector<double>;

struct BatchNormNode {
  double epsilon;
  double momentum;
  bool training;  // statistics are taken from the input
  bool spatial;   // one parameter a channel; else, in opset 7, one for each of its elements too
};

// Before opset 14 a node is in training mode if it asks for more than Y.
bool is_training(const BindContext& context) {
  if (context.opset >= 14) return context.attribute<int64_t>("training_mode", 0) != 0;
  const auto& outputs = context.node.outputs;
  return std::any_of(outputs.begin(), outputs.end(), [&](const ValueId& output) {
    return &output != outputs.data() && output != ValueId::kNone;
  });
}

// Parameter `index` as double; it may be of another floating-point type than x.
Doubles read_parameter(const KernelCall& call, std::size_t index, int64_t channels) {
  const Tensor& tensor = call.input(index);
  if (tensor.size() != channels)
    fail("input {} of shape {} must have {} elements", index, to_string(tensor.shape()), channels);
  Doubles result(static_cast<std::size_t>(channels));
  with_type(FloatTypes{}, tensor.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(tensor.data<T>(), result.data(), channels);
  });
  return result;
}

void store(KernelCall& call, std::size_t output, std::size_t like, const Doubles& values) {
  const DType dtype = call.input(like).dtype();
  Tensor& tensor = call.output(output, dtype, call.input(like).shape());
  with_type(FloatTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    ref::convert(values.data(), tensor.mutable_data<T>(), tensor.size());
  });
}

// x as [batch, channels, inner]. A single axis is the batch of one channel.
AxisSplit split_channels(const Shape& x, bool spatial) {
  if (x.empty()) fail("the input is a scalar");
  if (x.size() == 1) return {x[0], 1, 1};
  AxisSplit s = split_at(x, 1);
  if (!spatial) s = {s.outer, s.axis * s.inner, 1};
  return s;
}

// Statistics of the batch, which replace `mean` and `variance`. Outputs: running mean and
// variance and, before opset 14, those of the batch.
void train(const BatchNormNode& node, const AxisSplit& s, Doubles& mean, Doubles& variance,
           KernelCall& call) {
  const Tensor& x = call.input(0);
  const Doubles old[] = {mean, variance};
  with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::channel_moments(s.outer, s.axis, s.inner, x.data<T>(), mean.data(), variance.data());
  });
  for (std::size_t k = 0; k < 2; ++k) {
    const Doubles& current = k == 0 ? mean : variance;
    Doubles running = old[k];
    for (std::size_t c = 0; c < running.size(); ++c)
      running[c] = running[c] * node.momentum + current[c] * (1 - node.momentum);
    store(call, 1 + k, 3 + k, running);
    store(call, 3 + k, 3 + k, current);
  }
}

Kernel bind_batch_normalization(const BindContext& context) {
  const BatchNormNode node = {context.attribute("epsilon", 1e-5F),
                              context.attribute("momentum", 0.9F), is_training(context),
                              context.attribute<int64_t>("spatial", 1) != 0};
  return [node](KernelCall& call) {
    const Tensor& x = call.input(0);
    const AxisSplit s = split_channels(x.shape(), node.spatial);
    Doubles factor = read_parameter(call, 1, s.axis);
    Doubles offset = read_parameter(call, 2, s.axis);
    Doubles mean = read_parameter(call, 3, s.axis);
    Doubles variance = read_parameter(call, 4, s.axis);
    if (node.training) train(node, s, mean, variance, call);
    for (std::size_t c = 0; c < factor.size(); ++c) {
      factor[c] /= std::sqrt(variance[c] + node.epsilon);
      offset[c] -= mean[c] * factor[c];
    }
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::scale_channels(s.outer, s.axis, s.inner, x.data<T>(), factor.data(), offset.data(),
                          y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> batch_normalization_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({reference_op("BatchNormalization", bind_batch_normalization,
                                    {.inputs = {Role::kActivation, Role::kPlain}})});
  return kOps;
}

}  // namespace qtool
