#include <array>

#include "base/saturate.h"
#include "kernels/reference/activation.h"
#include "kernels/reference/binary.h"
#include "kernels/reference/elementwise.h"
#include "kernels/simd/qlinear.h"
#include "ops/broadcast.h"
#include "ops/inner_op.h"
#include "ops/quantized_inputs.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/with_simd.h"

namespace qtool {
namespace {

namespace ref = reference;

// Scale and zero point of a whole tensor, read from inputs `index` and `index` + 1.
struct Affine {
  Affine(const KernelCall& call, std::size_t index, DType dtype)
      : scale(read_scale(call, index)), zero_point(read_zero_point(call, index + 1, dtype)) {}
  float real(int32_t q) const { return static_cast<float>(q - zero_point) * scale; }
  bool operator==(const Affine&) const = default;

  float scale;
  int32_t zero_point;
};

// c = quantize(f(dequantize(a), dequantize(b))).
template <class F>
Kernel bind_binary(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(3);
    require_same_type(a, b);
    const Affine from_a(call, 1, a.dtype());
    const Affine from_b(call, 4, a.dtype());
    const Affine to_c(call, 6, a.dtype());
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    Tensor& c = call.output(0, a.dtype(), shape);
    const auto loop = broadcast_loop(shape, a.shape(), b.shape());
    with_type(ByteTypes{}, a.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::zip(loop, c.mutable_data<T>(), a.data<T>(), b.data<T>(),
               [from_a, from_b, scale = to_c.scale, saturate = Saturate<T>(to_c.zero_point)](
                   T x, T y) { return saturate(F{}(from_a.real(x), from_b.real(y)) / scale); });
    });
  };
}

// The same in vectors.
template <simd::QLinear kVector>
Kernel bind_simd_binary(const BindContext& context) {
  if (!is_byte(context.dtype(0)) || context.dtype(3) != context.dtype(0)) return {};
  return [](KernelCall& call) {
    const Tensor& a = call.input(0);
    const Tensor& b = call.input(3);
    const auto scale = [&](std::size_t index) {
      const Affine affine(call, index, a.dtype());
      return simd::ByteScale{affine.scale, affine.zero_point};
    };
    const simd::QLinearRule rule = {kVector, scale(1), scale(4), scale(6)};
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    Tensor& c = call.output(0, a.dtype(), shape);
    const auto loop = broadcast_loop(shape, a.shape(), b.shape());
    const auto steps = loop.row_strides();
    with_type(ByteTypes{}, a.dtype(), [&]<class T>(std::type_identity<T>) {
      T* const to = c.mutable_data<T>();
      loop.each_row([&](const auto& at) {
        simd::qlinear_row<T>(rule, loop.row_length(), a.data<T>() + at[1], steps[1],
                             b.data<T>() + at[2], steps[2], to + at[0]);
      });
    });
  };
}

// What becomes of each of the 256 values of T, by its bits.
template <class T>
using Table = std::array<T, 256>;

// y = quantize(f(dequantize(x))).
template <class T, class F>
Table<T> make_table(const Affine& from, const Affine& to, const F& f) {
  const Saturate<T> saturate(to.zero_point);
  Table<T> table;
  for (int i = 0; i < 256; ++i)
    table[static_cast<std::size_t>(i)] = saturate(f(from.real(static_cast<T>(i))) / to.scale);
  return table;
}

template <class T>
void look_up(const Table<T>& table, const T* x, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = table[static_cast<uint8_t>(x[i])];
}

template <class F>
Kernel unary_kernel(F f) {
  return [f](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Affine from(call, 1, x.dtype());
    const Affine to(call, 3, x.dtype());
    Tensor& y = call.output(0, x.dtype(), x.shape());
    with_type(ByteTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      look_up(make_table<T>(from, to, f), x.data<T>(), x.size(), y.mutable_data<T>());
    });
  };
}

Kernel bind_sigmoid(const BindContext&) { return unary_kernel(ref::Sigmoid{}); }

Kernel bind_leaky_relu(const BindContext& context) {
  return unary_kernel(ref::LeakyRelu{context.attribute("alpha", 0.01F)});
}

// The shape of QLinearConcat's output. Its inputs are y_scale, y_zero_point, then three a tensor.
Shape concat_shape(const KernelCall& call, int axis) {
  const auto at = static_cast<std::size_t>(axis);
  Shape shape = call.input(2).shape();
  for (std::size_t i = 5; i < call.input_count(); i += 3) {
    const Tensor& x = call.input(i);
    Shape expected = shape;
    if (x.rank() == shape.size()) expected[at] = x.dim(at);
    if (x.shape() != expected)
      fail("input {} of shape {} cannot be concatenated along axis {}", i, to_string(x.shape()),
           axis);
    shape[at] += x.dim(at);
  }
  return shape;
}

// Requantizes x to where it belongs in y: rows of `row` elements, `step` apart.
template <class T>
void requantize_rows(const Tensor& x, const Affine& from, const Affine& to, int64_t row,
                     int64_t step, T* y) {
  const auto table = make_table<T>(from, to, [](float value) { return value; });
  const T* in = x.data<T>();
  for (int64_t i = 0; i < x.size(); i += row, y += step)
    if (from == to)
      std::copy_n(in + i, row, y);
    else
      look_up(table, in + i, row, y);
}

Kernel bind_concat(const BindContext& context) {
  const auto* given = find_attribute<int64_t>(context.node, "axis");
  if (given == nullptr) fail("attribute 'axis' is missing");
  return [given = *given](KernelCall& call) {
    const DType dtype = call.input(1).dtype();
    const Affine to(call, 0, dtype);
    const int axis = normalize_axis(given, call.input(2).rank());
    const Shape shape = concat_shape(call, axis);
    Tensor& y = call.output(0, dtype, shape);
    const AxisSplit whole = split_at(shape, axis);
    int64_t offset = 0;
    for (std::size_t i = 2; i < call.input_count(); i += 3) {
      const Tensor& x = call.input(i);
      require_same_type(call.input(1), x);
      const Affine from(call, i + 1, dtype);
      const int64_t row = x.dim(static_cast<std::size_t>(axis)) * whole.inner;
      if (x.size() == 0) continue;
      with_type(ByteTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
        requantize_rows(x, from, to, row, whole.axis * whole.inner, y.mutable_data<T>() + offset);
      });
      offset += row;
    }
  };
}

// Requantizes input `index`, with its scale and zero point behind it.
Tensor requantized(const KernelCall& call, std::size_t index, const Affine& to, DType dtype) {
  const Tensor& x = call.input(index);
  if (x.dtype() != dtype)
    fail("input {} is of type {}, the output of {}", index, name(x.dtype()), name(dtype));
  const Affine from(call, index + 1, dtype);
  if (from == to) return x;
  Tensor y(dtype, x.shape());
  with_type(ByteTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    look_up(make_table<T>(from, to, [](float value) { return value; }), x.data<T>(), x.size(),
            y.mutable_data<T>());
  });
  return y;
}

// Inputs: condition, then x and y with scale and zero point each, z_scale, z_zero_point.
Kernel bind_where(const BindContext&) {
  const BoundKernel where = InnerOp("Where", 16).bind(Provider::kReference);
  return [where = where.run](KernelCall& call) {
    const DType dtype = call.input(8).dtype();
    const Affine to(call, 7, dtype);
    call.set_output(0, run_inner(where, call,
                                 {call.input(0), requantized(call, 1, to, dtype),
                                  requantized(call, 4, to, dtype)})[0]);
  };
}

OpSpec contrib(std::string_view op_type, BindFn bind) {
  return {"com.microsoft", op_type, {{Provider::kReference, bind}}};
}

}  // namespace

std::span<const OpSpec> qlinear_elementwise_ops() {
  static const std::vector<OpSpec> kOps = {
      with_simd(bind_simd_binary<simd::QLinear::kAdd>,
                contrib("QLinearAdd", bind_binary<ref::Add>)),
      with_simd(bind_simd_binary<simd::QLinear::kMul>,
                contrib("QLinearMul", bind_binary<ref::Mul>)),
      contrib("QLinearSigmoid", bind_sigmoid),
      contrib("QLinearLeakyRelu", bind_leaky_relu),
      contrib("QLinearConcat", bind_concat),
      contrib("QLinearWhere", bind_where),
  };
  return kOps;
}

}  // namespace qtool
