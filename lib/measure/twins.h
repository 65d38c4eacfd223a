#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// A quantized model of any form as QuantizeLinear and DequantizeLinear around float operators, types inferred.
Model in_qdq_form(Model model);

/// A float value of one model and what stands for it in another, which came from it.
struct Twin {
  std::string value;  // its name in both
  std::string
      node;  // that writes it in the other, if the first has one of that name; else in the first
  std::string op_type;
  std::string seen;  // in the other, as its readers see it: quantized and back, if it is
  std::optional<QuantParams> params;  // of that, if they are constants for the whole tensor
};

/// The twins in order: values of the main graphs that are float32, known and no constants, under one name.
/// Left out is what quantization may change without harm: what nothing but an activation reads, whose output then
/// stands for both nodes under the first one's name, and what a normalization with other constants writes (its
/// channels were divided by factors that went into the weights behind it).
/// `other` is in QDQ form, both have their types inferred.
std::vector<Twin> find_twins(const Graph& first, const Graph& other);

/// A model that gives for every twin what `other` makes of it if all that stands before it is exact and not
/// rounded: each twin is an input, and what is made of it, quantized and back as its readers would see it, an output:
/// `outputs` in the order of the twins, empty if nothing is made of an input.
struct Isolated {
  Model model;
  std::vector<std::string> outputs;
};
Isolated isolate(Model other, const std::vector<Twin>& twins);

/// What stands between a twin and those before it in `other`, in QDQ form.
struct Segment {
  std::vector<std::string> weights;  // names of the constants that it dequantizes
  std::vector<std::string> inner;    // values that it quantizes and that are no twins
};
/// Of each twin, in their order.
std::vector<Segment> find_segments(const Graph& other, const std::vector<Twin>& twins);

/// A weight of a node and its twin: float32 constants of one shape.
struct TwinWeight {
  std::string node;
  const Tensor* first;
  const Tensor* other;
};

/// Weights of nodes of one name that read twins, `other` with its constants dequantized (fold_dequantize); not
/// of those whose output `other` still normalizes, for `first` may have that in its weights. Both graphs must
/// outlive the result.
std::vector<TwinWeight> find_twin_weights(const Graph& first, const Graph& other,
                                          const std::vector<Twin>& twins);

}  // namespace qtool
