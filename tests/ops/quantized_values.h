#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "tensor/quant_params.h"
#include "tensor/tensor.h"

namespace qtool::testing {

/// Values over the whole range of T, its ends often; the same ones for the same seed.
template <class T>
Tensor random_bytes(Shape shape, unsigned seed) {
  Tensor tensor(dtype_of<T>, std::move(shape));
  std::mt19937 random(seed);
  using Limits = std::numeric_limits<T>;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const auto bits = random();
    T& value = tensor.mutable_data<T>()[i];
    value = static_cast<T>(bits);
    if (bits >> 30 == 0) value = (bits & 256) != 0 ? Limits::min() : Limits::max();
  }
  return tensor;
}

/// A tensor of `dtype`, uint8 or int8, of such values.
inline Tensor random_bytes(DType dtype, Shape shape, unsigned seed) {
  if (dtype == DType::kUInt8) return random_bytes<uint8_t>(std::move(shape), seed);
  return random_bytes<int8_t>(std::move(shape), seed);
}

/// A scalar of `dtype`, uint8 or int8.
inline Tensor byte(DType dtype, int value) {
  if (dtype == DType::kUInt8) return Tensor::scalar(static_cast<uint8_t>(value));
  return Tensor::scalar(static_cast<int8_t>(value));
}

/// ONNX's last step of quantization: x, already divided by the scale, rounded half to even, moved
/// by the zero point and cut to the range of `dtype`.
inline int64_t quantized(double x, int zero_point, DType dtype) {
  const auto [min, max] = quant_range(dtype);
  return static_cast<int64_t>(std::clamp<double>(std::nearbyint(x) + zero_point, min, max));
}

/// Element i of a tensor of parameters that has one element or one for each i.
template <class T>
T entry(const std::vector<T>& values, int64_t i) {
  return values[values.size() == 1 ? 0 : static_cast<std::size_t>(i)];
}

/// Checks y against real numbers in steps of its scale. Float32 may round to the other neighbour
/// where a number lies in the middle between two steps; that must stay rare.
inline void check_quantized(const Tensor& y, const std::vector<double>& steps, int zero_point) {
  const auto actual = to_int64s(y);
  REQUIRE(actual.size() == steps.size());
  int64_t ties = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int64_t wanted = quantized(steps[i], zero_point, y.dtype());
    if (actual[i] == wanted) continue;
    const double to_tie = std::abs(std::abs(steps[i] - std::trunc(steps[i])) - 0.5);
    CAPTURE(i, steps[i], actual[i]);
    REQUIRE(std::abs(actual[i] - wanted) == 1);
    REQUIRE(to_tie < 1e-4);
    ++ties;
  }
  CHECK(ties * 1000 <= std::ssize(steps));
}

}  // namespace qtool::testing
