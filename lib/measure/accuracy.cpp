#include <algorithm>

#include "measure/measure.h"

namespace qtool {
namespace {

// The output that is judged as class scores: the only one, of shape [classes] or [1, classes].
const Tensor* class_scores(const TensorMap& outputs) {
  if (outputs.size() != 1) return nullptr;
  const Tensor& scores = outputs.begin()->second;
  const bool is_row = scores.rank() == 1 || (scores.rank() == 2 && scores.dim(0) == 1);
  return is_row && scores.dtype() == DType::kFloat32 && scores.size() > 1 ? &scores : nullptr;
}

int64_t best(const Tensor& scores) {
  return top_k({scores.data<float>(), static_cast<std::size_t>(scores.size())}, 1)[0];
}

// Meters of one model over all samples.
struct Meters {
  TopKMeter top1{1}, top5{5};
  int64_t agreed = 0, judged = 0;
};

void compare(const TensorMap& first, const TensorMap& outputs, BenchResult& result) {
  for (const auto& [name, reference] : first) {
    const auto it = outputs.find(name);
    if (it == outputs.end()) fail("{}: has no output '{}'", result.path, name);
    if (reference.dtype() != DType::kFloat32) continue;
    if (it->second.shape() != reference.shape() || it->second.dtype() != DType::kFloat32)
      fail("{}: output '{}' has another type or shape than the first model's", result.path, name);
    result.outputs[name].add(reference, it->second);
  }
}

void judge(const TensorMap& first, const TensorMap& outputs, std::span<const int64_t> label,
           Meters& meters) {
  const Tensor* scores = class_scores(outputs);
  if (scores == nullptr) {
    if (!label.empty())
      fail("labels need a model with one float output of shape [1, classes]; leave --labels out");
    return;
  }
  if (!label.empty()) {
    meters.top1.add(*scores, label);
    meters.top5.add(*scores, label);
  }
  if (const Tensor* reference = class_scores(first)) {
    meters.agreed += best(*scores) == best(*reference);
    ++meters.judged;
  }
}

}  // namespace

void measure_accuracy(const std::vector<Contestant>& models, const SampleReader& samples,
                      const AccuracyOptions& options, std::vector<BenchResult>& results,
                      const Progress& progress) {
  const int64_t count = samples.count();
  if (!options.labels.empty() && static_cast<int64_t>(options.labels.size()) != count)
    fail("there are {} samples but {} labels", count, options.labels.size());
  std::vector<Meters> meters(models.size());
  for (int64_t i = 0; i < count; ++i) {
    const TensorMap feed = samples.read(i);
    std::span<const int64_t> label;
    if (!options.labels.empty()) label = {&options.labels[static_cast<std::size_t>(i)], 1};
    TensorMap first;
    for (std::size_t m = 0; m < models.size(); ++m) {
      const TensorMap outputs = with_context([&] { return models[m].path; },
                                             [&] { return models[m].executor.run(feed); });
      if (m == 0) first = outputs;
      judge(first, outputs, label, meters[m]);
      if (m > 0) compare(first, outputs, results[m]);
    }
    if (progress) progress(i + 1, count);
  }
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (meters[m].top1.count() > 0) {
      results[m].top1 = meters[m].top1.accuracy();
      results[m].top5 = meters[m].top5.accuracy();
    }
    if (m > 0 && meters[m].judged > 0)
      results[m].agreement = double(meters[m].agreed) / double(meters[m].judged);
  }
}

}  // namespace qtool
