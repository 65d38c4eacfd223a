#include "tensor/cast.h"

#include <algorithm>
#include <array>

#include "base/convert_value.h"
#include "base/packed.h"
#include "tensor/number_text.h"

// Every pair of types goes through one of three carriers, a chunk at a time: double holds all
// floating point exactly, int64 all integers but uint64.

namespace qtool {
namespace {

constexpr int64_t kChunk = 256;  // so that chunks of packed elements begin with a byte

// Types whose elements are looked up by their bits: floating point of 8 bits, and all below.
bool is_coded(DType dtype) { return dtype >= DType::kFloat8E4M3FN && dtype <= DType::kInt2; }

const SmallFloat* small_float(DType dtype) {
  switch (dtype) {
    case DType::kFloat8E4M3FN:
      return &kFloat8E4M3FN;
    case DType::kFloat8E4M3FNUZ:
      return &kFloat8E4M3FNUZ;
    case DType::kFloat8E5M2:
      return &kFloat8E5M2;
    case DType::kFloat8E5M2FNUZ:
      return &kFloat8E5M2FNUZ;
    case DType::kFloat4E2M1:
      return &kFloat4E2M1;
    default:
      return nullptr;
  }
}

bool is_signed_code(DType dtype) { return dtype == DType::kInt4 || dtype == DType::kInt2; }

bool is_floating_point(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat64 || dtype == DType::kFloat16 ||
         dtype == DType::kBFloat16 || dtype == DType::kFloat8E8M0 || small_float(dtype) != nullptr;
}

// What the bits of one element stand for.
float decode_code(DType dtype, uint8_t code) {
  if (const SmallFloat* type = small_float(dtype)) return decode(*type, code);
  if (dtype == DType::kFloat8E8M0) return decode_e8m0(code);
  const int sign = is_signed_code(dtype) ? 1 << (bits(dtype) - 1) : 0;
  return static_cast<float>((code ^ sign) - sign);
}

// Integers by the rule that cast() documents.
template <class To, class From>
To to_integer(From x) {
  constexpr bool kNearest = std::is_same_v<To, int32_t> || sizeof(To) == 8;
  if constexpr (std::is_integral_v<From>) return static_cast<To>(x);
  if (kNearest && (std::is_signed_v<To> || x > 0)) return convert_value<To>(x);
  return static_cast<To>(convert_value<int64_t>(x));
}

template <class C>
uint8_t encode_code(DType dtype, C value, const CastRule& rule) {
  const SmallFloat* type = small_float(dtype);
  if (type == nullptr && dtype != DType::kFloat8E8M0) return to_integer<uint8_t>(value);
  const float x = round_to_odd(static_cast<double>(value));
  if (type != nullptr) return encode(*type, x, rule.saturate);
  return encode_e8m0(x, rule.saturate, rule.rounding);
}

// Calls f with a null pointer to the C++ type of a dtype of 8 bits or more.
template <class F>
void with_number(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat32:
      return f(static_cast<float*>(nullptr));
    case DType::kFloat64:
      return f(static_cast<double*>(nullptr));
    case DType::kFloat16:
      return f(static_cast<Half*>(nullptr));
    case DType::kBFloat16:
      return f(static_cast<BFloat16*>(nullptr));
    case DType::kBool:
      return f(static_cast<bool*>(nullptr));
    case DType::kInt8:
      return f(static_cast<int8_t*>(nullptr));
    case DType::kInt16:
      return f(static_cast<int16_t*>(nullptr));
    case DType::kInt32:
      return f(static_cast<int32_t*>(nullptr));
    case DType::kInt64:
      return f(static_cast<int64_t*>(nullptr));
    case DType::kUInt8:
      return f(static_cast<uint8_t*>(nullptr));
    case DType::kUInt16:
      return f(static_cast<uint16_t*>(nullptr));
    case DType::kUInt32:
      return f(static_cast<uint32_t*>(nullptr));
    case DType::kUInt64:
      return f(static_cast<uint64_t*>(nullptr));
    default:
      fail("element type {} cannot be cast", name(dtype));
  }
}

// One of the carriers, filled from elements of one type and emptied into another's.
template <class C>
class Caster {
 public:
  Caster(const Tensor& x, Tensor& y, const CastRule& rule) : x_(x), y_(y), rule_(rule) {
    for (std::size_t i = 0; is_coded(x.dtype()) && i < 256; ++i)
      decoded_[i] = static_cast<C>(decode_code(x.dtype(), static_cast<uint8_t>(i)));
  }

  void run() {
    for (int64_t first = 0; first < x_.size(); first += kChunk) {
      const int64_t count = std::min(kChunk, x_.size() - first);
      read(first, count);
      write(first, count);
    }
  }

 private:
  void read(int64_t first, int64_t count) {
    if (is_coded(x_.dtype())) return read_codes(first, count);
    with_number(x_.dtype(), [&]<class T>(T*) {
      const T* in = static_cast<const T*>(x_.raw()) + first;
      for (int64_t i = 0; i < count; ++i) values_[i] = static_cast<C>(in[i]);
    });
  }

  void read_codes(int64_t first, int64_t count) {
    const int width = bits(x_.dtype());
    unpack(width, static_cast<const uint8_t*>(x_.raw()) + first * width / 8, count, codes_);
    for (int64_t i = 0; i < count; ++i) values_[i] = decoded_[codes_[i]];
  }

  void write(int64_t first, int64_t count) {
    if (y_.dtype() == DType::kString) return write_text(first, count);
    if (is_coded(y_.dtype())) return write_codes(first, count);
    with_number(y_.dtype(), [&]<class T>(T*) {
      T* out = static_cast<T*>(y_.mutable_raw()) + first;
      for (int64_t i = 0; i < count; ++i) {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
          out[i] = to_integer<T>(values_[i]);
        else
          out[i] = convert_value<T>(values_[i]);
      }
    });
  }

  void write_codes(int64_t first, int64_t count) {
    const int width = bits(y_.dtype());
    for (int64_t i = 0; i < count; ++i) codes_[i] = encode_code(y_.dtype(), values_[i], rule_);
    pack(width, codes_, count, static_cast<uint8_t*>(y_.mutable_raw()) + first * width / 8);
  }

  void write_text(int64_t first, int64_t count) {
    auto* out = y_.mutable_data<std::string>() + first;
    for (int64_t i = 0; i < count; ++i) out[i] = text(values_[i]);
  }

  std::string text(C value) const {
    if (x_.dtype() == DType::kBool) return value == 0 ? "False" : "True";
    if constexpr (std::is_integral_v<C>) return std::to_string(value);
    return number_text(static_cast<double>(value), x_.dtype());
  }

  const Tensor& x_;
  Tensor& y_;
  const CastRule& rule_;
  std::array<C, 256> decoded_ = {};
  C values_[kChunk];
  uint8_t codes_[kChunk];
};

Tensor parse(const Tensor& texts, DType to) {
  const bool integers = !is_floating_point(to) && to != DType::kBool;
  Tensor numbers(integers ? DType::kInt64 : DType::kFloat64, texts.shape());
  const auto* in = texts.data<std::string>();
  if (integers)
    std::transform(in, in + texts.size(), numbers.mutable_data<int64_t>(), parse_integer);
  else
    std::transform(in, in + texts.size(), numbers.mutable_data<double>(), parse_number);
  return numbers;
}

}  // namespace

void cast(const Tensor& x, Tensor& y, const CastRule& rule) {
  QTOOL_ASSERT(x.size() == y.size());
  if (x.dtype() == DType::kString) return cast(parse(x, y.dtype()), y, rule);
  if (is_floating_point(x.dtype())) return Caster<double>(x, y, rule).run();
  if (x.dtype() == DType::kUInt64) return Caster<uint64_t>(x, y, rule).run();
  Caster<int64_t>(x, y, rule).run();
}

Tensor cast(const Tensor& x, DType to, const CastRule& rule) {
  if (x.dtype() == to) return x;
  Tensor y(to, x.shape());
  cast(x, y, rule);
  return y;
}

}  // namespace qtool
