#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "kernels/reference/interpolate.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// One axis on its way from `input` to `output` elements.
struct Axis {
  int64_t input;
  int64_t output;
  float scale;
  float roi_start = 0;
  float roi_end = 1;
};

// Place in the input, in elements, of output `i`. Computed in float as the scales are.
using Transform = float (*)(float i, const Axis& axis);

float asymmetric(float i, const Axis& axis) { return i / axis.scale; }
float half_pixel(float i, const Axis& axis) { return (i + 0.5F) / axis.scale - 0.5F; }
float half_pixel_symmetric(float i, const Axis& axis) {
  const auto input = static_cast<float>(axis.input);
  const float adjustment = static_cast<float>(axis.output) / (axis.scale * input);
  return input / 2 * (1 - adjustment) + half_pixel(i, axis);
}
float pytorch_half_pixel(float i, const Axis& axis) {
  return axis.output > 1 ? half_pixel(i, axis) : 0;
}
float align_corners(float i, const Axis& axis) {
  if (axis.output == 1) return 0;
  return i * static_cast<float>(axis.input - 1) / static_cast<float>(axis.output - 1);
}
float tf_half_pixel_for_nn(float i, const Axis& axis) { return (i + 0.5F) / axis.scale; }
float tf_crop_and_resize(float i, const Axis& axis) {
  const auto last = static_cast<float>(axis.input - 1);
  if (axis.output == 1) return 0.5F * (axis.roi_start + axis.roi_end) * last;
  return axis.roi_start * last +
         i * (axis.roi_end - axis.roi_start) * last / static_cast<float>(axis.output - 1);
}

// The index that `place` is nearest to, before it is brought into range.
using Nearest = float (*)(float place, bool shrinks);

float round_prefer_floor(float x, bool) { return std::ceil(x - 0.5F); }
float round_prefer_ceil(float x, bool) { return std::floor(x + 0.5F); }
float round_down(float x, bool) { return std::floor(x); }
float round_up(float x, bool) { return std::ceil(x); }
// Before opset 11 the operator did not say; this is what ONNX Runtime does.
float round_inward(float x, bool shrinks) { return shrinks ? std::ceil(x) : std::floor(x); }

template <class F>
struct Named {
  std::string_view name;
  F function;
};

template <class F, std::size_t N>
F find(const std::array<Named<F>, N>& table, std::string_view name, std::string_view attribute) {
  for (const auto& row : table)
    if (row.name == name) return row.function;
  fail("{} '{}' is not known", attribute, name);
}

constexpr std::array<Named<Transform>, 7> kTransforms = {{
    {"half_pixel", half_pixel},
    {"half_pixel_symmetric", half_pixel_symmetric},
    {"pytorch_half_pixel", pytorch_half_pixel},
    {"align_corners", align_corners},
    {"asymmetric", asymmetric},
    {"tf_half_pixel_for_nn", tf_half_pixel_for_nn},
    {"tf_crop_and_resize", tf_crop_and_resize},
}};

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
  Transform transform;
  Nearest nearest;
  float cubic_a;
  bool exclude_outside;
  float extrapolation;
  std::string aspect;         // keep_aspect_ratio_policy
  std::vector<int64_t> axes;  // empty: all
  std::vector<float> scales;  // attribute of Upsample 7
  std::size_t scales_input;
  bool crops() const { return transform == tf_crop_and_resize; }
};

std::vector<float> read_floats(const KernelCall& call, std::size_t index) {
  if (!call.has(index) || call.input(index).size() == 0) return {};
  const Tensor& tensor = call.input(index);
  std::vector<float> values(static_cast<std::size_t>(tensor.size()));
  with_type(FloatTypes{}, tensor.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(tensor.data<T>(), values.data(), tensor.size());
  });
  return values;
}

// Sets output and scale of the axes from the sizes that are asked for.
void apply_sizes(const ResizeNode& node, const std::vector<int64_t>& sizes,
                 const std::vector<std::size_t>& which, std::vector<Axis>& axes) {
  std::vector<float> ratios;
  for (std::size_t i = 0; i < which.size(); ++i)
    ratios.push_back(static_cast<float>(sizes[i]) / static_cast<float>(axes[which[i]].input));
  const bool stretch = node.aspect == "stretch";
  const float common = node.aspect == "not_larger"
                           ? *std::min_element(ratios.begin(), ratios.end())
                           : *std::max_element(ratios.begin(), ratios.end());
  for (std::size_t i = 0; i < which.size(); ++i) {
    Axis& axis = axes[which[i]];
    axis.scale = stretch ? ratios[i] : common;
    axis.output =
        stretch ? sizes[i]
                : static_cast<int64_t>(std::floor(common * static_cast<float>(axis.input) + 0.5F));
  }
}

void apply_scales(const std::vector<float>& scales, const std::vector<std::size_t>& which,
                  std::vector<Axis>& axes) {
  for (std::size_t i = 0; i < which.size(); ++i) {
    Axis& axis = axes[which[i]];
    if (!(scales[i] > 0)) fail("scale {} must be over 0", scales[i]);
    axis.scale = scales[i];
    axis.output = static_cast<int64_t>(std::floor(static_cast<float>(axis.input) * scales[i]));
  }
}

void apply_roi(const std::vector<float>& roi, const std::vector<std::size_t>& which,
               std::vector<Axis>& axes) {
  if (roi.size() != 2 * which.size()) fail("input roi must have {} entries", 2 * which.size());
  for (std::size_t i = 0; i < which.size(); ++i) {
    axes[which[i]].roi_start = roi[i];
    axes[which[i]].roi_end = roi[which.size() + i];
  }
}

// The axes that scales, sizes and roi speak of.
std::vector<std::size_t> named_axes(const ResizeNode& node, std::size_t rank) {
  std::vector<std::size_t> which;
  axis_mask(node.axes, rank);
  for (const int64_t axis : node.axes)
    which.push_back(static_cast<std::size_t>(normalize_axis(axis, rank)));
  if (which.empty())
    for (std::size_t i = 0; i < rank; ++i) which.push_back(i);
  return which;
}

std::vector<Axis> resolve_axes(const ResizeNode& node, const KernelCall& call) {
  const Shape& shape = call.input(0).shape();
  std::vector<Axis> axes;
  for (const int64_t dim : shape) axes.push_back({dim, dim, 1});
  const std::vector<std::size_t> which = named_axes(node, shape.size());
  const std::vector<float> scales =
      node.scales.empty() ? read_floats(call, node.scales_input) : node.scales;
  const bool sized = scales.empty() && call.has(3);
  const std::vector<int64_t> sizes = sized ? to_int64s(call.input(3)) : std::vector<int64_t>{};
  if (std::max(scales.size(), sizes.size()) != which.size())
    fail("scales or sizes must have {} entries", which.size());
  if (sized)
    apply_sizes(node, sizes, which, axes);
  else
    apply_scales(scales, which, axes);
  if (node.crops()) apply_roi(read_floats(call, 1), which, axes);
  return axes;
}

bool is_outside(const ResizeNode& node, const Axis& axis, float place) {
  return node.crops() && (place < 0 || place > static_cast<float>(axis.input - 1));
}

// Index of the input for each output of the axis, -1 for outside.
Shape nearest_table(const ResizeNode& node, const Axis& axis) {
  Shape table;
  for (int64_t i = 0; i < axis.output; ++i) {
    const float place = node.transform(static_cast<float>(i), axis);
    const auto index = static_cast<int64_t>(node.nearest(place, axis.scale < 1));
    table.push_back(is_outside(node, axis, place) ? -1
                                                  : std::clamp<int64_t>(index, 0, axis.input - 1));
  }
  return table;
}

ref::Taps linear_taps(const Axis& axis, float place) {
  const float inside = std::clamp(place, 0.0F, static_cast<float>(axis.input - 1));
  const auto left = static_cast<int64_t>(inside);
  const double part = inside - static_cast<float>(left);
  if (part == 0) return {{left, 1}};
  return {{left, 1 - part}, {left + 1, part}};
}

// Weight of a neighbour at a distance below 2: Keys, "Cubic Convolution Interpolation for Digital
// Image Processing", 1981, equation 15 for a general a.
double cubic_weight(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

ref::Taps cubic_taps(const ResizeNode& node, const Axis& axis, float place) {
  const auto left = static_cast<int64_t>(std::floor(place));
  ref::Taps taps;
  double sum = 0;
  for (int64_t index = left - 1; index <= left + 2; ++index) {
    const bool outside = index < 0 || index >= axis.input;
    if (outside && node.exclude_outside) continue;
    const double weight = cubic_weight(place - static_cast<double>(index), node.cubic_a);
    taps.push_back({std::clamp<int64_t>(index, 0, axis.input - 1), weight});
    sum += weight;
  }
  if (node.exclude_outside)
    for (ref::Tap& tap : taps) tap.weight /= sum;
  return taps;
}

std::vector<ref::Taps> axis_taps(const ResizeNode& node, const Axis& axis) {
  std::vector<ref::Taps> taps;
  for (int64_t i = 0; i < axis.output; ++i) {
    const float place = node.transform(static_cast<float>(i), axis);
    if (is_outside(node, axis, place))
      taps.emplace_back();
    else
      taps.push_back(node.mode == Mode::kLinear ? linear_taps(axis, place)
                                                : cubic_taps(node, axis, place));
  }
  return taps;
}

// Whether the taps take every element as it is.
bool is_identity(const std::vector<ref::Taps>& taps, int64_t input) {
  if (std::ssize(taps) != input) return false;
  for (int64_t i = 0; i < input; ++i) {
    const ref::Taps& t = taps[static_cast<std::size_t>(i)];
    if (t.size() != 1 || t[0].index != i || t[0].weight != 1) return false;
  }
  return true;
}

// Resamples one axis after the other, in float or double.
template <class T>
Tensor interpolate(const ResizeNode& node, const std::vector<Axis>& axes, Tensor x) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::vector<ref::Taps> taps = axis_taps(node, axes[i]);
    if (is_identity(taps, axes[i].input)) continue;
    const AxisSplit s = split_at(x.shape(), static_cast<int>(i));
    Shape shape = x.shape();
    shape[i] = axes[i].output;
    Tensor y(x.dtype(), shape);
    ref::interpolate<T>(s.outer, s.axis, s.inner, taps, node.extrapolation, x.data<T>(),
                        y.mutable_data<T>());
    x = std::move(y);
  }
  return x;
}

// Integers are interpolated as float and lose their fraction.
void resize_smooth(const ResizeNode& node, const std::vector<Axis>& axes, KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.dtype() == DType::kFloat64) return call.set_output(0, interpolate<double>(node, axes, x));
  if (x.dtype() == DType::kFloat32) return call.set_output(0, interpolate<float>(node, axes, x));
  with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    Tensor real(DType::kFloat32, x.shape());
    ref::convert(x.data<T>(), real.mutable_data<float>(), x.size());
    const Tensor result = interpolate<float>(node, axes, real);
    Tensor& y = call.output(0, x.dtype(), result.shape());
    ref::convert(result.data<float>(), y.mutable_data<T>(), y.size());
  });
}

void resize_nearest(const ResizeNode& node, const std::vector<Axis>& axes, KernelCall& call) {
  const Tensor& x = call.input(0);
  std::vector<Shape> tables;
  Shape shape;
  for (const Axis& axis : axes) {
    tables.push_back(nearest_table(node, axis));
    shape.push_back(axis.output);
  }
  std::array<std::byte, 16> outside{};
  if (node.crops())
    with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::convert(&node.extrapolation, reinterpret_cast<T*>(outside.data()), 1);
    });
  Tensor& y = call.output(0, x.dtype(), shape);
  ref::pick(x.shape(), tables, element_bytes(x), x.raw(), outside.data(), y.mutable_raw());
}

Kernel resize_kernel(ResizeNode node) {
  return [node = std::move(node)](KernelCall& call) {
    const std::vector<Axis> axes = resolve_axes(node, call);
    if (node.mode == Mode::kNearest)
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
       .aspect = "stretch",
       .scales = context.attribute<std::vector<float>>("scales", {}),
       .scales_input = 1});
}

Kernel bind_resize(const BindContext& context) {
  if (context.opset < 11) return bind_upsample(context);
  if (context.attribute<int64_t>("antialias", 0) != 0) return {};
  const auto text = [&](std::string_view name, const char* fallback) {
    return context.attribute<std::string>(name, fallback);
  };
  constexpr std::string_view kTransform = "coordinate_transformation_mode";
  return resize_kernel(
      {.mode = find(kModes, text("mode", "nearest"), "mode"),
       .transform = find(kTransforms, text(kTransform, "half_pixel"), kTransform),
       .nearest = find(kNearest, text("nearest_mode", "round_prefer_floor"), "nearest_mode"),
       .cubic_a = context.attribute("cubic_coeff_a", -0.75F),
       .exclude_outside = context.attribute<int64_t>("exclude_outside", 0) != 0,
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
