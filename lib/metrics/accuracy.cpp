#include "metrics/accuracy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace qtool {
namespace {

void check_pair(const Tensor& reference, const Tensor& value) {
  for (const Tensor* tensor : {&reference, &value})
    if (tensor->dtype() != DType::kFloat32)
      fail("errors are measured between float32 outputs, this one is {}", name(tensor->dtype()));
  if (reference.shape() != value.shape())
    fail("outputs to compare have shapes {} and {}", to_string(reference.shape()),
         to_string(value.shape()));
}

}  // namespace

void ErrorMeter::add(const Tensor& reference, const Tensor& value) {
  check_pair(reference, value);
  count_ += reference.size();
  const float* r = reference.data<float>();
  const float* v = value.data<float>();
  for (int64_t i = 0; i < reference.size(); ++i) {
    const double a = r[i], b = v[i], error = std::abs(a - b);
    signal_ += a * a;
    other_ += b * b;
    dot_ += a * b;
    noise_ += error * error;
    if (error > max_abs_error_ || std::isnan(error)) max_abs_error_ = error;
  }
}

double ErrorMeter::sqnr_db() const {
  if (noise_ == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal_ / noise_);
}

double ErrorMeter::cosine() const {
  if (signal_ == 0 && other_ == 0) return 1;
  if (signal_ == 0 || other_ == 0) return 0;
  return std::clamp(dot_ / (std::sqrt(signal_) * std::sqrt(other_)), -1.0, 1.0);
}

std::vector<int64_t> top_k(std::span<const float> scores, int k) {
  std::vector<int64_t> indices(scores.size());
  std::iota(indices.begin(), indices.end(), 0);
  const auto score = [&](int64_t index) {
    const float value = scores[static_cast<std::size_t>(index)];
    return std::isnan(value) ? -std::numeric_limits<float>::infinity() : value;
  };
  const auto better = [&](int64_t a, int64_t b) {
    return score(a) != score(b) ? score(a) > score(b) : a < b;
  };
  const std::size_t count = std::min(indices.size(), static_cast<std::size_t>(k));
  std::partial_sort(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(count),
                    indices.end(), better);
  indices.resize(count);
  return indices;
}

bool is_integer(DType dtype) {
  return bits(dtype) >= 8 && (name(dtype).starts_with("int") || name(dtype).starts_with("uint"));
}

void TopKMeter::add(const Tensor& scores, std::span<const int64_t> labels) {
  if (k_ == 1 && is_integer(scores.dtype()) && scores.size() == std::ssize(labels)) {
    const std::vector<int64_t> classes = to_int64s(scores);
    hits_ += std::inner_product(labels.begin(), labels.end(), classes.begin(), int64_t{0},
                                std::plus<>(), std::equal_to<>());
    count_ += std::ssize(labels);
    return;
  }
  if (scores.dtype() != DType::kFloat32 || scores.rank() < 1 || scores.rank() > 2)
    fail("top-{} needs float32 scores [N, classes], got {} {}", k_, name(scores.dtype()),
         to_string(scores.shape()));
  const int64_t rows = scores.rank() == 2 ? scores.dim(0) : 1;
  const int64_t classes = scores.shape().back();
  if (rows != static_cast<int64_t>(labels.size()))
    fail("{} rows of scores, but {} labels", rows, labels.size());
  const float* row = scores.data<float>();
  for (const int64_t label : labels) {
    if (label < 0 || label >= classes) fail("label {}, but there are {} classes", label, classes);
    const auto best = top_k({row, static_cast<std::size_t>(classes)}, k_);
    hits_ += std::find(best.begin(), best.end(), label) != best.end();
    ++count_;
    row += classes;
  }
}

}  // namespace qtool
