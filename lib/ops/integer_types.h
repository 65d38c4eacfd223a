#pragma once

#include "ops/types.h"

namespace qtool {

using IntegerTypes =
    Types<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;

/// Integers that wrap around have the same sums, products and bits whatever the sign of their
/// type. Kernels of that kind are made for unsigned types only, which then serve the signed ones:
/// elements are read as those of `unsigned_type(dtype)`.
using UnsignedTypes = Types<uint8_t, uint16_t, uint32_t, uint64_t>;
using ModularTypes = Types<float, double, uint8_t, uint16_t, uint32_t, uint64_t>;

/// The unsigned type as wide as a signed integer type; other types as they are.
constexpr DType unsigned_type(DType dtype) {
  switch (dtype) {
    case DType::kInt8:
      return DType::kUInt8;
    case DType::kInt16:
      return DType::kUInt16;
    case DType::kInt32:
      return DType::kUInt32;
    case DType::kInt64:
      return DType::kUInt64;
    default:
      return dtype;
  }
}

}  // namespace qtool
