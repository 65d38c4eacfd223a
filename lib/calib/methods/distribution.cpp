#include <cmath>
#include <numeric>

#include "calib/methods/methods.h"
#include "tensor/cast.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

// The standard deviation of the type's finite numbers; their mean is 0. Both zeros count.
double deviation_of(DType float_type) {
  constexpr int kCodes = 256;
  Tensor codes(float_type, {kCodes});
  auto* bytes = static_cast<uint8_t*>(codes.mutable_raw());
  std::iota(bytes, bytes + kCodes, uint8_t{0});
  const Tensor numbers = cast(codes, DType::kFloat32);
  double squares = 0, count = 0;
  for (int i = 0; i < kCodes; ++i) {
    const double x = numbers.data<float>()[i];
    if (!std::isfinite(x)) continue;
    squares += x * x;
    ++count;
  }
  return std::sqrt(squares / count);
}

}  // namespace

Range distribution_range(double deviation, DType float_type) {
  const auto end =
      static_cast<float>(*largest_number(float_type) * deviation / deviation_of(float_type));
  return {-end, end};
}

}  // namespace qtool
