#pragma once

#include <cmath>
#include <random>

#include "runtime/executor.h"

namespace qtool::testing {

/// Inputs for a model whose inputs are float32 tensors of known shapes: numbers in [-1, 1), the
/// same ones for the same seed.
inline TensorMap random_feed(const Model& model, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  TensorMap feed;
  for (const ValueId input : model.graph.inputs()) {
    const Value& value = model.graph.value(input);
    Tensor tensor(DType::kFloat32, static_shape(value.type).value());
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = uniform(random);
    feed.emplace(value.name, tensor);
  }
  return feed;
}

/// Largest difference of float outputs as a part of the output's largest magnitude; infinite where
/// names, types or shapes differ or something is no number.
inline double relative_error(const TensorMap& expected, const TensorMap& actual) {
  double worst = 0;
  if (expected.size() != actual.size()) return INFINITY;
  for (const auto& [name, e] : expected) {
    const auto it = actual.find(name);
    if (it == actual.end() || it->second.dtype() != e.dtype() || it->second.shape() != e.shape())
      return INFINITY;
    double error = 0, largest = 0;
    for (int64_t i = 0; i < e.size(); ++i) {
      const double difference = double(e.data<float>()[i]) - it->second.data<float>()[i];
      if (std::isnan(difference)) return INFINITY;
      error = std::max(error, std::fabs(difference));
      largest = std::max(largest, std::fabs(double(e.data<float>()[i])));
    }
    worst = std::max(worst, error / largest);
  }
  return worst;
}

/// The same for two models on one random feed.
inline double relative_error(const Model& expected, const Model& actual, uint32_t seed = 1) {
  const TensorMap feed = random_feed(expected, seed);
  return relative_error(Executor(expected).run(feed), Executor(actual).run(feed));
}

/// The node of that name, or kNone.
inline NodeId find_node(const Graph& graph, std::string_view name) {
  for (const NodeId id : graph.nodes())
    if (graph.node(id).name == name) return id;
  return NodeId::kNone;
}

}  // namespace qtool::testing
