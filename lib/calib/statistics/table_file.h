#pragma once

#include <string>
#include <string_view>

#include "calib/statistics/statistics.h"

namespace qtool {

/// A calibration table as JSON, a line for each value. Format: docs/calibration.md. The same table
/// gives the same bytes. `fingerprint` tells which model it is of.
std::string table_json(const CalibrationTable& table, const std::string& fingerprint);

/// Reads what table_json wrote; gives the same table. Throws Error, saying where, for what is no
/// table, and for one of another model.
CalibrationTable parse_table(std::string_view text, const std::string& fingerprint);

/// The fingerprint that a table says it is of.
std::string table_fingerprint(std::string_view text);

}  // namespace qtool
