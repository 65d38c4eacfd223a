#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "tensor/tensor.h"

namespace qtool {

/// Gathers over runs how well an output fits the labels; one number at the end.
struct LabelMeter {
  /// Takes the output of a run of N samples and their labels, int64 [N, ...]. Throws Error if they
  /// do not fit each other.
  std::function<void(const Tensor& output, const Tensor& labels)> add;
  std::function<double()> value;
};

/// A way to judge outputs by labels. Its value is a share, 1 for 100 %.
struct LabelMetric {
  std::string_view name;   // on the command line and in JSON: "top1"
  std::string_view title;  // of a column
  bool higher_is_better;
  LabelMeter (*make)();
};

/// top1, top5: labels [N], class scores float32 [N, classes] or [classes]; top1 also takes class numbers,
/// integers [N].
/// accuracy, mean-iou, f1: labels [N, positions...] of classes, negative ones are left out; outputs are
/// class numbers, integers of the same shape, or scores float32 [N, classes, positions...] or
/// [N, positions..., classes]. Of mean-iou and f1 the mean over all classes that occur.
/// error-rate: labels [N, length] and outputs [N, ...], sequences of numbers, or scores [N, ..., classes]
/// of which the best counts; negative numbers are left out. Edit distance / length of the labels: the word
/// or character error rate. Definitions: docs/quantization.md.
std::span<const LabelMetric> label_metrics();

/// Throws Error for a name that is none.
const LabelMetric& find_label_metric(std::string_view name);

}  // namespace qtool
