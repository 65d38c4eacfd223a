#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calib/calibrate.h"
#include "ir/graph.h"
#include "quant/options.h"
#include "tensor/quant_params.h"

namespace qtool {

/// Where the parameters of a tensor come from.
enum class Source : uint8_t {
  kOwn,      // its own range
  kShared,   // the group it must agree with (MaxPool, Reshape, Concat…)
  kDerived,  // bias: scale_x · scale_w, zero point 0, int32
  kDynamic,  // what dynamic nodes read: found while running
};
std::string_view name(Source source);

struct TensorPlan {
  std::string value;
  QuantParams
      params;  // derived: none, for they follow from its reader's other inputs; dynamic: none
  Source source = Source::kOwn;
  std::string group;  // shared: the value whose range the group takes
  std::string method =
      {};  // how its measured range was chosen; empty: it is what was seen, or none
  /// Not empty: channel c is divided by channel_factors[c] before it is quantized, and the weights
  /// that read it are multiplied by the factors. See lib/quant/params/channel_scales.h.
  std::vector<float> channel_factors;
  /// Of a bias: what is added to each element, so that rounding the weights does not move the mean of
  /// the output. Empty: nothing. See lib/quant/params/bias_correction.h.
  std::vector<float> correction = {};
  /// Of a constant: the nodes that read it with these parameters; others have an entry of their
  /// own, or read floats. Empty: an activation.
  std::vector<std::string> readers;
};

struct NodePlan {
  std::string node;  // name; one of its own in the whole model, bodies of If, Loop, Scan included
  std::string op_type;
  Mode mode = Mode::kFloat;
  std::string reason;  // why it has not the mode that was asked for; empty otherwise
  /// A static Clip or Relu that goes: the range of what the node before it writes expresses it. One
  /// that stays reads floats of that node, and quantizes its own output.
  bool absorbed = false;
  std::string note;  // what else there is to know of its parameters; empty otherwise
};

/// Every decision of a quantization, and nothing else decides. apply_plan carries it out.
struct QuantPlan {
  std::vector<NodePlan> nodes;      // in topological order, a body's behind the node that holds it
  std::vector<TensorPlan> tensors;  // whatever becomes integers
};

/// Values whose ranges make_plan will ask for in static mode.
CalibrationTargets values_to_calibrate(const Model& model, const QuantOptions& options);

/// How the range of each of these values is chosen: `all` says so for every value, rules for some; the
/// same for values that share parameters.
RangeChoices range_choices(const Model& model, const RangeChoice& all, const QuantOptions& options);

/// Decides mode and parameters for the whole model. Pure. `ranges` is used in static mode only.
QuantPlan make_plan(const Model& model, const Ranges& ranges, const QuantOptions& options);

/// The same without entries for weights and biases: modes, and parameters of activations.
QuantPlan plan_activations(const Model& model, const Ranges& ranges, const QuantOptions& options);

/// The oldest ai.onnx opset that has what the plan asks for: 13, 19 for float8, 21 for 4 and 16 bits
/// and for blocks, 25 for 2 bits.
int64_t required_opset(const QuantPlan& plan);

/// Carries out a plan: weights become integers, QuantizeLinear/DequantizeLinear pairs go around
/// static values, dynamic nodes become their integer forms, float16 nodes get their casts.
/// With `matmul_nbits`, weight-only products with weights in blocks become com.microsoft.MatMulNBits
/// where its kernel takes them.
/// Throws Error if the plan names what the model does not have, or does not fit it.
void apply_plan(Model& model, const QuantPlan& plan, bool matmul_nbits = false);

}  // namespace qtool
