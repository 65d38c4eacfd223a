#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// What is in a model, as `qtool inspect` shows it.
struct ModelSummary {
  struct Port {
    std::string name;
    std::string type;  // "float32[N, 3, 224, 224]"
  };
  struct Parameters {
    int64_t tensors = 0, elements = 0, bytes = 0;
  };
  struct QuantizedValue {
    std::string value;   // the integers, or the float value that becomes integers
    std::string role;    // "weight", "activation", "dynamic"
    QuantParams params;  // empty for dynamic ones
  };
  int64_t ir_version = 0;
  std::vector<Opset> opsets;
  std::vector<Port> inputs, outputs;
  std::map<std::string, int64_t> operators;      // count by domain and type
  std::map<std::string, Parameters> parameters;  // by element type
  std::vector<QuantizedValue> quantized;         // in the order of the graph
};

ModelSummary summarize(const Model& model);

/// "float32[N, 3, 224, 224]"; an unknown rank is "[...]".
std::string to_string(const ValueType& type);

}  // namespace qtool
