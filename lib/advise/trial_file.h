#pragma once

#include <string>
#include <string_view>

#include "measure/measure.h"

namespace qtool {

/// The figures of a trial as JSON, so that a search that was interrupted need not measure them again.
std::string figures_json(const BenchResult& figures);

/// Reads what figures_json wrote. Throws Error, saying where, for what is none.
BenchResult parse_figures(std::string_view text);

}  // namespace qtool
