#pragma once

#include "calib/methods/choose_ranges.h"
#include "quant/plan.h"

namespace qtool {

/// Replaces each RangeMethod::kAuto among the choices (of range_choices) by that of some methods whose
/// range lets the layers that read the value err least. Found by running: up to 256 samples, spread
/// evenly, go through the model, and what is computed from the value up to the next integers
/// (layer_behind.h) is run alone, on the value as it is and on the value quantized by each range; an
/// output of the model is a layer of its own. What counts is the sum over the layers' outputs of
///
///   Σ (y − ŷ)² / Σ y²
///
/// Ties go to the earlier method, of which the first is minmax; so does a value that no such layer
/// reads, or whose parameters do not follow from its range. Values that share parameters (Concat,
/// MaxPool…) get one method: what is tried is the union of its ranges, on all that read any of them.
/// `given` stands in place of ranges by any method. One sample's activations are held at most.
RangeChoices choose_by_layers(const Model& model, const SampleReader& samples, bool has_feedback,
                              const CalibrationTable& table, const Ranges& given,
                              const QuantOptions& options, RangeChoices choices,
                              const Progress& progress);

}  // namespace qtool
