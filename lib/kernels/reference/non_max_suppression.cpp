#include "kernels/reference/non_max_suppression.h"

#include <algorithm>

namespace qtool::reference {
namespace {

struct Box {
  float left, top, right, bottom;
  float area() const { return (right - left) * (bottom - top); }
};

Box read_box(const float* b, bool center_point) {
  if (center_point) return {b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2};
  return {std::min(b[1], b[3]), std::min(b[0], b[2]), std::max(b[1], b[3]), std::max(b[0], b[2])};
}

// Intersection over union is over the threshold.
bool overlaps(const Box& a, const Box& b, float threshold) {
  const Box both = {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
                    std::min(a.bottom, b.bottom)};
  if (both.right <= both.left || both.bottom <= both.top) return false;
  const float shared = both.area();
  const float all = a.area() + b.area() - shared;
  return shared > 0 && a.area() > 0 && b.area() > 0 && all > 0 && shared / all > threshold;
}

}  // namespace

std::vector<int64_t> keep_boxes(const BoxFilter& filter, int64_t count, const float* boxes,
                                const float* scores) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < count; ++i)
    if (filter.score_threshold ? scores[i] > *filter.score_threshold : scores[i] == scores[i])
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  std::vector<int64_t> kept;
  std::vector<Box> kept_boxes;
  for (const int64_t i : order) {
    if (std::ssize(kept) >= filter.most) break;
    const Box box = read_box(boxes + 4 * i, filter.center_point);
    const auto shares = [&](const Box& b) { return overlaps(box, b, filter.iou_threshold); };
    if (std::any_of(kept_boxes.begin(), kept_boxes.end(), shares)) continue;
    kept.push_back(i);
    kept_boxes.push_back(box);
  }
  return kept;
}

}  // namespace qtool::reference
