#pragma once

#include <string>

#include "tensor/dtype.h"

namespace qtool {

/// `value`, a number of floating-point type `dtype`, as Python writes it, in as few digits as tell
/// it from its neighbours in that type.
std::string number_text(double value, DType dtype);

/// The number that a text stands for: what strtod knows, or "true" or "false" in any case.
/// Throws Error for anything else.
double parse_number(const std::string& text);
/// The same, exact for integers of 64 bits; those above int64 lose their sign bit to it.
int64_t parse_integer(const std::string& text);

}  // namespace qtool
