#include "kernels/reference/softmax.h"

#include "kernels/simd/rowwise.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"
#include "ops/with_simd.h"

namespace qtool {
namespace {

// Where the rows of the input lie. Before opset 13 it is taken as a matrix whose rows begin at
// `axis`.
class Rows {
 public:
  explicit Rows(const BindContext& context)
      : flatten_(context.opset < 13),
        axis_(context.attribute<int64_t>("axis", flatten_ ? 1 : -1)) {}
  AxisSplit split(const Tensor& x) const {
    const AxisSplit s = split_at(x.shape(), normalize_axis(axis_, x.rank()));
    return flatten_ ? AxisSplit{s.outer, s.axis * s.inner, 1} : s;
  }

 private:
  bool flatten_;
  int64_t axis_;
};

template <class F>
Kernel bind_rows(const BindContext& context) {
  return [rows = Rows(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const AxisSplit s = rows.split(x);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::map_rows(s.outer, s.axis, s.inner, x.data<T>(), y.mutable_data<T>(), F{});
    });
  };
}

using RowFunction = void (*)(int64_t rows, int64_t size, const float* x, float* y);

// In vectors, if rows lie along the last axis; others one element at a time.
template <RowFunction kRows, class F>
Kernel bind_simd_rows(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [rows = Rows(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const AxisSplit s = rows.split(x);
    Tensor& y = call.output(0, DType::kFloat32, x.shape());
    if (x.size() == 0) return;
    if (s.inner == 1)
      kRows(s.outer, s.axis, x.data<float>(), y.mutable_data<float>());
    else
      reference::map_rows(s.outer, s.axis, s.inner, x.data<float>(), y.mutable_data<float>(), F{});
  };
}

}  // namespace

std::span<const OpSpec> softmax_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      with_simd(
          bind_simd_rows<simd::softmax_rows, reference::Softmax>,
          reference_op("Softmax", bind_rows<reference::Softmax>,
                       {.inputs = {Role::kActivation}, .fixed_output = std::pair{0.0F, 1.0F}})),
      with_simd(bind_simd_rows<simd::log_softmax_rows, reference::LogSoftmax>,
                reference_op("LogSoftmax", bind_rows<reference::LogSoftmax>)),
      reference_op("Hardmax", bind_rows<reference::Hardmax>),
  });
  return kOps;
}

}  // namespace qtool
