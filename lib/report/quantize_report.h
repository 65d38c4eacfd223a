#pragma once

#include <optional>
#include <string>

#include "measure/quantized_weights.h"
#include "quant/plan_size.h"
#include "report/calibration_report.h"

namespace qtool {

/// What a page about a quantization tells of.
struct QuantizeReport {
  std::string model, output;  // names of their files
  std::uintmax_t size_before = 0, size_after = 0;
  const Graph& graph;  // prepared, as the plan is for
  const QuantPlan& plan;
  std::string plan_text;   // of plan_json
  const Graph& quantized;  // in QDQ form
  /// If the model was run, or a table read: what was seen, for integers of this grid.
  const CalibrationTable* table = nullptr;
  const CalibrationTargets* targets = nullptr;
  Grid grid = {};
};

/// The quantization as a page: the graph by modes, counts, sizes and reasons, activations with the ranges chosen,
/// weights with their channels, the plan to save. Throws Error for names that are not UTF-8.
std::string quantize_html(const QuantizeReport& report);

}  // namespace qtool
