#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/named.h"
#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "kernels/reference/interpolate.h"
#include "ops/elements.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/resize_axes.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// The index that `place` is nearest to, before it is brought into range.
using Nearest = float (*)(float place, bool shrinks);

float round_prefer_floor(float x, bool) { return std::ceil(x - 0.5F); }
float round_prefer_ceil(float x, bool) { return std::floor(x + 0.5F); }
float round_down(float x, bool) { return std::floor(x); }
float round_up(float x, bool) { return std::ceil(x); }
// Before opset 11 the operator did not say; this is what ONNX Runtime does.
float round_inward(float x, bool shrinks) { return shrinks ? std::ceil(x) : std::floor(x); }

constexpr std::array<Named<Nearest>, 4> kNearest = {{
    {"round_prefer_floor", round_prefer_floor},
    {"round_prefer_ceil", round_prefer_ceil},
    {"floor", round_down},
    {"ceil", round_up},
}};

enum class Mode : uint8_t { kNearest, kLinear, kCubic };
constexpr std::array<Named<Mode>, 4> kModes = {{
    {"nearest", Mode::kNearest},
    {"linear", Mode::kLinear},
    {"bilinear", Mode::kLinear},  // Upsample 7
    {"cubic", Mode::kCubic},
}};

// A Resize or Upsample node.
struct ResizeNode {
  Mode mode;
  ResizeTransform transform;
  Nearest nearest;
  float cubic_a = 0;
  bool antialias = false;
  bool exclude_outside = false;
  float extrapolation = 0;
  std::string aspect = "stretch";  // keep_aspect_ratio_policy
  std::vector<int64_t> axes;       // empty: all
  std::vector<float> scales;       // attribute of Upsample 7
  std::size_t scales_input;
  bool crops() const { return transform == tf_crop_and_resize; }
};

std::vector<float> read_floats(const KernelCall& call, std::size_t index) {
  if (!call.has(index)) return {};
  const Tensor& tensor = call.input(index);
  std::vector<float> values(static_cast<std::size_t>(tensor.size()));
  with_type(FloatTypes{}, tensor.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(tensor.data<T>(), values.data(), tensor.size());
  });
  return values;
}

// The axes that scales, sizes and roi speak of.
std::vector<std::size_t> named_axes(const ResizeNode& node, std::size_t rank) {
  std::vector<std::size_t> which;
  axis_mask(node.axes, rank);
  for (const int64_t axis : node.axes)
    which.push_back(static_cast<std::size_t>(normalize_axis(axis, rank)));
  if (!which.empty()) return which;
  which.resize(rank);
  std::iota(which.begin(), which.end(), 0);
  return which;
}

std::vector<ResizeAxis> read_axes(const ResizeNode& node, const KernelCall& call) {
  const Shape& shape = call.input(0).shape();
  const std::vector<std::size_t> which = named_axes(node, shape.size());
  const ResizeTarget target = {
      node.scales.empty() ? read_floats(call, node.scales_input) : node.scales,
      call.has(3) ? to_int64s(call.input(3)) : std::vector<int64_t>{}, node.aspect};
  std::vector<ResizeAxis> axes = resize_axes(shape, which, target);
  if (node.crops()) set_roi(read_floats(call, 1), which, axes);
  return axes;
}

Shape output_shape(const std::vector<ResizeAxis>& axes) {
  Shape shape;
  for (const ResizeAxis& axis : axes) shape.push_back(axis.output);
  return shape;
}

bool is_outside(const ResizeNode& node, const ResizeAxis& axis, float place) {
  return node.crops() && (place < 0 || place > static_cast<float>(axis.input - 1));
}

// Index of the input for each output of the axis, -1 for outside.
Shape nearest_table(const ResizeNode& node, const ResizeAxis& axis) {
  Shape table(static_cast<std::size_t>(axis.output));
  std::iota(table.begin(), table.end(), 0);
  if (axis.unchanged()) return table;
  for (int64_t& entry : table) {
    const float place = node.transform(static_cast<float>(entry), axis);
    const auto index = ref::convert_value<int64_t>(node.nearest(place, axis.scale < 1));
    entry = is_outside(node, axis, place) ? -1 : std::clamp<int64_t>(index, 0, axis.input - 1);
  }
  return table;
}

// The neighbours of a place and their weights. The filter reaches over one or two elements to each
// side, or as much more as the axis shrinks if that is to be smoothed.
ref::Taps taps_at(const ResizeNode& node, const ResizeAxis& axis, double place) {
  const bool smooth = node.antialias && axis.scale < 1;
  const double stretch = smooth ? 1 / static_cast<double>(axis.scale) : 1;
  const double reach = (node.mode == Mode::kCubic ? 2 : 1) * stretch;
  const auto first = ref::convert_value<int64_t>(std::floor(place - reach) + 1);
  const auto last = ref::convert_value<int64_t>(std::ceil(place + reach) - 1);
  ref::Taps taps;
  double sum = 0;
  for (int64_t index = first; index <= last; ++index) {
    const double distance = (static_cast<double>(index) - place) / stretch;
    const double weight = node.mode == Mode::kCubic ? ref::cubic_weight(distance, node.cubic_a)
                                                    : ref::linear_weight(distance);
    const int64_t inside = std::clamp<int64_t>(index, 0, axis.input - 1);
    if (weight == 0 || (node.exclude_outside && inside != index)) continue;
    taps.push_back({inside, weight});
    sum += weight;
  }
  if (smooth || node.exclude_outside)
    for (ref::Tap& tap : taps) tap.weight /= sum;
  return taps;
}

// The taps of each output of the axis; none for outside.
std::vector<ref::Taps> axis_taps(const ResizeNode& node, const ResizeAxis& axis) {
  std::vector<ref::Taps> taps(static_cast<std::size_t>(axis.output));
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const float place = node.transform(static_cast<float>(i), axis);
    if (!is_outside(node, axis, place)) taps[i] = taps_at(node, axis, place);
  }
  return taps;
}

// Resamples one axis after the other, in float or double.
template <class T>
Tensor interpolate(const ResizeNode& node, const std::vector<ResizeAxis>& axes, KernelCall& call,
                   Tensor x) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].unchanged()) continue;
    const AxisSplit s = split_at(x.shape(), static_cast<int>(i));
    Shape shape = x.shape();
    shape[i] = axes[i].output;
    Tensor y = call.scratch(x.dtype(), shape);
    ref::interpolate<T>(s.outer, s.axis, s.inner, axis_taps(node, axes[i]), node.extrapolation,
                        x.data<T>(), y.mutable_data<T>());
    x = std::move(y);
  }
  return x;
}

// Integers are interpolated as float and lose their fraction.
void resize_smooth(const ResizeNode& node, const std::vector<ResizeAxis>& axes, KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.dtype() == DType::kFloat64)
    return call.set_output(0, interpolate<double>(node, axes, call, x));
  if (x.dtype() == DType::kFloat32)
    return call.set_output(0, interpolate<float>(node, axes, call, x));
  with_type(NumericOrBoolTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    Tensor real = call.scratch(DType::kFloat32, x.shape());
    ref::convert(x.data<T>(), real.mutable_data<float>(), x.size());
    const Tensor result = interpolate<float>(node, axes, call, real);
    Tensor& y = call.output(0, x.dtype(), result.shape());
    ref::convert(result.data<float>(), y.mutable_data<T>(), y.size());
  });
}

void resize_nearest(const ResizeNode& node, const std::vector<ResizeAxis>& axes, KernelCall& call) {
  const Tensor& x = call.input(0);
  Tensor& y = call.output(0, x.dtype(), output_shape(axes));  // first: it checks the size
  std::vector<Shape> tables;
  for (const ResizeAxis& axis : axes) tables.push_back(nearest_table(node, axis));
  const Tensor outside =
      node.crops() ? number_of(x.dtype(), node.extrapolation) : zero_of(x.dtype());
  ref::pick(x.shape(), tables, element_bytes(x), x.raw(), outside.raw(), y.mutable_raw());
}

Kernel resize_kernel(ResizeNode node) {
  return [node = std::move(node)](KernelCall& call) {
    const std::vector<ResizeAxis> axes = read_axes(node, call);
    const Shape shape = output_shape(axes);
    if (element_count(shape) == 0)
      call.output(0, call.input(0).dtype(), shape);
    else if (node.mode == Mode::kNearest)
      resize_nearest(node, axes, call);
    else
      resize_smooth(node, axes, call);
  };
}

// Upsample 7 and 9 and Resize 10: no attributes but the mode.
Kernel bind_upsample(const BindContext& context) {
  return resize_kernel(
      {.mode = find(kModes, context.attribute<std::string>("mode", "nearest"), "mode"),
       .transform = asymmetric,
       .nearest = round_inward,
       .scales = context.attribute<std::vector<float>>("scales", {}),
       .scales_input = 1});
}

Kernel bind_resize(const BindContext& context) {
  if (context.opset < 11) return bind_upsample(context);
  const auto text = [&](std::string_view name, const char* fallback) {
    return context.attribute<std::string>(name, fallback);
  };
  const auto flag = [&](std::string_view name) { return context.attribute<int64_t>(name, 0) != 0; };
  return resize_kernel(
      {.mode = find(kModes, text("mode", "nearest"), "mode"),
       .transform = find_transform(text("coordinate_transformation_mode", "half_pixel")),
       .nearest = find(kNearest, text("nearest_mode", "round_prefer_floor"), "nearest_mode"),
       .cubic_a = context.attribute("cubic_coeff_a", -0.75F),
       .antialias = flag("antialias"),
       .exclude_outside = flag("exclude_outside"),
       .extrapolation = context.attribute("extrapolation_value", 0.0F),
       .aspect = text("keep_aspect_ratio_policy", "stretch"),
       .axes = context.attribute<std::vector<int64_t>>("axes", {}),
       .scales_input = 2});
}

}  // namespace

std::span<const OpSpec> resize_ops() {
  static const QuantTraits kMoves = {.inputs = {Role::kActivation, Role::kPlain},
                                     .same_params = true};
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("Resize", bind_resize, kMoves),
      reference_op("Upsample", bind_upsample, kMoves),
  });
  return kOps;
}

}  // namespace qtool
