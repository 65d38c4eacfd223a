#include "kernels/onednn/matmul.h"

#include <memory>

#include "kernels/reference/convert.h"
#include "kernels/reference/elementwise.h"
#include "kernels/reference/matmul.h"
#include "ops/fused.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/matmul_shape.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;
using MatMulTypes = Types<float, double, int32_t, uint32_t, int64_t, uint64_t>;

void reference_product(const MatMulPlan& plan, float alpha, const Tensor& a, const Tensor& b,
                       Tensor& y) {
  if (y.size() == 0) return;
  with_type(MatMulTypes{}, a.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::matmul(plan.shape, alpha, a.data<T>(), b.data<T>(), y.mutable_data<T>());
  });
}

// MatMul, also a fused one: y = clip(a · b + bias), the bias a row.
void check_bias(const KernelCall& call, const MatMulPlan& plan) {
  require_same_type(call.input(0), call.input(2));
  if (call.input(2).size() != plan.shape.n)
    fail("bias {} must have {} entries", to_string(call.input(2).shape()), plan.shape.n);
}

Kernel bind_reference_matmul(const BindContext& context) {
  return [clip = read_clip(context)](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    require_same_type(a, b);
    const MatMulPlan plan = resolve_matmul(a.shape(), b.shape());
    Tensor& y = call.output(0, a.dtype(), plan.output);
    reference_product(plan, 1, a, b, y);
    if (call.has(2)) {
      check_bias(call, plan);
      add_in_place(y, call.input(2).reshaped({plan.shape.n}));
    }
    apply_clip(clip, y);
  };
}

// The product of inputs 0 and 1.
void multiply(onednn::MatMul& matmul, const MatMulPlan& plan,
              const onednn::MatMul::Epilogue& epilogue, const float* bias, KernelCall& call,
              Tensor& y) {
  const float* b = matmul.has_b() ? nullptr : call.input(1).data<float>();
  matmul.run(plan.shape, epilogue, call.input(0).data<float>(), b, bias, y.mutable_data<float>());
  if (matmul.has_b()) call.let_go(1);
}

Kernel bind_onednn_matmul(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const auto matmul = std::make_shared<onednn::MatMul>(context.constant(1) != nullptr);
  return [clip = read_clip(context), matmul,
          reference = bind_reference_matmul(context)](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    require_same_type(a, b);
    const MatMulPlan plan = resolve_matmul(a.shape(), b.shape());
    if (!onednn::MatMul::serves(plan.shape)) return reference(call);
    if (call.has(2)) check_bias(call, plan);
    Tensor& y = call.output(0, DType::kFloat32, plan.output);
    multiply(*matmul, plan, {1, clip}, call.has(2) ? call.input(2).data<float>() : nullptr, call,
             y);
  };
}

// y = clip(alpha · a' · b' + beta · c).
struct GemmNode {
  float alpha;
  float beta;
  bool transpose_a;
  bool transpose_b;
  ClipRange clip;
};

GemmNode read_gemm(const BindContext& context) {
  return {context.attribute("alpha", 1.0F), context.attribute("beta", 1.0F),
          context.attribute<int64_t>("transA", 0) != 0,
          context.attribute<int64_t>("transB", 0) != 0, read_clip(context)};
}

// The shapes of a call, checked. c is broadcast to the output.
MatMulPlan resolve(const GemmNode& node, const KernelCall& call) {
  const Tensor& a = call.input(0);
  const Tensor& b = call.input(1);
  require_same_type(a, b);
  MatMulPlan plan = resolve_gemm(a.shape(), node.transpose_a, b.shape(), node.transpose_b);
  if (call.has(2)) {
    const Tensor& c = call.input(2);
    require_same_type(a, c);
    if (c.rank() > 2 || broadcast_shape(plan.output, c.shape()) != plan.output)
      fail("input C {} cannot be broadcast to {}", to_string(c.shape()), to_string(plan.output));
  }
  return plan;
}

// sum + beta · addend. Integers wrap around unless a factor takes them to double.
template <class T>
T add_scaled(T sum, T addend, float beta) {
  if constexpr (std::is_integral_v<T>) {
    if (beta == 1)
      return static_cast<T>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(addend));
    return ref::convert_value<T>(static_cast<double>(sum) + beta * static_cast<double>(addend));
  } else {
    return static_cast<T>(beta == 1 ? sum + addend : sum + beta * static_cast<double>(addend));
  }
}

// y = clip(y + beta · c).
void add_c(const GemmNode& node, const KernelCall& call, Tensor& y) {
  if (call.has(2)) {
    const Tensor& c = call.input(2);
    const ref::StridedLoop<3> loop(
        y.shape(), {ref::row_major_strides(y.shape()), ref::row_major_strides(y.shape()),
                    ref::broadcast_strides(c.shape(), y.shape())});
    with_type(MatMulTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
      T* data = y.mutable_data<T>();
      ref::zip(loop, data, data, c.data<T>(),
               [beta = node.beta](T sum, T addend) { return add_scaled(sum, addend, beta); });
    });
  }
  apply_clip(node.clip, y);
}

Kernel bind_reference_gemm(const BindContext& context) {
  return [node = read_gemm(context)](KernelCall& call) {
    const MatMulPlan plan = resolve(node, call);
    Tensor& y = call.output(0, call.input(0).dtype(), plan.output);
    reference_product(plan, node.alpha, call.input(0), call.input(1), y);
    add_c(node, call, y);
  };
}

// Whether c can go into the product as its bias: it is one row, and nothing is scaled.
bool is_bias(const GemmNode& node, const Tensor& c, int64_t n) {
  return node.alpha == 1 && node.beta == 1 && c.size() == n &&
         (c.rank() == 0 || c.shape().back() == n);
}

Kernel bind_onednn_gemm(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  const auto matmul = std::make_shared<onednn::MatMul>(context.constant(1) != nullptr);
  return [node = read_gemm(context), matmul](KernelCall& call) {
    const MatMulPlan plan = resolve(node, call);
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(1);
    Tensor& y = call.output(0, DType::kFloat32, plan.output);
    if (!onednn::MatMul::serves(plan.shape)) {
      reference_product(plan, node.alpha, a, b, y);
      return add_c(node, call, y);
    }
    const bool separate = call.has(2) && !is_bias(node, call.input(2), plan.shape.n);
    const float* bias = call.has(2) && !separate ? call.input(2).data<float>() : nullptr;
    multiply(*matmul, plan, {node.alpha, separate ? ClipRange{} : node.clip}, bias, call, y);
    if (separate) add_c(node, call, y);
  };
}

// Columns of the weight: its last axis, counted from the back as its rank is not known here.
int matmul_weight_axis(const Node&) { return -1; }
int gemm_weight_axis(const Node& node) {
  return attribute_or<int64_t>(node, "transB", 0) != 0 ? 0 : 1;
}

}  // namespace

std::span<const OpSpec> matmul_ops() {
  static const std::vector<Binding> kMatMul = {{Provider::kOneDnn, bind_onednn_matmul},
                                               {Provider::kReference, bind_reference_matmul}};
  static const std::vector<Binding> kGemm = {{Provider::kOneDnn, bind_onednn_gemm},
                                             {Provider::kReference, bind_reference_gemm}};
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"",
       "MatMul",
       kMatMul,
       {.inputs = {Role::kActivation, Role::kWeight},
        .weight_axis = matmul_weight_axis,
        .qoperator = "QLinearMatMul"}},
      {"",
       "Gemm",
       kGemm,
       {.inputs = {Role::kActivation, Role::kWeight, Role::kBias},
        .weight_axis = gemm_weight_axis,
        .qoperator = "com.microsoft.QGemm"}},
      {kInternalDomain, "FusedGemm", kGemm},
      {kInternalDomain, "FusedMatMul", kMatMul},
  });
  return kOps;
}

}  // namespace qtool
