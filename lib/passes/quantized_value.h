#pragma once

#include <optional>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// An integer value with what it stands for: real = scale · (value − zero point).
struct Quantized {
  ValueId value = ValueId::kNone;
  ValueId scale = ValueId::kNone;
  ValueId zero_point = ValueId::kNone;  // kNone: 0
  DType dtype = DType::kUndefined;      // of the integers; kUndefined: not known
  int64_t axis = 1;                     // of a scale with several entries
};

/// Whether the node is QuantizeLinear or DequantizeLinear, of ai.onnx or com.microsoft.
bool is_quantize(const Node& node);
bool is_dequantize(const Node& node);

/// Whether the type is an integer of 2 to 16 bits.
bool is_small_integer(DType dtype);

/// What a QuantizeLinear makes, or what a DequantizeLinear reads.
Quantized quantized_output(const Graph& graph, const Node& quantize);
Quantized quantized_input(const Graph& graph, const Node& dequantize);

/// Entries of a constant; −1 if the value is not constant.
int64_t constant_size(const Graph& graph, ValueId value);
/// Whether both are the same value or equal constants.
bool same_constant(const Graph& graph, ValueId a, ValueId b);
/// Whether both have the same integers for the same numbers, one scale for the whole tensor or one
/// along the same axis.
bool same_params(const Graph& graph, const Quantized& a, const Quantized& b);

/// Scale and zero point as numbers: of integers of 2 to 16 bits with one constant float32 scale > 0
/// for the whole tensor; nothing for others, and for a zero point of less than 8 bits.
std::optional<QuantParams> constant_params(const Graph& graph, const Quantized& quantized);

/// The zero point as a value of its own: a constant of zeros, in the scale's shape, if it was left
/// out. The type is known.
ValueId written_zero_point(Graph& graph, const Quantized& quantized);

}  // namespace qtool
