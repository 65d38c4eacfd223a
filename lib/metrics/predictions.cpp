#include "metrics/predictions.h"

#include <cmath>
#include <limits>

#include "metrics/accuracy.h"

namespace qtool {
namespace {

// The best along `axis`.
std::vector<int64_t> best_along(const Tensor& scores, std::size_t axis) {
  const int64_t classes = scores.dim(axis);
  int64_t behind = 1;
  for (std::size_t i = axis + 1; i < scores.rank(); ++i) behind *= scores.dim(i);
  std::vector<int64_t> result;
  if (classes == 0) fail("there are no classes in an output {}", to_string(scores.shape()));
  const float* data = scores.data<float>();
  for (int64_t before = 0; before < scores.size() / (classes * behind); ++before)
    for (int64_t i = 0; i < behind; ++i) {
      const auto score = [&](int64_t c) {
        const float value = data[(before * classes + c) * behind + i];
        return std::isnan(value) ? -std::numeric_limits<float>::infinity() : value;
      };
      int64_t best = 0;
      for (int64_t c = 1; c < classes; ++c)
        if (score(c) > score(best)) best = c;
      result.push_back(best);
    }
  return result;
}

Shape without(Shape shape, std::size_t axis) {
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return shape;
}

}  // namespace

std::vector<int64_t> predicted_classes(const Tensor& output, const Shape& positions) {
  if (is_integer(output.dtype()) && output.shape() == positions) return to_int64s(output);
  if (output.dtype() == DType::kFloat32 && output.rank() == positions.size() + 1 &&
      output.size() > 0) {
    const std::size_t last = output.rank() - 1;
    const bool fits_last = without(output.shape(), last) == positions;
    const bool fits_second = output.rank() > 1 && without(output.shape(), 1) == positions;
    if (fits_last && (output.rank() <= 3 || !fits_second)) return best_along(output, last);
    if (fits_second) return best_along(output, 1);
  }
  fail(
      "labels {} want class numbers of that shape, or scores float32 with an axis of classes "
      "second or last; the output is {} {}",
      to_string(positions), name(output.dtype()), to_string(output.shape()));
}

std::vector<std::vector<int64_t>> predicted_sequences(const Tensor& output, const Shape& labels) {
  const bool is_scores = output.dtype() == DType::kFloat32;
  if (!(is_scores ? output.rank() >= 3 : is_integer(output.dtype()) && output.rank() >= 2) ||
      output.dim(0) != labels[0] || output.size() == 0)
    fail(
        "an error rate wants {} sequences, integers [N, length] or scores float32 [N, length, "
        "classes]; "
        "the output is {} {}",
        labels[0], name(output.dtype()), to_string(output.shape()));
  const auto all = is_scores ? best_along(output, output.rank() - 1) : to_int64s(output);
  const std::size_t length = all.size() / static_cast<std::size_t>(labels[0]);
  std::vector<std::vector<int64_t>> result(static_cast<std::size_t>(labels[0]));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] >= 0) result[i / length].push_back(all[i]);
  return result;
}

}  // namespace qtool
