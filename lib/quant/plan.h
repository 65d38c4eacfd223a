#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calib/statistics.h"
#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

enum class Mode : uint8_t { kFloat, kStatic, kDynamic, kWeightOnly };
std::string_view name(Mode mode);

/// Where the parameters of a tensor come from.
enum class Source : uint8_t {
  kOwn,      // its own range
  kShared,   // the group it must agree with (MaxPool, Reshape, Concat…)
  kDerived,  // bias: scale_x · scale_w, zero point 0, int32
};
std::string_view name(Source source);

struct TensorPlan {
  std::string value;
  QuantParams params;
  Source source = Source::kOwn;
  std::string group;  // shared: the value whose range the group takes
  /// Not empty: channel c is quantized with scale · channel_factors[c] and read with scale; the
  /// weights that read it are multiplied by the factors. See lib/quant/channel_scales.h.
  std::vector<float> channel_factors;
};

struct NodePlan {
  std::string node;  // name, or first output if it has none
  std::string op_type;
  Mode mode = Mode::kFloat;
  std::string reason;  // why it stays float; empty otherwise
};

/// Every decision of a quantization, and nothing else decides. apply_plan carries it out.
struct QuantPlan {
  std::vector<NodePlan> nodes;      // in topological order
  std::vector<TensorPlan> tensors;  // activations and weights; biases are derived
};

struct QuantOptions {
  Mode mode = Mode::kStatic;  // kStatic or kDynamic
  bool per_channel = true;
  DType activation_type = DType::kUInt8;
  DType weight_type = DType::kInt8;
  bool symmetric_activations = false;
  bool symmetric_weights = true;
  bool dynamic_conv = false;  // dynamic mode: ConvInteger instead of weight-only
};

/// Values whose ranges make_plan will ask for in static mode.
CalibrationTargets values_to_calibrate(const Graph& graph, const QuantOptions& options);

/// Decides mode and parameters for the whole graph. Pure. `ranges` is used in static mode only.
QuantPlan make_plan(const Graph& graph, const Ranges& ranges, const QuantOptions& options);

/// Carries out a plan: weights become integers, QuantizeLinear/DequantizeLinear pairs go around
/// static values, dynamic nodes become DynamicQuantizeLinear with MatMulInteger or ConvInteger.
/// Throws Error if the plan names what the model does not have.
void apply_plan(Model& model, const QuantPlan& plan);

}  // namespace qtool
