#pragma once

#include <string_view>
#include <vector>

#include "tensor/shape.h"

namespace qtool {

/// One axis of a Resize on its way from `input` to `output` elements.
struct ResizeAxis {
  int64_t input;
  int64_t output;
  float scale = 1;
  float length = 0;  // of the output; a fraction if it follows from a scale
  float roi_start = 0;
  float roi_end = 1;
  /// Whether it stays as it is.
  bool unchanged() const { return input == output && scale == 1 && roi_start == 0 && roi_end == 1; }
};

/// Place in the input, in elements, of output `i`: coordinate_transformation_mode. Computed in
/// float as the scales are.
using ResizeTransform = float (*)(float i, const ResizeAxis& axis);
/// The function of that name. Throws Error if there is none.
ResizeTransform find_transform(std::string_view name);
/// i / scale: that of the operators that have no choice.
float asymmetric(float i, const ResizeAxis& axis);
/// The one that takes part of the input, given by the roi.
float tf_crop_and_resize(float i, const ResizeAxis& axis);

/// How large the outputs are to be: by factors, or in elements. One of the two is empty.
struct ResizeTarget {
  std::vector<float> scales;
  std::vector<int64_t> sizes;
  std::string_view aspect;  // keep_aspect_ratio_policy for sizes
};

/// The axes of `shape`, of which those of `which` are resized to the target's entries, in order.
/// Throws Error unless there is a target for each of them, for scales that are not over 0 and for
/// axes that are empty.
std::vector<ResizeAxis> resize_axes(const Shape& shape, const std::vector<std::size_t>& which,
                                    const ResizeTarget& target);

/// Sets the part of the input that is taken: starts, then ends, as parts of the whole.
/// Throws Error unless there are two for each axis of `which`.
void set_roi(const std::vector<float>& roi, const std::vector<std::size_t>& which,
             std::vector<ResizeAxis>& axes);

}  // namespace qtool
