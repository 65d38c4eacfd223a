#pragma once

#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "runtime/executor.h"
#include "tensor/quant_params.h"

namespace qtool {

/// A node alone: a model of what it reads and its first output; with the `next` one behind it, if that
/// is not kNone, which alone reads that output.
Model layer_model(const Model& model, const Graph& graph, NodeId node, NodeId next);

/// A layer that gives the value as it is.
Model identity_model(const Model& model, const Value& value);

/// A layer that is run alone: what quantizing some of its inputs, by several parameters in turn, does
/// to its output.
class LayerTrial {
 public:
  /// The layer has one output, of float32; the values named in `quantized` are inputs of it.
  LayerTrial(const Model& layer, std::set<std::string> quantized);

  /// Takes in a value. When all that the layer reads has come, runs it, on floats and with each of
  /// the parameters, and forgets what came.
  void observe(const std::string& name, const Tensor& value,
               const std::vector<QuantParams>& candidates);

  /// Names of what the layer reads, constants left out.
  const std::vector<std::string>& inputs() const { return inputs_; }
  /// Σ (y − ŷ)² / Σ y² over all runs, for each of the parameters; empty if that is no number.
  std::vector<double> errors() const;

 private:
  void run(const std::vector<QuantParams>& candidates);

  std::set<std::string> quantized_;
  std::vector<std::string> inputs_;
  Executor layer_;
  TensorMap feed_;
  double power_ = 0;            // Σ y²
  std::vector<double> errors_;  // Σ (y − ŷ)²
};

}  // namespace qtool
