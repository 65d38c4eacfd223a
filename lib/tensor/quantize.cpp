#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/saturate.h"
#include "tensor/cast.h"
#include "tensor/quantize_later.h"
#include "tensor/widen.h"

namespace qtool {
namespace {

constexpr int64_t kElementsAtOnce = 1 << 16;

int64_t ceil_div(int64_t extent, int64_t block) {
  return extent / block + (extent % block == 0 ? 0 : 1);
}

// A tensor as [outer, extent, inner] around its axis.
struct Split {
  int64_t outer = 1;
  int64_t extent = 1;
  int64_t inner = 1;
};

Split split(const Shape& shape, const QuantParams& params) {
  Split result;
  if (params.per_tensor()) {
    result.inner = element_count(shape);
    return result;
  }
  const auto axis = static_cast<std::size_t>(normalize_axis(params.axis, shape.size()));
  result.extent = shape[axis];
  for (std::size_t i = 0; i < axis; ++i) result.outer *= shape[i];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) result.inner *= shape[i];
  return result;
}

void check_counts(const QuantParams& params, const Split& runs, const Shape& shape) {
  if (params.zero_point.size() != params.scale.size())
    fail("{} scales and {} zero points do not fit together", params.scale.size(),
         params.zero_point.size());
  const int64_t count = params.block > 0
                            ? runs.outer * ceil_div(runs.extent, params.block) * runs.inner
                            : runs.extent;
  if (count == std::ssize(params.scale)) return;
  if (params.per_tensor()) fail("{} scales without an axis", params.scale.size());
  fail("{} scales do not fit axis {} of shape {}", params.scale.size(), params.axis,
       to_string(shape));
}

// Runs of elements of the same parameters, in pieces of many runs.
class Runs {
 public:
  Runs(const Shape& shape, const QuantParams& params)
      : params_(params),
        split_(split(shape, params)),
        block_(std::max<int64_t>(params.block, 1)),
        // Blocks along the last axis are runs; along another one they lie side by side.
        side_by_side_(params.block > 0 ? split_.inner : 1),
        step_(side_by_side_ == 1
                  ? std::clamp<int64_t>(block_, 1, std::max<int64_t>(split_.extent, 1))
                  : 1),
        steps_(ceil_div(split_.extent, step_)),
        rows_at_once_(
            std::max<int64_t>(kElementsAtOnce / std::max<int64_t>(step_ * split_.inner, 1), 1)) {
    check_counts(params, split_, shape);
  }

  // Calls body(x, first, count, scale, zero_point) for each run of elements [begin, end), piece by piece
  // and side by side; x are its elements, the first of which is number `first`.
  template <class X, class Body>
  void for_each(const Tensor& values, int64_t begin, int64_t end, const Body& body) const {
    if (begin == end) return;
    const int64_t rows = row_of(begin), rows_end = row_of(end - 1) + 1;
    parallel_ranges(ceil_div(rows_end - rows, rows_at_once_), 1, [&](int64_t piece, int64_t last) {
      std::vector<X> buffer;
      for (; piece < last; ++piece) {
        const int64_t row = rows + piece * rows_at_once_;
        const int64_t row_end = std::min(row + rows_at_once_, rows_end);
        const int64_t first = std::max(first_of(row), begin);
        const int64_t stop = std::min(first_of(row_end), end);
        const X* x = values.part(first, stop - first, buffer);
        for (int64_t r = row; r < row_end; ++r) visit(r, first, stop, x, body);
      }
    });
  }

 private:
  int64_t first_of(int64_t row) const {
    return (row / steps_ * split_.extent + row % steps_ * step_) * split_.inner;
  }

  int64_t row_of(int64_t element) const {
    const int64_t line = element / split_.inner;
    return line / split_.extent * steps_ + line % split_.extent / step_;
  }

  // What of the row lies in [begin, end), whose elements are `x`.
  template <class X, class Body>
  void visit(int64_t row, int64_t begin, int64_t end, const X* x, const Body& body) const {
    const int64_t i = row % steps_ * step_;
    const int64_t blocks = ceil_div(split_.extent, block_);
    const int64_t block = (params_.block > 0 ? row / steps_ * blocks : 0) + i / block_;
    const int64_t row_begin = first_of(row);
    const int64_t first = std::max(row_begin, begin);
    const int64_t last = std::min(first_of(row + 1), end);
    const int64_t count = side_by_side_ == 1 ? last - first : 1;
    for (int64_t at = first; at < last; at += count) {
      const auto c = static_cast<std::size_t>(block * side_by_side_ +
                                              (side_by_side_ == 1 ? 0 : at - row_begin));
      body(x + (at - begin), at, count, params_.scale[c], params_.zero_point[c]);
    }
  }

  const QuantParams& params_;
  Split split_;
  int64_t block_, side_by_side_, step_, steps_, rows_at_once_;
};

// Saturate for int32, whose limits float cannot hold.
class SaturateInt32 {
 public:
  explicit SaturateInt32(int32_t zero_point) : zero_point_(zero_point) {}
  int32_t operator()(float x) const {
    using Limits = std::numeric_limits<int32_t>;
    const double q = (std::isnan(x) ? 0.0 : std::nearbyint(static_cast<double>(x))) + zero_point_;
    return static_cast<int32_t>(std::clamp<double>(q, Limits::min(), Limits::max()));
  }

 private:
  int32_t zero_point_;
};

// Elements [begin, end) to `out`.
template <class T, class MakeRule>
void quantize_as(const Tensor& values, const QuantParams& params, const MakeRule& make_rule,
                 int64_t begin, int64_t end, T* out) {
  Runs(values.shape(), params)
      .for_each<float>(
          values, begin, end,
          [&](const float* x, int64_t first, int64_t count, float scale, int32_t zero_point) {
            const auto rule = make_rule(zero_point);
            // A copy, which writing bytes cannot be taken to change.
            T* const y = out + (first - begin);
            for (int64_t i = 0; i < count; ++i) y[i] = rule(x[i] / scale);
          });
}

template <class T, class MakeRule>
void quantize_as(const Tensor& values, const QuantParams& params, const MakeRule& make_rule,
                 Tensor& result) {
  quantize_as(values, params, make_rule, 0, values.size(), result.mutable_data<T>());
}

// The rule of integers of at most 16 bits, held in T.
template <class T>
auto integer_rule(const QuantParams& params) {
  return [range = quant_range(params.dtype)](int32_t zero_point) {
    return Saturate<T>(zero_point, range.min, range.max);
  };
}

template <class T>
void quantize_integers(const Tensor& values, const QuantParams& params, Tensor& result) {
  quantize_as<T>(values, params, integer_rule<T>(params), result);
}

template <class T>
Tensor deferred_integers(const Tensor& values, const QuantParams& params) {
  return Tensor::deferred(params.dtype, values.shape(),
                          [=](int64_t first, int64_t count, void* out) {
                            quantize_as(values, params, integer_rule<T>(params), first,
                                        first + count, static_cast<T*>(out));
                          });
}

Tensor quotients(const Tensor& values, const QuantParams& params) {
  Tensor result(DType::kFloat32, values.shape());
  quantize_as<float>(
      values, params, [](int32_t) { return [](float x) { return x; }; }, result);
  return result;
}

// Floating point of at most 8 bits.
void quantize_floats(const Tensor& values, const QuantParams& params, bool saturate,
                     Tensor& result) {
  Tensor moved(DType::kFloat32, values.shape());
  quantize_as<float>(
      values, params,
      [](int32_t zero_point) {
        return [zero_point](float x) { return x + static_cast<float>(zero_point); };
      },
      moved);
  cast(moved, result, {.saturate = saturate});
}

// Integers of less than 8 bits.
void quantize_packed(const Tensor& values, const QuantParams& params, Tensor& result) {
  const bool is_signed = quant_range(params.dtype).min < 0;
  Tensor wide(is_signed ? DType::kInt8 : DType::kUInt8, values.shape());
  if (is_signed)
    quantize_integers<int8_t>(values, params, wide);
  else
    quantize_integers<uint8_t>(values, params, wide);
  cast(wide, result);
}

template <class T>
void dequantize_as(const Tensor& values, const QuantParams& params, Tensor& result) {
  // int32 less a zero point may leave int32.
  using Wide = std::conditional_t<sizeof(T) == 4, int64_t, int32_t>;
  using Difference = std::conditional_t<std::is_same_v<T, float>, float, Wide>;
  auto* out = result.mutable_data<float>();
  Runs(values.shape(), params)
      .for_each<T>(values, 0, values.size(),
                   [&](const T* x, int64_t first, int64_t count, float scale, int32_t zero_point) {
                     const auto zero = static_cast<Difference>(zero_point);
                     float* const y = out + first;
                     for (int64_t i = 0; i < count; ++i)
                       y[i] = static_cast<float>(x[i] - zero) * scale;
                   });
}

}  // namespace

void quantize(const Tensor& values, const QuantParams& params, Tensor& result,
              const QuantizeRule& rule) {
  if (rule.precision != DType::kFloat32) {
    QuantParams units = params;
    std::fill(units.scale.begin(), units.scale.end(), 1.0F);
    const Tensor rounded = cast(cast(quotients(values, params), rule.precision), DType::kFloat32);
    return quantize(rounded, units, result, {.saturate = rule.saturate});
  }
  switch (params.dtype) {
    case DType::kUInt8:
      return quantize_integers<uint8_t>(values, params, result);
    case DType::kInt8:
      return quantize_integers<int8_t>(values, params, result);
    case DType::kUInt16:
      return quantize_integers<uint16_t>(values, params, result);
    case DType::kInt16:
      return quantize_integers<int16_t>(values, params, result);
    case DType::kInt32:
      return quantize_as<int32_t>(
          values, params, [](int32_t zero_point) { return SaturateInt32(zero_point); }, result);
    case DType::kUInt4:
    case DType::kInt4:
    case DType::kUInt2:
    case DType::kInt2:
      return quantize_packed(values, params, result);
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E4M3FNUZ:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
    case DType::kFloat4E2M1:
      return quantize_floats(values, params, rule.saturate, result);
    default:
      fail("quantizing to {} is not supported", name(params.dtype));
  }
}

Tensor quantize(const Tensor& values, const QuantParams& params, const QuantizeRule& rule) {
  Tensor result(params.dtype, values.shape());
  quantize(values, params, result, rule);
  return result;
}

Tensor quantize_later(const Tensor& values, const QuantParams& params) {
  switch (params.dtype) {
    case DType::kUInt8:
      return deferred_integers<uint8_t>(values, params);
    case DType::kInt8:
      return deferred_integers<int8_t>(values, params);
    case DType::kUInt16:
      return deferred_integers<uint16_t>(values, params);
    case DType::kInt16:
      return deferred_integers<int16_t>(values, params);
    default:
      return quantize(values, params);
  }
}

void dequantize(const Tensor& values, const QuantParams& params, Tensor& result) {
  switch (values.dtype()) {
    case DType::kUInt8:
      return dequantize_as<uint8_t>(values, params, result);
    case DType::kInt8:
      return dequantize_as<int8_t>(values, params, result);
    case DType::kUInt16:
      return dequantize_as<uint16_t>(values, params, result);
    case DType::kInt16:
      return dequantize_as<int16_t>(values, params, result);
    case DType::kInt32:
      return dequantize_as<int32_t>(values, params, result);
    case DType::kUInt4:
    case DType::kInt4:
    case DType::kUInt2:
    case DType::kInt2:
      return dequantize(widen(values), params, result);
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E4M3FNUZ:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
    case DType::kFloat4E2M1:
      return dequantize_as<float>(widen(values), params, result);
    default:
      fail("dequantizing {} is not supported", name(values.dtype()));
  }
}

Tensor dequantize(const Tensor& values, const QuantParams& params) {
  Tensor result(DType::kFloat32, values.shape());
  dequantize(values, params, result);
  return result;
}

}  // namespace qtool
