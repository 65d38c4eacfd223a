#include "calib/readers/convert.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace qtool {
namespace {

template <class... Ts>
struct Types {};
using Integers =
    Types<bool, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>;
using Targets =
    Types<int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t, float, double>;

// Calls visit(T{}) for the type of the list that is `dtype`; false if there is none.
template <class... Ts, class Visit>
bool visit_type(DType dtype, Types<Ts...>, Visit visit) {
  return ((dtype_of<Ts> == dtype && (visit(Ts{}), true)) || ...);
}

template <class T>
bool among(DType dtype, T types) {
  return visit_type(dtype, types, [](auto) {});
}

// Whether To holds the integer exactly.
template <class To, class From>
bool holds(From value) {
  if constexpr (std::is_same_v<From, bool>) {
    return true;
  } else if constexpr (std::is_floating_point_v<To>) {
    constexpr int64_t kLimit = int64_t{1} << std::numeric_limits<To>::digits;
    return std::cmp_less_equal(value, kLimit) && std::cmp_greater_equal(value, -kLimit);
  } else {
    return std::in_range<To>(value);
  }
}

template <class From, class To>
void convert_integers(const Tensor& in, Tensor& out) {
  const From* from = in.data<From>();
  const From* end = from + in.size();
  const From* misfit = std::find_if(from, end, [](From v) { return !holds<To>(v); });
  if (misfit != end) fail("{} does not fit {} exactly", *misfit, name(out.dtype()));
  std::transform(from, end, out.mutable_data<To>(), [](From v) { return static_cast<To>(v); });
}

template <class From, class To>
void convert_floats(const Tensor& in, Tensor& out) {
  std::transform(in.data<From>(), in.data<From>() + in.size(), out.mutable_data<To>(),
                 [](From v) { return static_cast<To>(v); });
}

// IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
float float_of_half(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  float magnitude = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  if (exponent == 0) magnitude = std::ldexp(static_cast<float>(fraction), -24);
  if (exponent == 31)
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  return half >> 15 ? -magnitude : magnitude;
}

Tensor widen_halves(const Tensor& in) {
  Tensor out(DType::kFloat32, in.shape());
  const auto* halves = static_cast<const uint16_t*>(in.raw());
  std::transform(halves, halves + in.size(), out.mutable_data<float>(), float_of_half);
  return out;
}

// [rows, pixels, channels] to [rows, channels, pixels].
template <class U>
void swap_channels(const Tensor& in, Tensor& out) {
  const int64_t channels = out.dim(1), pixels = out.dim(2) * out.dim(3);
  const auto* x = static_cast<const U*>(in.raw());
  auto* y = static_cast<U*>(out.mutable_raw());
  for (int64_t n = 0; n < out.dim(0); ++n, x += channels * pixels)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < pixels; ++i) *y++ = x[i * channels + c];
}

template <class T>
bool all_finite_of(const Tensor& tensor) {
  return std::all_of(tensor.data<T>(), tensor.data<T>() + tensor.size(),
                     [](T v) { return std::isfinite(v); });
}

}  // namespace

bool converts(DType from, DType to) {
  if (from == to) return true;
  if (among(from, Integers{})) return among(to, Targets{});
  const bool to_float = to == DType::kFloat32 || to == DType::kFloat64;
  return to_float && (from == DType::kFloat16 || among(from, Types<float, double>{}));
}

Tensor convert(const Tensor& tensor, DType to) {
  if (tensor.dtype() == to) return tensor;
  if (tensor.dtype() == DType::kFloat16) return convert(widen_halves(tensor), to);
  Tensor out(to, tensor.shape());
  if (tensor.dtype() == DType::kFloat32)
    convert_floats<float, double>(tensor, out);
  else if (tensor.dtype() == DType::kFloat64)
    convert_floats<double, float>(tensor, out);
  else
    visit_type(tensor.dtype(), Integers{}, [&](auto from) {
      visit_type(to, Targets{}, [&](auto target) {
        convert_integers<decltype(from), decltype(target)>(tensor, out);
      });
    });
  return out;
}

Tensor channels_first(const Tensor& tensor) {
  const Shape& from = tensor.shape();
  Tensor out(tensor.dtype(), {from[0], from[3], from[1], from[2]});
  switch (bits(tensor.dtype())) {
    case 8:
      swap_channels<uint8_t>(tensor, out);
      break;
    case 16:
      swap_channels<uint16_t>(tensor, out);
      break;
    case 32:
      swap_channels<uint32_t>(tensor, out);
      break;
    case 64:
      swap_channels<uint64_t>(tensor, out);
      break;
    default:
      fail("{} has no channels to move", name(tensor.dtype()));
  }
  return out;
}

Tensor normalize(const Tensor& tensor, const Normalization& normalization) {
  const auto& [scale, mean, std] = normalization;
  const Shape& shape = tensor.shape();
  const int64_t channels = shape.size() < 2 ? 1 : shape[1];
  for (const auto* entries : {&mean, &std})
    if (entries->size() != 1 && static_cast<int64_t>(entries->size()) != channels)
      fail("normalization has {} channels, the input {}", entries->size(), channels);
  Tensor out(DType::kFloat32, shape);
  if (tensor.size() == 0) return out;

  const int64_t outer = shape.size() < 2 ? 1 : shape[0];
  const int64_t inner = tensor.size() / (outer * channels);
  const float* x = tensor.data<float>();
  float* y = out.mutable_data<float>();
  for (int64_t row = 0; row < outer * channels; ++row) {
    const auto channel = static_cast<std::size_t>(row % channels);
    const float center = mean[mean.size() == 1 ? 0 : channel];
    const float width = std[std.size() == 1 ? 0 : channel];
    for (int64_t i = row * inner; i < (row + 1) * inner; ++i)
      y[i] = (x[i] * scale - center) / width;
  }
  return out;
}

bool all_finite(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return all_finite_of<float>(tensor);
    case DType::kFloat64:
      return all_finite_of<double>(tensor);
    case DType::kFloat16:
      return all_finite_of<float>(widen_halves(tensor));
    default:
      return true;
  }
}

}  // namespace qtool
