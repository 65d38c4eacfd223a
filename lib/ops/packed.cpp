#include "ops/packed.h"

#include "base/packed.h"

namespace qtool {
namespace {

const Tensor* tensor_at(const KernelCall& call, std::size_t i) {
  return call.has(i) && call.datum(i).is_tensor() ? &call.input(i) : nullptr;
}

// The packed type among the inputs, or kUndefined. It must be the only one, and not meet uint8,
// for which it is going to be taken.
DType packed_type(const KernelCall& call) {
  DType packed = DType::kUndefined;
  DType bytes = DType::kUndefined;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    const Tensor* x = tensor_at(call, i);
    if (x == nullptr || (!is_packed(x->dtype()) && x->dtype() != DType::kUInt8)) continue;
    if (is_packed(x->dtype())) packed = x->dtype();
    if (bytes == DType::kUndefined) bytes = x->dtype();
    if (packed != DType::kUndefined && bytes != x->dtype())
      fail("inputs have different element types, {} and {}", name(bytes), name(x->dtype()));
  }
  return packed;
}

void run(const Kernel& kernel, KernelCall& call, DType type) {
  std::vector<Datum> data(call.input_count());
  std::vector<const Datum*> inputs(call.input_count(), nullptr);
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!call.has(i)) continue;
    const Tensor* x = tensor_at(call, i);
    data[i] = x != nullptr && x->dtype() == type ? unpacked(call, *x) : call.datum(i);
    inputs[i] = &data[i];
  }
  std::vector<Datum> outputs(call.output_count());
  KernelCall inner = call.with(inputs, outputs);
  kernel(inner);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool moved = outputs[i].is_tensor() && outputs[i].tensor().dtype() == DType::kUInt8;
    call.set_output(i, moved ? packed(call, outputs[i].tensor(), type) : std::move(outputs[i]));
  }
}

}  // namespace

Tensor unpacked(KernelCall& call, const Tensor& x) {
  Tensor y = call.scratch(DType::kUInt8, x.shape());
  unpack(bits(x.dtype()), static_cast<const uint8_t*>(x.raw()), x.size(),
         y.mutable_data<uint8_t>());
  return y;
}

Tensor packed(KernelCall& call, const Tensor& x, DType dtype) {
  Tensor y = call.scratch(dtype, x.shape());
  pack(bits(dtype), x.data<uint8_t>(), x.size(), static_cast<uint8_t*>(y.mutable_raw()));
  return y;
}

Kernel moves_packed(Kernel kernel) {
  return [kernel = std::move(kernel)](KernelCall& call) {
    const DType type = packed_type(call);
    if (type == DType::kUndefined) return kernel(call);
    run(kernel, call, type);
  };
}

}  // namespace qtool
