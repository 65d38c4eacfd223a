#include "measure/compare_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "measure/twins.h"
#include "onnx_io/onnx_io.h"
#include "ops/channels_last.h"
#include "passes/passes.h"

namespace qtool {
namespace {

// What the integers of a value can express, and what it takes of that.
struct Grid {
  double low = 0, high = 0, step = 0;
  int64_t outside = 0, count = 0;
  double rounding = 0, clipping = 0, squares = 0;  // sums of squares
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  explicit Grid(const QuantParams& params) : step(params.scale[0]) {
    const QuantRange range = quant_range(params.dtype);
    low = step * (range.min - params.zero_point[0]);
    high = step * (range.max - params.zero_point[0]);
  }
  void add(const Tensor& values) {
    for (int64_t i = 0; i < values.size(); ++i) {
      const double value = values.data<float>()[i];
      const bool is_outside = value < low - step / 2 || value > high + step / 2;
      const double near = std::clamp(step * std::nearbyint(value / step), low, high);
      outside += is_outside;
      (is_outside ? clipping : rounding) += (value - near) * (value - near);
      squares += value * value;
      min = std::min(min, value);
      max = std::max(max, value);
    }
    count += values.size();
  }
  double used() const {
    return (std::clamp(max, low, high) - std::clamp(min, low, high)) / (high - low);
  }
  void tell(LayerError& layer) const {
    const auto n = static_cast<double>(std::max<int64_t>(count, 1));
    layer.clipped = double(outside) / n;
    layer.range_used = count == 0 ? 0 : used();
    layer.rounding_mse = rounding / n;
    layer.clipping_mse = clipping / n;
    if (squares > 0) layer.crest = std::max(max, -min) / std::sqrt(squares / n);
  }
};

TensorMap observed_run(const Executor& executor, const TensorMap& feed) {
  TensorMap values = feed;
  executor.run(feed, [&](const std::string& name, const Tensor& value, Layout layout) {
    values[name] = as_channels_first(value, layout).clone();
  });
  return values;
}

std::vector<std::string> names_of(const std::vector<Twin>& twins, std::string Twin::*name,
                                  const Graph& graph) {
  std::vector<std::string> names;
  for (const Twin& twin : twins)
    if (!graph.is_input(graph.find(twin.*name))) names.push_back(twin.*name);
  return names;
}

double sqnr_or_worst(const ErrorMeter& meter) {
  const double sqnr = meter.sqnr_db();
  return std::isnan(sqnr) ? -std::numeric_limits<double>::infinity() : sqnr;
}

void add_weights(const Model& first, Model other, const std::vector<Twin>& twins,
                 std::vector<LayerError>& layers) {
  fold_dequantize(other);
  std::map<std::string, double> worst;
  for (const TwinWeight& weight : find_twin_weights(first.graph, other.graph, twins)) {
    ErrorMeter meter;
    meter.add(*weight.first, *weight.other);
    const auto it = worst.emplace(weight.node, meter.sqnr_db()).first;
    it->second = std::min(it->second, meter.sqnr_db());
  }
  for (LayerError& layer : layers)
    if (const auto it = worst.find(layer.node); it != worst.end())
      layer.weight_sqnr_db = it->second;
}

}  // namespace

std::vector<LayerError> compare_layers(const Model& first, const Model& other,
                                       const SampleReader& samples, const Progress& progress) {
  const Model quantized = in_qdq_form(other);
  const std::vector<Twin> twins = find_twins(first.graph, quantized.graph);
  const Isolated isolated = isolate(quantized, twins);
  if (std::all_of(isolated.outputs.begin(), isolated.outputs.end(),
                  [](const std::string& name) { return name.empty(); }))
    fail(
        "the models have no value in common that a node writes; was the second made of the first?");
  const Executor exact(first, {.observed = names_of(twins, &Twin::value, first.graph)});
  const Executor whole(quantized, {.observed = names_of(twins, &Twin::seen, quantized.graph)});
  const Executor alone(isolated.model);

  std::vector<LayerError> layers;
  std::vector<std::optional<Grid>> grids;
  std::vector<Segment> segments = find_segments(quantized.graph, twins);
  for (const Twin& twin : twins) {
    LayerError& layer = layers.emplace_back(LayerError{twin.node, twin.op_type, twin.value});
    layer.place = grids.size();
    layer.made_by = std::move(segments[layer.place]);
    grids.push_back(twin.params ? std::optional(Grid(*twin.params)) : std::nullopt);
  }
  Feedback feedback = samples.feedback();
  for (int64_t i = 0; i < samples.count(); ++i) {
    TensorMap feed = samples.read(i);
    if (feed.empty()) continue;
    feedback.fill(feed);
    const TensorMap right = observed_run(exact, feed);
    const TensorMap seen = observed_run(whole, feed);
    TensorMap inputs = feed;
    for (const Twin& twin : twins) inputs.insert_or_assign(twin.value, right.at(twin.value));
    const TensorMap made = alone.run(inputs);
    for (std::size_t t = 0; t < twins.size(); ++t) {
      const Tensor& value = right.at(twins[t].value);
      with_context([&] { return fmt::format("value '{}'", twins[t].value); },
                   [&] {
                     layers[t].so_far.add(value, seen.at(twins[t].seen));
                     if (!isolated.outputs[t].empty())
                       layers[t].alone.add(value, made.at(isolated.outputs[t]));
                   });
      if (grids[t]) grids[t]->add(value);
    }
    feedback.keep(right);
    if (progress) progress(i + 1, samples.count());
  }
  for (std::size_t t = 0; t < twins.size(); ++t)
    if (grids[t]) grids[t]->tell(layers[t]);
  add_weights(first, quantized, twins, layers);
  for (std::size_t t = twins.size(); t-- > 0;)
    if (isolated.outputs[t].empty()) layers.erase(layers.begin() + static_cast<std::ptrdiff_t>(t));
  std::stable_sort(layers.begin(), layers.end(), [](const LayerError& a, const LayerError& b) {
    return sqnr_or_worst(a.alone) < sqnr_or_worst(b.alone);
  });
  return layers;
}

}  // namespace qtool
