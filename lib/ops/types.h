#pragma once

#include <type_traits>

#include "ops/op.h"

namespace qtool {

/// Element types that a kernel is made for.
template <class... Ts>
struct Types {};

using FloatTypes = Types<float, double>;
using SignedTypes = Types<float, double, int8_t, int16_t, int32_t, int64_t>;
using NumericTypes =
    Types<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using NumericOrBoolTypes = Types<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                                 uint16_t, uint32_t, uint64_t, bool>;

/// Calls f(std::type_identity<T>) with the T of the list that `dtype` names. Throws Error if it is
/// none of them.
template <class... Ts, class F>
void with_type(Types<Ts...>, DType dtype, F&& f) {
  const bool known = ((dtype_of<Ts> == dtype && (f(std::type_identity<Ts>{}), true)) || ...);
  if (!known) fail("element type {} is not supported", name(dtype));
}

/// Whether `dtype` names one of the list.
template <class... Ts>
bool is_one_of(Types<Ts...>, DType dtype) {
  return ((dtype_of<Ts> == dtype) || ...);
}

/// Throws Error unless both are of the same element type.
inline void require_same_type(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    fail("inputs have different element types, {} and {}", name(a.dtype()), name(b.dtype()));
}

/// Bytes of one element, for kernels that only move data: those of the std::string object for
/// strings, which the functions of reference/copy.h assign. Throws Error for types below 8 bits; see
/// packed.h for these.
inline std::size_t element_bytes(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return sizeof(std::string);
  const int width = bits(tensor.dtype());
  if (width < 8) fail("element type {} is not supported", name(tensor.dtype()));
  return static_cast<std::size_t>(width) / 8;
}

/// The record of an operator that has a reference kernel only.
inline OpSpec reference_op(std::string_view op_type, BindFn bind, QuantTraits quant = {}) {
  return {"", op_type, {{Provider::kReference, bind}}, std::move(quant)};
}

}  // namespace qtool
