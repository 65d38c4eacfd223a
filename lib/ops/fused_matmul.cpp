#include <algorithm>

#include "kernels/reference/copy.h"
#include "ops/batch_matmul.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/matmul_shape.h"
#include "ops/registry.h"
#include "ops/types.h"

// FusedMatMul and TransposeMatMul of domain com.microsoft.
namespace qtool {
namespace {

namespace ref = reference;

// What is done to an operand before it is multiplied.
struct OperandLayout {
  bool transpose;        // exchange the last two axes
  bool transpose_batch;  // before that, the first axis goes behind the batch axes

  // Which axis of x comes where. An operand with one axis stays as it is.
  std::vector<std::size_t> order(std::size_t rank) const {
    std::vector<std::size_t> axes;
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
    if (rank < 2) return axes;
    if (transpose_batch) std::rotate(axes.begin(), axes.begin() + 1, axes.end() - 1);
    if (transpose) std::swap(axes[rank - 1], axes[rank - 2]);
    return axes;
  }
};

struct FusedMatMul {
  OperandLayout a, b;
  float alpha;
};

// x as a product takes it.
Tensor arranged(KernelCall& call, const OperandLayout& layout, const Tensor& x) {
  if (!layout.transpose && !layout.transpose_batch) return x;
  const Shape own = ref::row_major_strides(x.shape());
  Shape shape, strides;
  for (const std::size_t axis : layout.order(x.rank())) {
    shape.push_back(x.dim(axis));
    strides.push_back(own[axis]);
  }
  Tensor y = call.scratch(x.dtype(), shape);
  ref::copy(ref::StridedLoop<2>(shape, {ref::row_major_strides(shape), strides}), element_bytes(x),
            y.mutable_raw(), x.raw());
  return y;
}

Kernel make_kernel(const BindContext& context, BatchMatMul matmul) {
  const auto flag = [&](const char* name) { return context.attribute<int64_t>(name, 0) != 0; };
  const FusedMatMul node = {{flag("transA"), flag("transBatchA")},
                            {flag("transB"), flag("transBatchB")},
                            context.attribute("alpha", 1.0F)};
  return [node, matmul = std::move(matmul)](KernelCall& call) {
    require_same_type(call.input(0), call.input(1));
    const Tensor a = arranged(call, node.a, call.input(0));
    const Tensor b = arranged(call, node.b, call.input(1));
    const MatMulPlan plan = resolve_matmul(a.shape(), b.shape());
    Tensor& y = call.output(0, a.dtype(), plan.output);
    matmul(plan.shape, a, b, y);
    if (node.alpha != 1) scale_in_place(y, node.alpha);
  };
}

Kernel bind_reference(const BindContext& context) {
  return make_kernel(context, reference_matmul());
}

Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return make_kernel(context, onednn_matmul(context.constant(1) != nullptr));
}

}  // namespace

std::span<const OpSpec> fused_matmul_ops() {
  static const std::vector<Binding> kBindings = {{Provider::kOneDnn, bind_onednn},
                                                 {Provider::kReference, bind_reference}};
  static const std::vector<OpSpec> kOps =
      halves_as_float({{"com.microsoft", "FusedMatMul", kBindings},
                       {"com.microsoft", "TransposeMatMul", kBindings}});
  return kOps;
}

}  // namespace qtool
