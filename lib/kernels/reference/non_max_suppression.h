#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace qtool::reference {

/// Which boxes of one class are kept.
struct BoxFilter {
  /// Boxes are [x center, y center, width, height], else [y1, x1, y2, x2] of opposite corners.
  bool center_point;
  int64_t most;         // boxes to keep
  float iou_threshold;  // a box that shares more than this with a better one is dropped
  std::optional<float> score_threshold;  // only boxes with a higher score are taken
};

/// Indices of the kept boxes, the highest score first; of equal ones the first box first. A box
/// whose score is no number is not taken.
/// `boxes` [count, 4], `scores` [count].
std::vector<int64_t> keep_boxes(const BoxFilter& filter, int64_t count, const float* boxes,
                                const float* scores);

}  // namespace qtool::reference
