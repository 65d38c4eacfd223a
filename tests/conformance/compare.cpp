#include "conformance/compare.h"

#include <cmath>
#include <cstdlib>

#include "tensor/widen.h"

namespace qtool {
namespace {

constexpr double kAbsolute = 1e-7;
constexpr double kRelative = 1e-3;
constexpr double kRelativeBFloat16 = 0x1p-6;

bool is_close(double got, double expected, double relative) {
  if (got == expected) return true;
  if (std::isnan(got) || std::isnan(expected)) return std::isnan(got) && std::isnan(expected);
  if (std::isinf(got) || std::isinf(expected)) return false;
  return std::abs(got - expected) <= kAbsolute + relative * std::abs(expected);
}

// Both of type T, `relative` is 0 for exact ones.
template <class T>
std::string element_difference(const Tensor& got, const Tensor& expected, double relative) {
  const T* a = got.data<T>();
  const T* b = expected.data<T>();
  int64_t wrong = 0, first = 0;
  for (int64_t i = got.size(); i-- > 0;) {
    if (is_close(static_cast<double>(a[i]), static_cast<double>(b[i]), relative)) continue;
    ++wrong;
    first = i;
  }
  if (wrong == 0) return "";
  return fmt::format("{} of {} elements differ, the first is [{}]: {} instead of {}", wrong,
                     got.size(), first, static_cast<double>(a[first]),
                     static_cast<double>(b[first]));
}

std::string tensor_difference(const Tensor& got, const Tensor& expected) {
  if (got.dtype() != expected.dtype())
    return fmt::format("is {} instead of {}", name(got.dtype()), name(expected.dtype()));
  if (got.shape() != expected.shape())
    return fmt::format("has shape {} instead of {}", to_string(got.shape()),
                       to_string(expected.shape()));
  const double relative = got.dtype() == DType::kBFloat16 ? kRelativeBFloat16 : kRelative;
  const Tensor a = widen(got), b = widen(expected);  // packed elements may have any padding
  switch (a.dtype()) {
    case DType::kFloat32:
      return element_difference<float>(a, b, relative);
    case DType::kFloat16:
      return element_difference<Half>(a, b, relative);
    case DType::kFloat64:
      return element_difference<double>(a, b, relative);
    default:
      return a == b ? "" : "holds other elements";
  }
}

std::string sequence_difference(const Sequence& got, const Sequence& expected) {
  if (got.size() != expected.size())
    return fmt::format("holds {} tensors instead of {}", got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (const std::string text = tensor_difference(got[i], expected[i]); !text.empty())
      return fmt::format("tensor {} {}", i, text);
  return "";
}

}  // namespace

std::string difference(const Datum& got, const Datum& expected) {
  if (got.is_tensor() && expected.is_tensor())
    return tensor_difference(got.tensor(), expected.tensor());
  if (got.is_sequence() && expected.is_sequence())
    return sequence_difference(got.sequence(), expected.sequence());
  return got.is_empty() && expected.is_empty() ? "" : "is of another kind than expected";
}

}  // namespace qtool
