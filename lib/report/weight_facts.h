#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// A constant of a model, what its integers mean, and figures of it.
struct WeightFacts {
  /// Of the whole tensor or of one index of the axis that its scales run along.
  struct Slice {
    float scale = 1;
    int32_t zero_point = 0;
    int64_t low = 0, high = 0;  // integers, if it is quantized
    double at_ends = 0;         // share of elements that are the type's smallest or largest integer
    double min = 0, max = 0, mean = 0, deviation = 0;  // real numbers
  };
  std::string name;
  Tensor stored;
  std::optional<QuantParams> params;  // if it is quantized
  Tensor real;                        // float32
  std::vector<Slice> slices;
};

/// The constant of that name; also of that name with "_quantized" behind it, as qtool calls what it makes of a
/// weight. Throws Error, with the nearest names, if there is none, and for what holds no numbers.
WeightFacts weight_facts(const Model& model, const std::string& name);

/// Type, shape and parameters, the first integers and what they mean, and a row for each slice.
std::string weight_text(const WeightFacts& facts);
/// The same with all elements; docs/cli.md describes the fields.
std::string weight_json(const WeightFacts& facts);

}  // namespace qtool
