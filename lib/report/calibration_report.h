#pragma once

#include <string>

#include "base/json.h"
#include "calib/calibrate.h"
#include "calib/methods/methods.h"
#include "ir/graph.h"
#include "quant/plan.h"

namespace qtool {

/// What a calibration report tells of.
struct CalibrationReport {
  std::string model;        // name of its file
  std::string fingerprint;  // of the graph
  const Graph& graph;       // that was calibrated: types, producers and readers of the values
  const CalibrationTable& table;
  const CalibrationTargets& targets;
  Grid grid;                        // the integers that the ranges are for
  const QuantPlan* plan = nullptr;  // that follows: what it chose is told of the values that it has
};

/// The section of a page about a table: for each of the targets its histogram with the range that every method
/// takes (choose_range, at its default settings), extremes, moments and channels. With a plan only of those that
/// become integers by it, and with what these can express.
Json calibration_section(const CalibrationReport& report);

/// The table as a page. Throws Error for names that are not UTF-8.
std::string calibration_html(const CalibrationReport& report);

/// The share of the numbers that lie in bins wholly outside the range: at most a bin's numbers at each
/// end below the true share. 0 to 1; 0 if nothing was seen.
double share_outside(const Histogram& histogram, const Range& range);

}  // namespace qtool
