#include "ops/half_as_float.h"

#include <algorithm>
#include <memory>

#include "kernels/reference/convert.h"

namespace qtool {
namespace {

bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }

bool may_have_halves(const BindContext& context) {
  for (std::size_t i = 0; i < context.input_types.size(); ++i)
    if (context.has(i) && (is_half(context.dtype(i)) || context.dtype(i) == DType::kUndefined))
      return true;
  return false;
}

template <class From, class To>
Tensor convert(const Tensor& x, Tensor y) {
  reference::convert(x.data<From>(), y.mutable_data<To>(), x.size());
  return y;
}

Tensor widened(const Tensor& x, Tensor y) {
  return x.dtype() == DType::kFloat16 ? convert<Half, float>(x, std::move(y))
                                      : convert<BFloat16, float>(x, std::move(y));
}

Tensor narrowed(const Tensor& x, Tensor y) {
  return y.dtype() == DType::kFloat16 ? convert<float, Half>(x, std::move(y))
                                      : convert<float, BFloat16>(x, std::move(y));
}

// Inputs of a call with the 16-bit ones widened; constants were widened before.
struct WideInputs {
  std::vector<Datum> data;
  std::vector<const Datum*> inputs;
  DType half = DType::kUndefined;  // type of the first 16-bit one

  WideInputs(KernelCall& call, const std::vector<std::shared_ptr<const Tensor>>& constants) {
    data.reserve(call.input_count());
    for (std::size_t i = 0; i < call.input_count(); ++i) {
      inputs.push_back(call.has(i) ? &call.datum(i) : nullptr);
      if (!call.has(i) || !call.datum(i).is_tensor() || !is_half(call.input(i).dtype())) continue;
      const Tensor& x = call.input(i);
      if (half == DType::kUndefined) half = x.dtype();
      data.push_back(i < constants.size() && constants[i]
                         ? *constants[i]
                         : widened(x, call.scratch(DType::kFloat32, x.shape())));
      inputs[i] = &data.back();
    }
  }
};

void run(const Kernel& kernel, const std::vector<std::shared_ptr<const Tensor>>& constants,
         const std::vector<bool>& stays_wide, KernelCall& call) {
  const WideInputs wide(call, constants);
  if (wide.half == DType::kUndefined) return kernel(call);
  std::vector<Datum> outputs(call.output_count());
  KernelCall inner = call.with(wide.inputs, outputs);
  kernel(inner);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Datum& output = outputs[i];
    if (output.is_tensor() && output.tensor().dtype() == DType::kFloat32 && !stays_wide[i]) {
      const Tensor& y = output.tensor();
      output = narrowed(y, call.scratch(wide.half, y.shape()));
    }
    call.set_output(i, std::move(output));
  }
}

}  // namespace

std::vector<OpSpec> halves_as_float(std::vector<OpSpec> ops) {
  for (OpSpec& op : ops) op.halves_as_float = true;
  return ops;
}

Kernel bind_half_as_float(const std::function<Kernel(const BindContext&)>& bind,
                          const BindContext& context) {
  if (!may_have_halves(context)) return bind(context);
  BindContext wide = context;
  std::vector<std::shared_ptr<const Tensor>> constants(context.constants.size());
  for (std::size_t i = 0; i < wide.input_types.size(); ++i) {
    if (is_half(wide.dtype(i))) wide.input_types[i].dtype = DType::kFloat32;
    const Tensor* constant = wide.constant(i);
    if (constant == nullptr || !is_half(constant->dtype())) continue;
    constants[i] = std::make_shared<const Tensor>(
        widened(*constant, Tensor(DType::kFloat32, constant->shape())));
    wide.constants[i] = constants[i].get();
  }
  std::vector<bool> stays_wide;
  for (const ValueType& type : context.output_types)
    stays_wide.push_back(type.dtype == DType::kFloat32);
  Kernel kernel = bind(wide);
  if (!kernel) return {};
  return [kernel = std::move(kernel), constants, stays_wide](KernelCall& call) {
    run(kernel, constants, stays_wide, call);
  };
}

}  // namespace qtool
