#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qtool {

/// Dimensions of a tensor, outermost first; empty for a scalar.
using Shape = std::vector<int64_t>;

/// Number of elements, 1 for a scalar. Throws Error on a negative dimension or over 2^56: the
/// bits of a tensor always fit an int64.
int64_t element_count(const Shape& shape);

/// "[1, 3, 224, 224]".
std::string to_string(const Shape& shape);

/// `axis` counted from the front; a negative one counts from the back as ONNX does.
/// Throws Error if it is outside [-rank, rank).
int normalize_axis(int64_t axis, std::size_t rank);

}  // namespace qtool
