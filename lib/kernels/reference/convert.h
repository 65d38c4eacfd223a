#pragma once

#include <cstdint>

#include "base/convert_value.h"

namespace qtool::reference {

using qtool::convert_value;

/// y[i] = x[i] as a number of the other type.
template <class From, class To>
void convert(const From* x, To* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = convert_value<To>(x[i]);
}

}  // namespace qtool::reference
