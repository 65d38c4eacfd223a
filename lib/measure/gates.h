#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/measure.h"

namespace qtool {

/// Bounds that a model must keep; absent: none.
struct GateBounds {
  std::optional<double> max_accuracy_drop;  // points of the first score under the first model's
  std::optional<double> min_sqnr;           // dB, of the worst output against the first model's
  std::optional<double> min_speedup;        // first model's latency / this
  std::optional<double> max_latency;        // ms, median
  std::optional<double> max_size;           // bytes
  std::optional<double> max_ratio;          // of its size to the first model's

  bool any() const;
  /// Whether one of them compares with the first model.
  bool any_relative() const;
};

/// Undecided: the bound lies within what noise leaves open.
enum class Verdict : uint8_t { kMet, kNotMet, kUndecided };
std::string_view name(Verdict verdict);

/// One bound and one model.
struct GateResult {
  std::string gate;   // as on the command line: "max-accuracy-drop"
  std::string model;  // its path, and what ran it if that is not qtool: "int8.onnx (onnxruntime)"
  std::string unit;
  bool is_max = true;  // the bound is the largest value allowed; else the smallest
  double bound = 0;
  Estimate value;
  Verdict verdict = Verdict::kUndecided;
};

/// Judges every model but the first by all bounds, and the first, if it is alone, by those that compare with
/// nothing. Throws Error for a bound whose figure was not measured: accuracy without scores, SQNR without
/// outputs of floats.
std::vector<GateResult> judge_gates(const GateBounds& bounds,
                                    const std::vector<BenchResult>& results);

}  // namespace qtool
