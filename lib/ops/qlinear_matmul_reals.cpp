#include "ops/qlinear_matmul_reals.h"

#include "kernels/reference/elementwise.h"
#include "kernels/reference/matmul.h"
#include "ops/broadcast.h"
#include "ops/quantized_inputs.h"
#include "ops/shapes.h"
#include "tensor/cast.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

namespace ref = reference;

// f(a, b) of float64 tensors, broadcast. Throws Error unless that has `shape`.
template <class F>
Tensor combine(const Tensor& a, const Tensor& b, const Shape& shape, F f) {
  if (broadcast_shape(a.shape(), b.shape()) != shape)
    fail("parameters of shape {} do not fit shape {}", to_string(b.shape()), to_string(shape));
  Tensor y(DType::kFloat64, shape);
  ref::zip(broadcast_loop(shape, a.shape(), b.shape()), y.mutable_data<double>(), a.data<double>(),
           b.data<double>(), f);
  return y;
}

// A scale or zero point; a vector runs along the rows of a matrix, or else its columns.
Tensor parameters(const Tensor& tensor, const Tensor& matrix, bool rows) {
  return along_axis(cast(tensor, DType::kFloat64), rows && matrix.rank() > 1 ? 1 : 0);
}

// scale · (x − zero point), input `index` and the two behind it.
Tensor dequantized(const KernelCall& call, std::size_t index, bool rows) {
  const Tensor& x = call.input(index);
  require_same_type(x, call.input(index + 2));
  const Tensor centered =
      combine(cast(x, DType::kFloat64), parameters(call.input(index + 2), x, rows), x.shape(),
              std::minus<>{});
  return combine(centered, parameters(float_scale(call.input(index + 1)), x, rows), x.shape(),
                 std::multiplies<>{});
}

}  // namespace

void qlinear_matmul_in_reals(KernelCall& call, const MatMulPlan& plan) {
  const Tensor a = dequantized(call, 0, true);
  const Tensor b = dequantized(call, 3, false);
  const QuantParams params =
      params_from_tensors(float_scale(call.input(6)), &call.input(7), 0, plan.output);
  if (!params.per_tensor()) fail("the output must have one scale");
  Tensor sums(DType::kFloat64, plan.output);
  ref::matmul(plan.shape, 1, a.data<double>(), b.data<double>(), sums.mutable_data<double>());
  quantize(cast(sums, DType::kFloat32), params, call.output(0, params.dtype, plan.output));
}

}  // namespace qtool
