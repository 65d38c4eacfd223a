#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tensor/quant_params.h"

namespace qtool {

/// The type to quantize to that a person names: "u8", "s8", "u16", "s16", "u4", "s4", "u2", "s2",
/// "e4m3fn", "e5m2", or its name in full ("uint8", "float8e4m3fn"); nothing if there is none.
std::optional<DType> find_quant_type(std::string_view name);

/// Zero points that the type can have: all of its range, or 0 for floating point.
QuantRange zero_point_range(DType dtype);

/// The short names, for messages: "u8, s8, …".
std::string quant_type_names();

}  // namespace qtool
