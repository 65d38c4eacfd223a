#pragma once

#include <map>
#include <string>

#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// Adds the nodes and constants of quantization to a graph: the one place that knows how they are
/// named and wired. For a value v: constants v_scale and v_zero_point, integers v_quantized, and
/// v_dequantized, v_dequantized_1… with one DequantizeLinear for each reader, as runtimes match
/// groups of nodes.
class Emitter {
 public:
  explicit Emitter(Graph& graph) : graph_(graph) {}

  /// What the constants of `value` with these parameters are called after: its own name for the first
  /// parameters, that with a suffix for others.
  std::string base_of(const std::string& value, const QuantParams& params);

  /// QuantizeLinear of a float value; returns the integers. Scales have the value's type, float32,
  /// float16 or bfloat16, here and in the functions below.
  ValueId quantize(ValueId value, const std::string& base, const QuantParams& params);
  /// The constant as integers, made once for each base.
  ValueId quantize_constant(ValueId value, const std::string& base, const QuantParams& params);
  /// A DequantizeLinear of its own for integers of the functions above; writes `output`, or a new
  /// value if that is kNone.
  ValueId dequantize(ValueId integers, const std::string& base, const QuantParams& params,
                     ValueId output = ValueId::kNone);

 private:
  struct Params {
    ValueId scale;
    ValueId zero_point;
  };
  // Constants for scale and zero point under the name of `base`, made once for each base.
  Params params(const std::string& base, const QuantParams& params, ValueId integers);
  Node node(std::string op_type, ValueId input, const std::string& base, const QuantParams& params,
            ValueId integers, ValueId output);
  /// The type of the numbers that the integers stand for; float32 if they come from elsewhere.
  DType real_type(ValueId integers) const;
  std::string new_name(const std::string& base, std::string_view suffix) const;

  Graph& graph_;
  std::map<std::string, std::vector<QuantParams>> known_;  // by value
  std::map<std::string, Params> params_;
  std::map<std::string, ValueId> constants_;
  std::map<ValueId, DType> reals_;  // by integers: the type of the numbers they stand for
};

}  // namespace qtool
