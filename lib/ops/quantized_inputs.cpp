#include "ops/quantized_inputs.h"

#include "kernels/reference/elementwise.h"
#include "ops/shapes.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

const Tensor& single(const KernelCall& call, std::size_t index) {
  const Tensor& tensor = call.input(index);
  if (tensor.size() != 1)
    fail("input {} of shape {} must have one element", index, to_string(tensor.shape()));
  return tensor;
}

}  // namespace

Tensor float_scale(const Tensor& scale) {
  const DType dtype = scale.dtype();
  if (dtype != DType::kFloat32 && dtype != DType::kFloat16 && dtype != DType::kBFloat16)
    fail("a scale of type {} is not supported", name(dtype));
  return cast(scale, DType::kFloat32);
}

float read_scale(const KernelCall& call, std::size_t index) {
  return *float_scale(single(call, index)).data<float>();
}

int32_t read_zero_point(const KernelCall& call, std::size_t index, DType dtype) {
  if (!call.has(index)) return 0;
  const Tensor& zero_point = single(call, index);
  if (zero_point.dtype() != dtype)
    fail("zero point of type {} does not fit values of type {}", name(zero_point.dtype()),
         name(dtype));
  return static_cast<int32_t>(to_int64s(zero_point).front());
}

Tensor along_axis(const Tensor& parameters, std::size_t after) {
  if (parameters.size() == 1) return parameters.reshaped({});
  if (parameters.rank() != 1) return parameters;
  Shape shape(1 + after, 1);
  shape[0] = parameters.size();
  return parameters.reshaped(shape);
}

void center(const Tensor& x, const Tensor* zero_point, std::size_t after, Tensor& result) {
  namespace ref = reference;
  auto* out = result.mutable_data<int32_t>();
  if (zero_point != nullptr) require_same_type(x, *zero_point);
  with_type(ByteTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    const Tensor zero =
        zero_point == nullptr ? Tensor::scalar(T{0}) : along_axis(*zero_point, after);
    if (zero.rank() > x.rank() || broadcast_shape(x.shape(), zero.shape()) != x.shape())
      fail("zero point {} does not fit shape {}", to_string(zero.shape()), to_string(x.shape()));
    const ref::Extents steps = ref::row_major_strides(x.shape());
    const ref::StridedLoop<3> loop(x.shape(),
                                   {steps, steps, ref::broadcast_strides(zero.shape(), x.shape())});
    ref::zip(loop, out, x.data<T>(), zero.data<T>(), [](T q, T z) { return int32_t{q} - z; });
  });
}

Tensor multipliers(KernelCall& call, float factor, const Tensor& scale, int64_t channels,
                   std::optional<float> y_scale) {
  if (scale.size() != 1 && (scale.size() != channels || scale.dim(scale.rank() - 1) != channels))
    fail("scale {} must have one element or one for each of {} channels", to_string(scale.shape()),
         channels);
  Tensor result = call.scratch(DType::kFloat32, {channels});
  auto* out = result.mutable_data<float>();
  const Tensor scales = float_scale(scale);
  const auto* in = scales.data<float>();
  for (int64_t c = 0; c < channels; ++c) {
    out[c] = factor * in[scale.size() == 1 ? 0 : c];
    if (y_scale) out[c] /= *y_scale;
  }
  return result;
}

}  // namespace qtool
