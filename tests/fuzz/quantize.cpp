// A model is prepared, a plan is made by options that the input chooses, and is carried out.
#include "base/parallel.h"
#include "fuzz/model_input.h"
#include "fuzz/target.h"
#include "onnx_io/onnx_io.h"
#include "passes/pass.h"
#include "quant/plan.h"

using namespace qtool;

namespace {

// Options and ranges, taken bit by bit from a number.
class Choices {
 public:
  explicit Choices(uint64_t bits) : bits_(bits) {}

  uint64_t below(uint64_t count) {
    const uint64_t choice = bits_ % count;
    bits_ /= count;
    return choice;
  }
  bool flag() { return below(2) == 1; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

 private:
  uint64_t bits_;
};

WeightScheme weight_scheme(Choices& choices) {
  return {.dtype = choices.one_of({DType::kInt8, DType::kUInt8, DType::kInt4, DType::kUInt4,
                                   DType::kInt16, DType::kInt2, DType::kFloat8E4M3FN}),
          .symmetric = !choices.flag(),
          .per_channel = !choices.flag(),
          .reduce_range = choices.flag(),
          .fit_pairs = choices.flag(),
          .block = choices.one_of<int64_t>({0, 0, 2, 32}),
          .method = choices.one_of({WeightMethod::kMinMax, WeightMethod::kMse,
                                    WeightMethod::kPercentile, WeightMethod::kHqq})};
}

QuantOptions quant_options(Choices& choices) {
  QuantOptions options;
  options.mode = choices.one_of({Mode::kStatic, Mode::kDynamic, Mode::kWeightOnly, Mode::kFloat16});
  options.weight = weight_scheme(choices);
  options.activation = {
      .dtype = choices.one_of({DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kFloat8E4M3FN}),
      .symmetric = choices.flag()};
  options.dynamic_conv = choices.flag();
  options.everything = choices.flag();
  options.float_bias = choices.flag();
  options.float_clip = choices.flag();
  return options;
}

// Of all channels that are known, each a little wider than the one before.
std::vector<Range> channel_ranges(const Value& value, int axis) {
  const auto shape = static_shape(value.type);
  if (!shape || axis < 0 || axis >= std::ssize(*shape)) return {};
  std::vector<Range> ranges;
  for (int64_t c = 0; c < std::min<int64_t>((*shape)[static_cast<std::size_t>(axis)], 64); ++c)
    ranges.push_back({-1.0F - static_cast<float>(c), 0.5F * static_cast<float>(c)});
  return ranges;
}

Ranges made_up_ranges(const Model& model, const QuantOptions& options) {
  Ranges ranges;
  const CalibrationTargets targets = values_to_calibrate(model, options);
  for (const std::string& name : targets.values) {
    const auto width = static_cast<float>(name.size() % 4);
    ranges.values[name] = {-width, 2 * width};
  }
  for (const auto& [name, axis] : targets.channels)
    if (const ValueId id = model.graph.find(name); id != ValueId::kNone)
      ranges.channels[name] = channel_ranges(model.graph.value(id), axis);
  return ranges;
}

void prepare(Model& model) {
  expand_functions(model, [](auto, auto) { return true; });
  raise_opset(model, kQuantizationOpset);
  infer_types(model);
  run_passes(model, prepare_pipeline(), {.bodies = true, .after = {}});
}

}  // namespace

FUZZ(bytes) {
  set_threads(1);
  ModelInput input = read_model_input(bytes);
  Model& model = input.model;
  Choices choices(input.choices);
  const QuantOptions options = quant_options(choices);
  const bool to_qoperator = choices.flag();
  prepare(model);
  const QuantPlan plan = make_plan(model, made_up_ranges(model, options), options);
  raise_opset(model, required_opset(plan));
  apply_plan(model, plan, to_qoperator);
  run_passes(model, to_qoperator ? qoperator_pipeline() : finish_pipeline());
  parse_model(serialize_model(model));
}
