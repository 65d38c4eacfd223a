// A calibration table; what is read and written comes back, and ranges can be chosen from it.
#include "calib/methods/choose_ranges.h"
#include "calib/statistics/table_file.h"
#include "fuzz/target.h"

using namespace qtool;

static void choose_all(const CalibrationTable& table, const Grid& grid) {
  for (const RangeMethod method : statistics_methods(grid)) {
    RangeChoices choices;
    for (const auto& [name, statistics] : table.statistics)
      choices[name] = {.method = method, .grid = grid};
    choose_ranges(table, choices);
  }
}

FUZZ(text) {
  const std::string model = table_fingerprint(text);
  const CalibrationTable table = parse_table(text, model);
  const std::string written = table_json(table, model);
  QTOOL_ASSERT(table_json(parse_table(written, model), model) == written);
  choose_all(table, Grid::of(DType::kUInt8, false));
  choose_all(table, Grid::of(DType::kFloat8E4M3FN, true));
}
