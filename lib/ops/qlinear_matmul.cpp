#include <algorithm>
#include <memory>

#include "kernels/onednn/matmul.h"
#include "kernels/onednn/qconv.h"
#include "kernels/reference/binary.h"
#include "kernels/reference/elementwise.h"
#include "kernels/reference/matmul.h"
#include "kernels/simd/integer_conv.h"
#include "kernels/simd/quantize.h"
#include "kernels/simd/requantize.h"
#include "ops/matmul_shape.h"
#include "ops/qlinear_matmul_reals.h"
#include "ops/quantized_inputs.h"
#include "ops/registry.h"
#include "ops/shapes.h"

namespace qtool {
namespace {

namespace ref = reference;

// Where MatMulInteger, QLinearMatMul and QGemm have the inputs that they share, and whether a
// matrix lies transposed.
struct Operands {
  std::size_t a;
  std::size_t a_zero_point;
  std::size_t b;
  std::size_t b_zero_point;
  bool transpose_a = false;
  bool transpose_b = false;
};
constexpr Operands kMatMulInteger = {0, 2, 1, 3};
constexpr Operands kQLinearMatMul = {0, 2, 3, 5};
constexpr Operands kMatMulIntegerToFloat = {0, 4, 1, 5};

Operands read_qgemm(const BindContext& context) {
  return {0,
          2,
          3,
          5,
          context.attribute<int64_t>("transA", 0) != 0,
          context.attribute<int64_t>("transB", 0) != 0};
}

const Tensor* optional_input(const KernelCall& call, std::size_t index) {
  return call.has(index) ? &call.input(index) : nullptr;
}

// The axis of `matrix` along which a 1-D zero point runs is followed by this many more.
std::size_t axes_after(const Tensor& matrix, bool last_but_one) {
  return last_but_one && matrix.rank() > 1 ? 1 : 0;
}

void center_b(const Operands& operands, const Tensor& b, const Tensor* zero_point, Tensor& result) {
  center(b, zero_point, axes_after(b, operands.transpose_b), result);
}

int64_t row_count(const MatMulPlan& plan) {
  return plan.shape.n == 0 ? 0 : element_count(plan.output) / plan.shape.n;
}

// The reference's way from the inputs to y [rows, n], by a Requantize.
struct ReferenceMatMul {
  Operands operands;

  template <class T>
  void operator()(KernelCall& call, const MatMulPlan& plan, const int32_t* bias,
                  const Requantize<T>& rule, T* y) const {
    const Tensor& a = call.input(operands.a);
    const Tensor& b = call.input(operands.b);
    Tensor a32 = call.scratch(DType::kInt32, a.shape());
    Tensor b32 = call.scratch(DType::kInt32, b.shape());
    Tensor sums = call.scratch(DType::kInt32, plan.output);
    center(a, optional_input(call, operands.a_zero_point), axes_after(a, !operands.transpose_a),
           a32);
    center_b(operands, b, optional_input(call, operands.b_zero_point), b32);
    auto* acc = sums.mutable_data<int32_t>();
    ref::matmul(plan.shape, 1, a32.data<int32_t>(), b32.data<int32_t>(), acc);
    const int64_t n = plan.shape.n;
    for (int64_t i = 0; bias != nullptr && i < sums.size(); ++i)
      acc[i] = ref::Add{}(acc[i], bias[i % n]);
    requantize(acc, row_count(plan), n, 1, rule, y);
  }
};

// oneDNN's or our own: the convolution of rows as pixels.
template <class Conv>
struct PackedMatMul {
  Operands operands;
  std::shared_ptr<Conv> conv;

  template <class T>
  void operator()(KernelCall& call, const MatMulPlan& plan, const int32_t* bias,
                  const Requantize<T>& rule, T* y) const {
    const Tensor& a = call.input(operands.a);
    const Window::Sizes rows = {1, row_count(plan), 1};
    const ConvShape shape = {.window = {.input = rows, .output = rows},
                             .in_channels = plan.shape.k,
                             .out_channels = plan.shape.n};
    Tensor scratch =
        call.scratch(DType::kUInt8, {static_cast<int64_t>(conv->scratch_bytes(shape))});
    const ByteInput bytes = {a.raw(), a.dtype() == DType::kInt8,
                             read_zero_point(call, operands.a_zero_point, a.dtype())};
    conv->run(shape, bytes, bias, rule, static_cast<std::byte*>(scratch.mutable_raw()), y);
    call.let_go(operands.b);
  }
};

// Whether the zero point of a may have more than one entry.
bool is_per_row(const BindContext& context, std::size_t index) {
  if (!context.has(index)) return false;
  if (const Tensor* constant = context.constant(index)) return constant->size() != 1;
  const auto shape = static_shape(context.input_types[index]);
  return !shape || element_count(*shape) != 1;
}

// b [k, n] less its zero point, as the weight [n, k] of a convolution.
std::vector<int32_t> weight_rows(const Operands& operands, const Tensor& b,
                                 const Tensor* zero_point, const ConvShape& shape) {
  Tensor centered(DType::kInt32, b.shape());
  center_b(operands, b, zero_point, centered);
  std::vector<int32_t> rows = centered.to_vector<int32_t>();
  if (operands.transpose_b) return rows;
  const auto* in = centered.data<int32_t>();
  auto out = rows.begin();
  for (int64_t j = 0; j < shape.out_channels; ++j)
    for (int64_t l = 0; l < shape.in_channels; ++l) *out++ = in[l * shape.out_channels + j];
  return rows;
}

// The product of two activations: in float, as oneDNN has no exact one of u8 by u8. Sums of at most
// 2^24 are exact there; longer ones are added up of several products.
struct RealMatMul {
  Operands operands;
  std::shared_ptr<onednn::MatMul> matmul;

  template <class T>
  void operator()(KernelCall& call, const MatMulPlan& plan, const int32_t* bias,
                  const Requantize<T>& rule, T* y) const {
    const Tensor& a = call.input(operands.a);
    const Tensor& b = call.input(operands.b);
    if (!is_byte(a.dtype()) || !is_byte(b.dtype()) || is_many(call, operands.a_zero_point) ||
        is_many(call, operands.b_zero_point) || !onednn::MatMul::serves(plan.shape))
      return ReferenceMatMul{operands}(call, plan, bias, rule, y);
    const Centered centered_a(call, a, operands.a_zero_point);
    const Centered centered_b(call, b, operands.b_zero_point);
    const MatMulShape& shape = plan.shape;
    const int64_t at_once =
        std::min(shape.k, (int64_t{1} << 24) / (centered_a.largest() * centered_b.largest()));
    const int64_t a_rows = a.size() / shape.k;
    const int64_t b_count = b.size() / (shape.k * shape.n);
    Tensor real_a = call.scratch(DType::kFloat32, {a_rows, at_once});
    Tensor real_b = call.scratch(DType::kFloat32, {b_count, at_once, shape.n});
    Tensor real_y = call.scratch(DType::kFloat32, plan.output);
    Tensor sums = call.scratch(DType::kInt32, plan.output);
    auto* const acc = sums.mutable_data<int32_t>();
    std::fill_n(acc, sums.size(), 0);
    for (int64_t k = 0; k < shape.k; k += at_once) {
      MatMulShape part = shape;
      part.k = std::min(at_once, shape.k - k);
      centered_a.cut(a_rows, shape.k, k, part.k, real_a.mutable_data<float>());
      centered_b.cut(b_count, shape.k * shape.n, k * shape.n, part.k * shape.n,
                     real_b.mutable_data<float>());
      auto* const real = real_y.mutable_data<float>();
      matmul->run(part, {}, real_a.data<float>(), real_b.data<float>(), nullptr, real);
      for (int64_t i = 0; i < sums.size(); ++i)
        acc[i] = ref::Add{}(acc[i], static_cast<int32_t>(real[i]));
    }
    simd::requantize({acc, row_count(plan), shape.n, shape.n}, bias, rule, y, shape.n);
  }

 private:
  // Bytes less their zero point, as float.
  struct Centered {
    Centered(const KernelCall& call, const Tensor& from, std::size_t index)
        : tensor(from), zero_point(read_zero_point(call, index, from.dtype())) {}
    int64_t largest() const {
      return tensor.dtype() == DType::kUInt8 ? std::max(zero_point, 255 - zero_point)
                                             : std::max(zero_point + 128, 127 - zero_point);
    }
    // [rows, count]: from `first` on in each of the rows of `length`.
    void cut(int64_t rows, int64_t length, int64_t first, int64_t count, float* to) const {
      constexpr float kOne = 1;
      if (count == length) count = length = std::exchange(rows, 1) * length;
      with_type(ByteTypes{}, tensor.dtype(), [&]<class T>(std::type_identity<T>) {
        for (int64_t r = 0; r < rows; ++r)
          simd::dequantize({1, 1, count}, &kOne, &zero_point, tensor.data<T>() + r * length + first,
                           to + r * count);
      });
    }
    const Tensor& tensor;
    int32_t zero_point;
  };
  static bool is_many(const KernelCall& call, std::size_t index) {
    return call.has(index) && call.input(index).size() != 1;
  }
};

// b as the weight of a convolution, less its zero point.
struct ConstantB {
  ConvShape shape;
  std::vector<int32_t> rows;
};

// Such a b, if it is a single constant matrix.
std::optional<ConstantB> constant_b(const BindContext& context, const Operands& operands) {
  const Tensor* b = context.constant(operands.b);
  const Tensor* zero_point = context.constant(operands.b_zero_point);
  if (b == nullptr || b->rank() == 0 || b->size() == 0 || operands.transpose_a) return {};
  if (context.has(operands.b_zero_point) && zero_point == nullptr) return {};
  if (is_per_row(context, operands.a_zero_point)) return {};
  const int64_t last = b->rank() == 1 ? 1 : b->shape().back();
  const int64_t before = b->rank() == 1 ? b->size() : b->shape().end()[-2];
  if (b->size() != last * before) return {};
  ConvShape shape{.in_channels = before, .out_channels = last};
  if (operands.transpose_b) std::swap(shape.in_channels, shape.out_channels);
  return ConstantB{shape, weight_rows(operands, *b, zero_point, shape)};
}

// oneDNN's product where its sums are exact, our own elsewhere.
template <class Conv>
std::optional<PackedMatMul<Conv>> make_packed(const BindContext& context,
                                              const Operands& operands) {
  constexpr bool kIsOneDnn = std::is_same_v<Conv, onednn::IntegerConv>;
  const auto b = constant_b(context, operands);
  if (!b || onednn::IntegerConv::is_exact(b->shape, b->rows.data()) != kIsOneDnn) return {};
  return PackedMatMul<Conv>{
      operands, std::make_shared<Conv>(b->shape, b->rows.data(), Layout::kChannelsLast)};
}

MatMulPlan resolve(const KernelCall& call, std::size_t a, std::size_t b) {
  return resolve_matmul(call.input(a).shape(), call.input(b).shape());
}

template <class Engine>
Kernel matmul_integer(Engine engine) {
  return [engine = std::move(engine)](KernelCall& call) {
    const MatMulPlan plan = resolve(call, 0, 1);
    Tensor& y = call.output(0, DType::kInt32, plan.output);
    if (y.size() == 0) return;
    engine(call, plan, nullptr, Requantize<int32_t>{}, y.mutable_data<int32_t>());
  };
}

// Whether sums of bytes with one multiplier a column give the output.
bool has_column_multipliers(const KernelCall& call, int64_t columns) {
  const Tensor& b_scale = call.input(4);
  return is_byte(call.input(0).dtype()) && is_byte(call.input(3).dtype()) &&
         is_byte(call.input(7).dtype()) && call.input(1).size() == 1 &&
         (b_scale.size() == 1 || b_scale.size() == columns);
}

template <class Engine>
Kernel qlinear_matmul(Engine engine) {
  return [engine = std::move(engine)](KernelCall& call) {
    const MatMulPlan plan = resolve(call, 0, 3);
    if (!has_column_multipliers(call, plan.shape.n)) return qlinear_matmul_in_reals(call, plan);
    const DType dtype = call.input(7).dtype();
    const Tensor scales =
        multipliers(call, read_scale(call, 1), call.input(4), plan.shape.n, read_scale(call, 6));
    const int32_t zero_point = read_zero_point(call, 7, dtype);
    Tensor& y = call.output(0, dtype, plan.output);
    if (y.size() == 0) return;
    with_type(ByteTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
      engine(call, plan, nullptr, Requantize<T>(scales.data<float>(), zero_point),
             y.mutable_data<T>());
    });
  };
}

// y = float(a · b) · (s_a · s_b) + bias, the bias float32 [n] and optional.
template <class Engine>
Kernel matmul_integer_to_float(Engine engine) {
  return [engine = std::move(engine)](KernelCall& call) {
    const MatMulPlan plan = resolve(call, 0, 1);
    const int64_t n = plan.shape.n;
    const Tensor scales = multipliers(call, read_scale(call, 2), call.input(3), n, std::nullopt);
    Tensor& y = call.output(0, DType::kFloat32, plan.output);
    if (y.size() == 0) return;
    auto* out = y.mutable_data<float>();
    engine(call, plan, nullptr, Requantize<float>(scales.data<float>(), 0), out);
    const Tensor* bias = optional_input(call, 6);
    if (bias == nullptr) return;
    if (bias->dtype() != DType::kFloat32 || bias->shape() != Shape{n})
      fail("bias {} of type {} must be [{}] of type float32", to_string(bias->shape()),
           name(bias->dtype()), n);
    const auto* row = bias->data<float>();
    for (int64_t r = 0; r < y.size() / n; ++r)
      for (int64_t c = 0; c < n; ++c) out[r * n + c] += row[c];
  };
}

const Tensor* read_c(const KernelCall& call, const Shape& output) {
  const Tensor* c = optional_input(call, 6);
  if (c == nullptr) return nullptr;
  if (c->dtype() != DType::kInt32 || c->rank() > 2 || broadcast_shape(output, c->shape()) != output)
    fail("input C {} of type {} cannot be broadcast to {} of type int32", to_string(c->shape()),
         name(c->dtype()), to_string(output));
  return c;
}

// y = rule(a · b + c). A c of one row goes into the product as its bias.
template <class Engine, class T>
void gemm(const Engine& engine, KernelCall& call, const MatMulPlan& plan, const Requantize<T>& rule,
          T* y) {
  const Tensor* c = read_c(call, plan.output);
  const auto [m, n] = std::pair(plan.shape.m, plan.shape.n);
  if (c == nullptr) return engine(call, plan, nullptr, rule, y);
  if (c->size() == n && c->shape().back() == n)
    return engine(call, plan, c->data<int32_t>(), rule, y);
  Tensor sums = call.scratch(DType::kInt32, plan.output);
  auto* acc = sums.mutable_data<int32_t>();
  engine(call, plan, nullptr, Requantize<int32_t>{}, acc);
  const ref::Extents steps = ref::row_major_strides(plan.output);
  ref::zip(ref::StridedLoop<3>(plan.output,
                               {steps, steps, ref::broadcast_strides(c->shape(), plan.output)}),
           acc, acc, c->data<int32_t>(), ref::Add{});
  requantize(acc, m, n, 1, rule, y);
}

template <class Engine>
Kernel qgemm(const BindContext& context, const Operands& operands, Engine engine) {
  return [alpha = context.attribute("alpha", 1.0F), operands,
          engine = std::move(engine)](KernelCall& call) {
    const MatMulPlan plan = resolve_gemm(call.input(0).shape(), operands.transpose_a,
                                         call.input(3).shape(), operands.transpose_b);
    const std::optional<float> y_scale =
        call.has(7) ? std::optional(read_scale(call, 7)) : std::nullopt;
    const DType dtype = y_scale ? call.input(8).dtype() : DType::kFloat32;
    const int32_t zero_point = y_scale ? read_zero_point(call, 8, dtype) : 0;
    const Tensor scales =
        multipliers(call, alpha * read_scale(call, 1), call.input(4), plan.shape.n, y_scale);
    Tensor& y = call.output(0, dtype, plan.output);
    if (y.size() == 0) return;
    with_type(Types<uint8_t, int8_t, float>{}, dtype, [&]<class T>(std::type_identity<T>) {
      gemm(engine, call, plan, Requantize<T>(scales.data<float>(), zero_point),
           y.mutable_data<T>());
    });
  };
}

Kernel bind_reference_matmul_integer(const BindContext&) {
  return matmul_integer(ReferenceMatMul{kMatMulInteger});
}
Kernel bind_reference_qlinear_matmul(const BindContext&) {
  return qlinear_matmul(ReferenceMatMul{kQLinearMatMul});
}
Kernel bind_reference_matmul_integer_to_float(const BindContext&) {
  return matmul_integer_to_float(ReferenceMatMul{kMatMulIntegerToFloat});
}
Kernel bind_reference_qgemm(const BindContext& context) {
  const Operands operands = read_qgemm(context);
  return qgemm(context, operands, ReferenceMatMul{operands});
}

// bind(engine), with the engine of a provider that serves the node.
template <class Conv, class Bind>
Kernel bind_packed(const BindContext& context, const Operands& operands, const Bind& bind) {
  if (auto engine = make_packed<Conv>(context, operands)) return bind(std::move(*engine));
  if (std::is_same_v<Conv, simd::IntegerConv> || context.constant(operands.b) != nullptr) return {};
  return bind(RealMatMul{operands, std::make_shared<onednn::MatMul>(false)});
}

template <class Conv>
Kernel bind_matmul_integer(const BindContext& context) {
  return bind_packed<Conv>(context, kMatMulInteger,
                           [](auto engine) { return matmul_integer(std::move(engine)); });
}
template <class Conv>
Kernel bind_qlinear_matmul(const BindContext& context) {
  return bind_packed<Conv>(context, kQLinearMatMul,
                           [](auto engine) { return qlinear_matmul(std::move(engine)); });
}
template <class Conv>
Kernel bind_matmul_integer_to_float(const BindContext& context) {
  return bind_packed<Conv>(context, kMatMulIntegerToFloat,
                           [](auto engine) { return matmul_integer_to_float(std::move(engine)); });
}
template <class Conv>
Kernel bind_qgemm(const BindContext& context) {
  const Operands operands = read_qgemm(context);
  auto engine = make_packed<Conv>(context, operands);
  return engine ? qgemm(context, operands, std::move(*engine)) : Kernel{};
}

}  // namespace

std::span<const OpSpec> qlinear_matmul_ops() {
  static const std::vector<OpSpec> kOps = {
      {"",
       "QLinearMatMul",
       {{Provider::kSimd, bind_qlinear_matmul<simd::IntegerConv>},
        {Provider::kOneDnn, bind_qlinear_matmul<onednn::IntegerConv>},
        {Provider::kReference, bind_reference_qlinear_matmul}}},
      {"",
       "MatMulInteger",
       {{Provider::kSimd, bind_matmul_integer<simd::IntegerConv>},
        {Provider::kOneDnn, bind_matmul_integer<onednn::IntegerConv>},
        {Provider::kReference, bind_reference_matmul_integer}}},
      {"com.microsoft",
       "MatMulIntegerToFloat",
       {{Provider::kSimd, bind_matmul_integer_to_float<simd::IntegerConv>},
        {Provider::kOneDnn, bind_matmul_integer_to_float<onednn::IntegerConv>},
        {Provider::kReference, bind_reference_matmul_integer_to_float}},
       {},
       /*halves_as_float=*/true},
      {"com.microsoft",
       "QGemm",
       {{Provider::kSimd, bind_qgemm<simd::IntegerConv>},
        {Provider::kOneDnn, bind_qgemm<onednn::IntegerConv>},
        {Provider::kReference, bind_reference_qgemm}}},
  };
  return kOps;
}

}  // namespace qtool
