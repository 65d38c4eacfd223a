#include "measure/quantized_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "ops/op.h"
#include "passes/quantized_value.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr double kSignalOverNoise = 10;  // of the same numbers: 10 dB

// Elements in row-major order: their index along an axis, and of the scale that they have.
class Places {
 public:
  Places(const Shape& shape, int axis, int64_t block) {
    if (axis < 0) return;
    const auto at = static_cast<std::size_t>(axis);
    count_ = shape[at];
    behind_ = 1;
    for (std::size_t i = at + 1; i < shape.size(); ++i) behind_ *= shape[i];
    block_ = std::max<int64_t>(block, 1);
    blocks_ = (count_ + block_ - 1) / block_;
    is_blocked_ = block > 0;
  }
  std::size_t index(int64_t i) const { return static_cast<std::size_t>(i / behind_ % count_); }
  std::size_t scale(int64_t i) const {
    if (!is_blocked_) return index(i);
    const int64_t row = i / (behind_ * count_) * blocks_ + static_cast<int64_t>(index(i)) / block_;
    return static_cast<std::size_t>(row * behind_ + i % behind_);
  }

 private:
  int64_t count_ = 1, behind_ = std::numeric_limits<int64_t>::max();
  int64_t block_ = 1, blocks_ = 1;
  bool is_blocked_ = false;
};

// Both ends of what integers, less the zero point, can be; of float8 its numbers.
std::pair<double, double> ends(DType dtype, int32_t zero_point) {
  if (const auto largest = largest_number(dtype)) return {-*largest, *largest};
  const QuantRange range = quant_range(dtype);
  return {double(range.min) - zero_point, double(range.max) - zero_point};
}

bool is_quantized_type(DType dtype) { return largest_number(dtype) || is_small_integer(dtype); }

class Describer {
 public:
  Describer(const Graph& first, const Graph& other) : first_(first), other_(other) {
    for (const NodeId id : first.nodes()) by_name_.emplace(first.node(id).name, id);
    for (const ValueId id : first.values())
      if (const Tensor* constant = first.constant(id); constant && constant->rank() >= 2)
        by_shape_[constant->shape()].push_back(constant);
  }
  std::vector<QuantizedWeight> run();

 private:
  std::optional<QuantizedWeight> describe(const Node& dequantize) const;
  std::optional<QuantParams> params(const Node& dequantize) const;
  const Tensor* twin(const Node& reader, ValueId value, const Tensor& made) const;
  int channel_axis(const Node& reader, const QuantParams& params, std::size_t rank) const;

  const Graph& first_;
  const Graph& other_;
  std::map<std::string_view, NodeId> by_name_;
  std::map<Shape, std::vector<const Tensor*>> by_shape_;
};

std::optional<QuantParams> Describer::params(const Node& dequantize) const {
  const Tensor* stored = other_.constant_input(dequantize, 0);
  const Tensor* scale = other_.constant_input(dequantize, 1);
  const Tensor* zero_point = other_.constant_input(dequantize, 2);
  const bool has_all = zero_point != nullptr || input_of(dequantize, 2) == ValueId::kNone;
  if (stored == nullptr || scale == nullptr || !has_all || stored->rank() < 2 ||
      stored->size() == 0 || !is_quantized_type(stored->dtype()))
    return std::nullopt;
  QuantParams params =
      params_from_tensors(*scale, zero_point, attribute_or<int64_t>(dequantize, "axis", 1),
                          stored->shape(), attribute_or<int64_t>(dequantize, "block_size", 0));
  params.dtype = stored->dtype();
  return params;
}

// Whether the first `count` numbers are those of a float32 weight of the same shape but for rounding.
bool stands_for(const Tensor& made, const Tensor& weight, int64_t count) {
  if (weight.dtype() != DType::kFloat32 || weight.shape() != made.shape()) return false;
  double signal = 0, noise = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double number = weight.data<float>()[i], error = number - made.data<float>()[i];
    signal += number * number;
    noise += error * error;
  }
  return kSignalOverNoise * noise <= signal;
}

// The float constant that the node's namesake reads where this one reads `value`, else any that fits.
const Tensor* Describer::twin(const Node& reader, ValueId value, const Tensor& made) const {
  constexpr int64_t kGlance = 1024;
  std::vector<const Tensor*> candidates;
  if (const auto it = by_name_.find(reader.name); it != by_name_.end()) {
    const auto place = std::find(reader.inputs.begin(), reader.inputs.end(), value);
    const auto index = static_cast<std::size_t>(place - reader.inputs.begin());
    candidates.push_back(first_.constant_input(first_.node(it->second), index));
  }
  if (const auto it = by_shape_.find(made.shape()); it != by_shape_.end())
    candidates.insert(candidates.end(), it->second.begin(), it->second.end());
  for (const Tensor* weight : candidates)
    if (weight != nullptr && stands_for(made, *weight, std::min(kGlance, made.size())) &&
        stands_for(made, *weight, made.size()))
      return weight;
  return nullptr;
}

int Describer::channel_axis(const Node& reader, const QuantParams& params, std::size_t rank) const {
  if (!params.per_tensor() && params.block == 0) return params.axis;
  const QuantTraits& traits = quant_traits(reader);
  return traits.weight_axis == nullptr ? -1 : normalize_axis(traits.weight_axis(reader), rank);
}

// `made` is what the integers stand for; without its scale an integer less the zero point, exactly so.
void add_numbers(const Tensor& numbers, const Tensor& made, QuantizedWeight& weight) {
  const QuantParams& params = weight.params;
  const Places channel(weight.shape, weight.axis, 0);
  const Places scale(weight.shape, params.axis, params.block);
  std::vector<std::pair<double, double>> spans(weight.channels.size());
  for (int64_t i = 0; i < numbers.size(); ++i) {
    const std::size_t c = channel.index(i), s = scale.scale(i);
    const double number = numbers.data<float>()[i], step = params.scale[s];
    const auto [low, high] = ends(params.dtype, params.zero_point[s]);
    WeightChannel& own = weight.channels[c];
    own.min = std::min(own.min, number);
    own.max = std::max(own.max, number);
    own.low = std::min(own.low, step * low);
    own.high = std::max(own.high, step * high);
    const double integer = std::nearbyint(made.data<float>()[i] / step);
    spans[c] = {std::min(spans[c].first, integer), std::max(spans[c].second, integer)};
  }
  if (largest_number(params.dtype)) return;  // float8
  for (std::size_t c = 0; c < spans.size(); ++c)
    weight.channels[c].integers = static_cast<int64_t>(spans[c].second - spans[c].first) + 1;
}

Histogram histogram_of(const Tensor& numbers) {
  const std::span<const float> values(numbers.data<float>(),
                                      static_cast<std::size_t>(numbers.size()));
  const auto magnitude = [](float a, float b) { return std::abs(a) < std::abs(b); };
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
    return {};
  HistogramCounter counter;
  counter.observe(values, std::abs(*std::max_element(values.begin(), values.end(), magnitude)));
  return counter.histogram();
}

std::optional<QuantizedWeight> Describer::describe(const Node& dequantize) const {
  const std::optional<QuantParams> found = params(dequantize);
  const Value& value = other_.value(dequantize.outputs[0]);
  if (!found || value.consumers.empty()) return std::nullopt;
  const Node& reader = other_.node(value.consumers[0]);
  const Tensor& integers = *other_.constant_input(dequantize, 0);
  const Tensor made = qtool::dequantize(integers, *found);
  const Tensor* numbers = twin(reader, dequantize.outputs[0], made);
  QuantizedWeight weight{.name = other_.value(dequantize.inputs[0]).name,
                         .node = reader.name,
                         .op_type = reader.op_type,
                         .shape = integers.shape(),
                         .params = *found,
                         .is_float = numbers != nullptr,
                         .axis = channel_axis(reader, *found, integers.rank())};
  weight.channels.resize(
      weight.axis < 0 ? 1 : static_cast<std::size_t>(integers.dim(std::size_t(weight.axis))));
  if (numbers == nullptr) numbers = &made;
  add_numbers(*numbers, made, weight);
  weight.histogram = histogram_of(*numbers);
  return weight;
}

std::vector<QuantizedWeight> Describer::run() {
  std::vector<QuantizedWeight> weights;
  for (const NodeId id : other_.nodes()) {
    if (!is_op(other_.node(id), "DequantizeLinear")) continue;
    if (auto weight = describe(other_.node(id))) weights.push_back(std::move(*weight));
  }
  return weights;
}

}  // namespace

std::vector<QuantizedWeight> quantized_weights(const Graph& first, const Graph& other) {
  return Describer(first, other).run();
}

ChannelSpread channel_spread(const QuantizedWeight& weight) {
  ChannelSpread spread;
  std::vector<double> sizes;
  for (const WeightChannel& channel : weight.channels) {
    sizes.push_back(channel.magnitude());
    spread.few += channel.integers > 0 && channel.integers < kFewIntegers;
    spread.vanished += channel.integers == 1;
  }
  std::sort(sizes.begin(), sizes.end());
  const double widest = sizes.back(), median = sizes[(sizes.size() - 1) / 2];
  const auto least = std::find_if(sizes.begin(), sizes.end(),
                                  [&](double s) { return s > std::ldexp(widest, -20); });
  if (least != sizes.end()) spread.most = widest / *least;
  if (median > 0) spread.widest = widest / median;
  return spread;
}

}  // namespace qtool
