#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// "[batch, 3, ?]": known sizes as numbers, others by their symbolic name or "?".
std::string to_string(const std::vector<Dim>& dims);

/// Whether sizes from `first` on are those of a value's dimensions; unknown ones take any size.
bool fits(const Shape& shape, const std::vector<Dim>& dims, std::size_t first = 0);

}  // namespace qtool
