#include <algorithm>

#include "ops/registry.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// Inputs 1 and 2 of QuantizeLinear and DequantizeLinear.
QuantParams read_params(const KernelCall& call, int axis) {
  const Tensor* zero_point = call.has(2) ? &call.input(2) : nullptr;
  return params_from_tensors(call.input(1), zero_point, axis, call.input(0).rank());
}

const Tensor& float_input(const KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.dtype() != DType::kFloat32) fail("input type {} is not supported", name(x.dtype()));
  return x;
}

int read_axis(const BindContext& context) {
  if (context.attribute<int64_t>("block_size", 0) != 0)
    fail("quantization in blocks is not supported");
  return static_cast<int>(context.attribute<int64_t>("axis", 1));
}

Kernel bind_quantize(const BindContext& context) {
  const auto stated = static_cast<DType>(context.attribute<int64_t>("output_dtype", 0));
  return [axis = read_axis(context), stated](KernelCall& call) {
    const Tensor& x = float_input(call);
    QuantParams params = read_params(call, axis);
    if (!call.has(2) && stated != DType::kUndefined) params.dtype = stated;
    quantize(x, params, call.output(0, params.dtype, x.shape()));
  };
}

Kernel bind_dequantize(const BindContext& context) {
  return [axis = read_axis(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const QuantParams params = read_params(call, axis);
    if (call.has(2) && params.dtype != x.dtype())
      fail("zero point of type {} does not fit values of type {}", name(params.dtype),
           name(x.dtype()));
    dequantize(x, params, call.output(0, DType::kFloat32, x.shape()));
  };
}

// Smallest and largest element, widened to contain 0. In lanes, as a vector unit works.
std::pair<float, float> range_of(const Tensor& x) {
  constexpr int64_t kLanes = 16;
  const auto* values = x.data<float>();
  float min[kLanes] = {};
  float max[kLanes] = {};
  const auto take = [&](int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const float value = values[first + i];
      min[i] = value < min[i] ? value : min[i];
      max[i] = value > max[i] ? value : max[i];
    }
  };
  const int64_t whole = x.size() / kLanes * kLanes;
  for (int64_t i = 0; i < whole; i += kLanes) take(i, kLanes);
  take(whole, x.size() - whole);
  return {*std::min_element(min, min + kLanes), *std::max_element(max, max + kLanes)};
}

void dynamic_quantize(KernelCall& call) {
  const Tensor& x = float_input(call);
  const auto [min, max] = range_of(x);
  const QuantParams params = choose_params(min, max, DType::kUInt8, false);
  quantize(x, params, call.output(0, DType::kUInt8, x.shape()));
  *call.output(1, DType::kFloat32, {}).mutable_data<float>() = params.scale[0];
  *call.output(2, DType::kUInt8, {}).mutable_data<uint8_t>() =
      static_cast<uint8_t>(params.zero_point[0]);
}

Kernel bind_dynamic_quantize(const BindContext&) { return dynamic_quantize; }

}  // namespace

std::span<const OpSpec> quantize_ops() {
  static const std::vector<Binding> kQuantize = {{Provider::kReference, bind_quantize}};
  static const std::vector<Binding> kDequantize = {{Provider::kReference, bind_dequantize}};
  static const std::vector<OpSpec> kOps = {
      {"", "QuantizeLinear", kQuantize},
      {"", "DequantizeLinear", kDequantize},
      {"com.microsoft", "QuantizeLinear", kQuantize},
      {"com.microsoft", "DequantizeLinear", kDequantize},
      {"", "DynamicQuantizeLinear", {{Provider::kReference, bind_dynamic_quantize}}},
  };
  return kOps;
}

}  // namespace qtool
