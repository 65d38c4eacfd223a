#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "measure/measure.h"
#include "metrics/label_metrics.h"

namespace qtool {
namespace {

// The output that labels judge; null if it is not clear which.
const Tensor* judged_output(const TensorMap& outputs, const std::string& name) {
  if (name.empty()) return outputs.size() == 1 ? &outputs.begin()->second : nullptr;
  const auto it = outputs.find(name);
  if (it == outputs.end()) fail("has no output '{}'", name);
  return &it->second;
}

// The same if it is rows of class scores: [classes] for one sample or [samples, classes].
const Tensor* class_scores(const TensorMap& outputs, const std::string& name, int64_t samples) {
  const Tensor* scores = judged_output(outputs, name);
  if (scores == nullptr) return nullptr;
  const bool has_rows =
      (scores->rank() == 1 && samples == 1) || (scores->rank() == 2 && scores->dim(0) == samples);
  return has_rows && scores->dtype() == DType::kFloat32 && scores->size() > samples ? scores
                                                                                    : nullptr;
}

int64_t best(const Tensor& scores, int64_t row, int64_t rows) {
  const int64_t classes = scores.size() / rows;
  return top_k({scores.data<float>() + row * classes, static_cast<std::size_t>(classes)}, 1)[0];
}

// One metric over all samples.
struct Judge {
  const LabelMetric* metric;
  LabelMeter meter;
};

// What is gathered of one model.
struct Meters {
  std::vector<Judge> judges;
  int64_t agreed = 0, compared = 0;
  std::map<std::string, ErrorMeter> outputs;  // against the first model's
};

std::vector<std::string> fitting_metrics(const Tensor& labels, const Tensor& output) {
  if (labels.rank() > 1) return {"accuracy", "mean-iou", "f1"};
  if (is_integer(output.dtype())) return {"top1"};
  return {"top1", "top5"};
}

std::vector<Judge> make_judges(const AccuracyOptions& options, const Tensor& output) {
  std::vector<Judge> judges;
  for (const std::string& name :
       options.metrics.empty() ? fitting_metrics(options.labels, output) : options.metrics) {
    const LabelMetric& metric = find_label_metric(name);
    judges.push_back({&metric, metric.make()});
  }
  return judges;
}

void judge(const TensorMap& outputs, const Tensor& labels, const AccuracyOptions& options,
           Meters& meters) {
  const Tensor* output = judged_output(outputs, options.output);
  if (output == nullptr)
    fail("has {} outputs; --output says which of them the labels judge", outputs.size());
  if (meters.judges.empty()) meters.judges = make_judges(options, *output);
  for (const Judge& each : meters.judges)
    with_context([&] { return std::string(each.metric->name); },
                 [&] { each.meter.add(*output, labels); });
}

void compare_classes(const TensorMap& first, const TensorMap& outputs, const std::string& output,
                     int64_t samples, Meters& meters) {
  const Tensor* reference = class_scores(first, output, samples);
  const Tensor* scores = class_scores(outputs, output, samples);
  if (reference == nullptr || scores == nullptr) return;
  for (int64_t row = 0; row < samples; ++row)
    meters.agreed += best(*scores, row, samples) == best(*reference, row, samples);
  meters.compared += samples;
}

void compare(const TensorMap& first, const TensorMap& outputs, Meters& meters) {
  for (const auto& [name, reference] : first) {
    const auto it = outputs.find(name);
    if (it == outputs.end()) fail("has no output '{}'", name);
    if (reference.dtype() != DType::kFloat32) continue;
    if (it->second.shape() != reference.shape() || it->second.dtype() != DType::kFloat32)
      fail("output '{}' has another type or shape than the first model's", name);
    meters.outputs[name].add(reference, it->second);
  }
}

// The labels of the samples at these places.
Tensor labels_at(const std::vector<int64_t>& places, const Tensor& labels) {
  Shape shape = labels.shape();
  const int64_t count = shape[0];
  const std::size_t row = count == 0 ? 0 : labels.bytes() / static_cast<std::size_t>(count);
  shape[0] = std::ssize(places);
  Tensor result(labels.dtype(), shape);
  auto* to = static_cast<std::byte*>(result.mutable_raw());
  for (const int64_t place : places) {
    if (place >= count) fail("there are {} labels, but sample {} is used", count, place);
    std::memcpy(to,
                static_cast<const std::byte*>(labels.raw()) + row * static_cast<std::size_t>(place),
                row);
    to += row;
  }
  return result;
}

void conclude(const Meters& meters, bool is_first, BenchResult& result) {
  for (const Judge& each : meters.judges)
    result.scores.push_back({std::string(each.metric->name), std::string(each.metric->title),
                             each.meter.value(), true, each.metric->higher_is_better});
  if (!is_first && meters.compared > 0)
    result.agreement = double(meters.agreed) / double(meters.compared);
  for (const auto& [name, meter] : meters.outputs)
    result.outputs[name] = {meter.sqnr_db(), meter.cosine(), meter.mse(), meter.max_abs_error()};
}

}  // namespace

std::string label(const BenchResult& result) {
  return result.backend == "builtin" ? result.path
                                     : fmt::format("{} ({})", result.path, result.backend);
}

const OutputError* worst_output(const BenchResult& result) {
  const auto badness = [](const auto& output) {
    const double sqnr = output.second.sqnr_db;
    return std::isnan(sqnr) ? -std::numeric_limits<double>::infinity() : sqnr;
  };
  const auto it =
      std::min_element(result.outputs.begin(), result.outputs.end(),
                       [&](const auto& a, const auto& b) { return badness(a) < badness(b); });
  return it == result.outputs.end() ? nullptr : &it->second;
}

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
    TensorMap first;
    for (std::size_t m = 0; m < models.size(); ++m) {
      const auto in_model = [&] { return models[m].path; };
      TensorMap feed = sample;
      feedback[m].fill(feed);
      const TensorMap outputs = with_context(in_model, [&] { return models[m].run(feed); });
      feedback[m].keep(outputs);
      if (m == 0) first = outputs;
      with_context(in_model, [&] {
        if (options.labels.defined())
          judge(outputs, labels_at(places, options.labels), options, meters[m]);
        compare_classes(first, outputs, options.output, std::ssize(places), meters[m]);
        if (m > 0) compare(first, outputs, meters[m]);
      });
      if (options.on_outputs) options.on_outputs(m, i, outputs);
    }
    if (progress) progress(i + 1, count);
  }
  for (std::size_t m = 0; m < models.size(); ++m) conclude(meters[m], m == 0, results[m]);
}

}  // namespace qtool
