#include <algorithm>

#include "measure/measure.h"

namespace qtool {
namespace {

// The output that is judged as class scores: the only one, of shape [classes] for one sample or
// [samples, classes].
const Tensor* class_scores(const TensorMap& outputs, int64_t samples) {
  if (outputs.size() != 1) return nullptr;
  const Tensor& scores = outputs.begin()->second;
  const bool has_rows =
      (scores.rank() == 1 && samples == 1) || (scores.rank() == 2 && scores.dim(0) == samples);
  return has_rows && scores.dtype() == DType::kFloat32 && scores.size() > samples ? &scores
                                                                                  : nullptr;
}

int64_t best(const Tensor& scores, int64_t row, int64_t rows) {
  const int64_t classes = scores.size() / rows;
  return top_k({scores.data<float>() + row * classes, static_cast<std::size_t>(classes)}, 1)[0];
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

void judge(const TensorMap& first, const TensorMap& outputs, int64_t samples,
           std::span<const int64_t> labels, Meters& meters) {
  const Tensor* scores = class_scores(outputs, samples);
  if (scores == nullptr) {
    if (!labels.empty())
      fail("labels need a model with one float output of shape [1, classes]; leave --labels out");
    return;
  }
  if (!labels.empty()) {
    meters.top1.add(*scores, labels);
    meters.top5.add(*scores, labels);
  }
  if (const Tensor* reference = class_scores(first, samples)) {
    for (int64_t row = 0; row < samples; ++row)
      meters.agreed += best(*scores, row, samples) == best(*reference, row, samples);
    meters.judged += samples;
  }
}

std::vector<int64_t> labels_at(const std::vector<int64_t>& places,
                               const std::vector<int64_t>& labels) {
  std::vector<int64_t> result;
  for (const int64_t place : places) {
    if (place >= std::ssize(labels))
      fail("there are {} labels, but sample {} is used", labels.size(), place);
    result.push_back(labels[static_cast<std::size_t>(place)]);
  }
  return result;
}

}  // namespace

void measure_accuracy(const std::vector<Contestant>& models, const SampleReader& samples,
                      const AccuracyOptions& options, std::vector<BenchResult>& results,
                      const Progress& progress) {
  const int64_t count = samples.count();
  std::vector<Meters> meters(models.size());
  std::vector<Feedback> feedback(models.size(), samples.feedback());
  for (int64_t i = 0; i < count; ++i) {
    const TensorMap sample = samples.read(i);
    if (sample.empty()) continue;
    const std::vector<int64_t> places = samples.places(i);
    std::vector<int64_t> labels;
    if (!options.labels.empty()) labels = labels_at(places, options.labels);
    TensorMap first;
    for (std::size_t m = 0; m < models.size(); ++m) {
      TensorMap feed = sample;
      feedback[m].fill(feed);
      const TensorMap outputs = with_context([&] { return models[m].path; },
                                             [&] { return models[m].executor.run(feed); });
      feedback[m].keep(outputs);
      if (m == 0) first = outputs;
      judge(first, outputs, std::ssize(places), labels, meters[m]);
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
