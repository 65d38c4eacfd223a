#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/layer_behind.h"
#include "runtime/executor.h"
#include "tensor/quant_params.h"

namespace qtool {

/// The layer alone: a model of what its nodes read from others and what it gives.
Model layer_model(const Model& model, const Graph& graph, const Layer& layer);

/// A layer that gives the value as it is.
Model identity_model(const Model& model, const Value& value);

/// A layer that is run alone: what quantizing some of its inputs, by several parameters in turn, does
/// to its output.
class LayerTrial {
 public:
  /// Outputs of the layer are float32. Those of its inputs that `quantized` names are quantized.
  LayerTrial(const Model& layer, const std::set<std::string>& quantized);

  /// Takes in a value. When all that the layer reads has come, runs it, on floats and with each of
  /// the parameters, and forgets what came.
  void observe(const std::string& name, const Tensor& value,
               const std::vector<QuantParams>& candidates);

  /// Names of what the layer reads, without constants.
  const std::vector<std::string>& inputs() const { return inputs_; }
  /// Σ (y − ŷ)² / Σ y² over all runs, added over those outputs for which that is a number, for each
  /// of the parameters; empty if nothing was run.
  std::vector<double> errors() const;

 private:
  void run(const std::vector<QuantParams>& candidates);

  std::vector<std::string> inputs_, quantized_;
  Executor layer_;
  TensorMap feed_;
  struct Sums {
    double power = 0;            // Σ y²
    std::vector<double> errors;  // Σ (y − ŷ)²
  };
  std::map<std::string, Sums> outputs_;
};

}  // namespace qtool
