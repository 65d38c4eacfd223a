#include "tensor/widen.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qtool {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// What a small float has besides finite numbers: nothing; infinities and NaN as IEEE 754 places
/// them; one NaN of all ones ("fn"); one NaN in the place of negative zero ("fnuz").
enum class Special { kNone, kIeee, kAllOnes, kNegativeZero };

/// From the tables in ONNX's descriptions of float8 and float4.
struct FloatFormat {
  DType dtype;
  int mantissa_bits;
  int bias;
  Special special;
};
constexpr FloatFormat kFormats[] = {
    {DType::kFloat8E4M3FN, 3, 7, Special::kAllOnes},
    {DType::kFloat8E4M3FNUZ, 3, 8, Special::kNegativeZero},
    {DType::kFloat8E5M2, 2, 15, Special::kIeee},
    {DType::kFloat8E5M2FNUZ, 2, 16, Special::kNegativeZero},
    {DType::kFloat4E2M1, 1, 1, Special::kNone},
};

float decode(const FloatFormat& format, unsigned code) {
  const unsigned sign_bit = 1U << (bits(format.dtype) - 1);
  const unsigned magnitude = code & (sign_bit - 1);
  const unsigned hidden_bit = 1U << format.mantissa_bits;
  const unsigned mantissa = magnitude & (hidden_bit - 1);
  const unsigned exponent = magnitude >> format.mantissa_bits;
  const bool top = exponent == (sign_bit - 1) >> format.mantissa_bits;
  if (format.special == Special::kNegativeZero && code == sign_bit) return kNaN;
  if (format.special == Special::kAllOnes && magnitude == sign_bit - 1) return kNaN;
  float value =
      exponent == 0 ? static_cast<float>(mantissa) : static_cast<float>(mantissa | hidden_bit);
  value = std::ldexp(value,
                     std::max(static_cast<int>(exponent), 1) - format.bias - format.mantissa_bits);
  if (format.special == Special::kIeee && top) value = mantissa == 0 ? kInfinity : kNaN;
  return code == magnitude ? value : -value;
}

// The bits of element i, packed below 8 bits.
unsigned code_of(const Tensor& tensor, int64_t i) {
  const int width = bits(tensor.dtype());
  const int64_t bit = i * width;
  const unsigned byte = static_cast<const uint8_t*>(tensor.raw())[bit / 8];
  return byte >> (bit % 8) & ((1U << width) - 1);
}

// y[i] = decode(bits of x[i])
template <class To, class Decode>
Tensor decode_each(const Tensor& tensor, Decode decode) {
  Tensor out(dtype_of<To>, tensor.shape());
  To* y = out.mutable_data<To>();
  for (int64_t i = 0; i < tensor.size(); ++i) y[i] = decode(code_of(tensor, i));
  return out;
}

Tensor widen_bfloat16(const Tensor& tensor) {
  Tensor out(DType::kFloat32, tensor.shape());
  std::copy_n(tensor.data<BFloat16>(), tensor.size(), out.mutable_data<float>());
  return out;
}

float decode_e8m0(unsigned code) {
  return code == 255 ? kNaN : std::ldexp(1.0F, static_cast<int>(code) - 127);
}

}  // namespace

Tensor widen(const Tensor& tensor) {
  const int width = bits(tensor.dtype());
  for (const FloatFormat& format : kFormats)
    if (tensor.dtype() == format.dtype)
      return decode_each<float>(tensor, [&](unsigned code) { return decode(format, code); });
  switch (tensor.dtype()) {
    case DType::kBFloat16:
      return widen_bfloat16(tensor);
    case DType::kFloat8E8M0:
      return decode_each<float>(tensor, decode_e8m0);
    case DType::kUInt4:
    case DType::kUInt2:
      return decode_each<uint8_t>(tensor, [](unsigned code) { return static_cast<uint8_t>(code); });
    case DType::kInt4:
    case DType::kInt2:
      return decode_each<int8_t>(tensor, [&](unsigned code) {
        const int sign_bit = 1 << (width - 1);
        return static_cast<int8_t>((static_cast<int>(code) ^ sign_bit) - sign_bit);
      });
    default:
      return tensor;
  }
}

}  // namespace qtool
