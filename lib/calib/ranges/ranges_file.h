#pragma once

#include <string>

#include "base/json.h"
#include "calib/ranges/range.h"

namespace qtool {

/// Ranges as JSON for people to read and edit, a line for each value:
///
///   {"format": "qtool-ranges", "version": 1,
///    "values": {"x": [-1.5, 2.0]},                     smallest and largest of the value
///    "channels": {"x": [[-1.5, 0.5], [-1.0, 2.0]]},    of each index of axis 1, or of the last one
///    "means": {"x": [0.25, 0.5]},                      of the same
///    "methods": {"x": "entropy"}}                      how the range was chosen, where not as seen
///
/// read_ranges of it gives the same bits back. Throws Error for ranges that are not finite.
std::string ranges_json(const Ranges& ranges);

/// Whether JSON says that it is of that form.
bool is_ranges_json(const Json& json);
/// Reads it. Throws Error, saying where: unknown fields or version, ranges that are not finite or
/// whose smallest is above the largest.
Ranges read_ranges(const Json& json);

}  // namespace qtool
