#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calib/methods/range_choice.h"
#include "tensor/quant_params.h"

namespace qtool {

/// How a node computes after quantization.
enum class Mode : uint8_t {
  kFloat,       // as before
  kStatic,      // on integers, with ranges measured beforehand
  kDynamic,     // on integers, with ranges found while running
  kWeightOnly,  // on floats; its weights are integers behind DequantizeLinear
  kFloat16,     // on float16, weights too
};
std::string_view name(Mode mode);
/// The mode of that name: "static", "weight_only"…; nothing if there is none.
std::optional<Mode> find_mode(std::string_view name);
std::string mode_names();

/// How the range of a weight is chosen. See docs/quantization.md.
enum class WeightMethod : uint8_t {
  kMinMax,      // smallest and largest element
  kMse,         // the cut of the range with the least squared error
  kPercentile,  // the elements between two percentiles
  kHqq,         // half-quadratic quantization: scales and zero points for an error that outliers
                // do not rule
};
std::string_view name(WeightMethod method);
std::optional<WeightMethod> find_weight_method(std::string_view name);
std::string weight_method_names();

/// How weights become integers.
struct WeightScheme {
  DType dtype = DType::kInt8;
  bool symmetric = true;
  bool per_channel = true;
  bool reduce_range = false;  // one bit less, so that u8·s8 sums of pairs fit 16 bits
  bool fit_pairs = false;     // the same by larger scales, only where such a sum could pass 16 bits
  int64_t block = 0;          // elements along the summed axis that share a scale; 0: no blocks
  WeightMethod method = WeightMethod::kMinMax;
  bool operator==(const WeightScheme&) const = default;
};

/// Whether weights of that type are symmetric where nobody says: all but unsigned bytes and half bytes.
bool symmetric_by_default(DType weight_type);

/// How activations become integers in static mode.
struct ActivationScheme {
  DType dtype = DType::kUInt8;
  bool symmetric = false;
};

/// What is asked for some nodes besides the options for all. Absent fields say nothing.
struct NodeRule {
  /// Nodes that one of these fits: a glob over their names ("/encoder/*"), `op:` and a glob over
  /// operator types ("op:Conv*", "op:com.microsoft.*"), `re:` and a regular expression for the whole
  /// name, `between:a,b` the nodes on paths from value a to value b, `first` and `last`: of the nodes
  /// with weights.
  std::vector<std::string> nodes;
  bool others = false;  // means the nodes that none of them fits
  std::optional<Mode> mode;
  std::optional<DType> weight_type;
  std::optional<bool> symmetric;
  std::optional<bool> per_channel;
  std::optional<bool> reduce_range;
  std::optional<int64_t> block;
  std::optional<WeightMethod> method;
  std::string origin;  // for messages: "--exclude", the overrides file
};

/// What is asked for some activations.
struct TensorRule {
  std::string values;  // glob over value names
  std::optional<DType> dtype;
  std::optional<bool> symmetric;
  std::optional<float> min, max;  // in place of the measured range, both or none
  std::optional<float> scale;     // with zero_point: in place of a range
  std::optional<int32_t> zero_point;
  std::optional<RangeMethod> method;                        // of the measured range
  std::optional<std::pair<RangeMethod, double>> parameter;  // a number, and the method it is for
  std::string origin;

  /// Whether it asks for anything.
  bool speaks() const { return dtype || symmetric || min || scale || method; }
};

struct QuantOptions {
  Mode mode = Mode::kStatic;  // of nodes that no rule speaks of
  ActivationScheme activation;
  WeightScheme weight;
  bool dynamic_conv = false;  // dynamic mode: ConvInteger instead of weight-only
  /// Static mode: every operator that has a static form, not only where that helps.
  bool everything = false;
  bool float_bias = false;  // static mode: biases stay float
  /// Static mode: a Clip or Relu that the range behind it does not express is computed on floats in
  /// front of QuantizeLinear. False: on integers or floats of its own, behind the node it follows.
  bool float_clip = false;
  bool dynamic_is_run = true;   // false: not by the target, so no node may become dynamic
  std::vector<NodeRule> rules;  // later ones win
  std::vector<TensorRule> tensor_rules;
};

}  // namespace qtool
