#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calib/calibrate.h"
#include "calib/readers/reader.h"
#include "measure/twins.h"
#include "metrics/accuracy.h"

namespace qtool {

/// How a value of a quantized model differs from its float twin over all samples.
struct LayerError {
  std::string
      node;  // that writes it, as --mode and --keep-float name it; empty: an input of the model
  std::string op_type;  // of the node
  std::string value;
  ErrorMeter alone;   // if everything before it is exact; its own rounding is in it
  ErrorMeter so_far;  // with all errors before it
  /// For 8 and 16 bits: the share of elements that lie outside of what its integers can express, and the
  /// share of their range that the elements take.
  std::optional<double> clipped;
  std::optional<double> range_used;
  std::optional<double> weight_sqnr_db;  // of the node's worst weight
  /// Mean squares of what integers alone do to the exact value: to elements within what they can express,
  /// and to those outside. 0 where clipped is absent.
  double rounding_mse = 0, clipping_mse = 0;
  double crest = 0;       // largest magnitude of the exact value over its root mean square
  std::size_t place = 0;  // in the order in which the values are computed
  Segment made_by;  // what the quantized model has between this value and those compared before it
};

/// Compares two models of the same samples value by value, matched by name: `first` prepared for
/// quantization (prepare_pipeline), `other` made of it, in any form. Worst alone first. Throws Error if they
/// have no value in common, or if one of them cannot run.
std::vector<LayerError> compare_layers(const Model& first, const Model& other,
                                       const SampleReader& samples, const Progress& progress = {});

}  // namespace qtool
