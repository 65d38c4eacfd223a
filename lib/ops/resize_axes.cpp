#include "ops/resize_axes.h"

#include <algorithm>
#include <cmath>

#include "base/named.h"
#include "kernels/reference/convert.h"

namespace qtool {
namespace {

float half_pixel(float i, const ResizeAxis& axis) { return (i + 0.5F) / axis.scale - 0.5F; }
float half_pixel_symmetric(float i, const ResizeAxis& axis) {
  const auto input = static_cast<float>(axis.input);
  const float adjustment = static_cast<float>(axis.output) / (axis.scale * input);
  return input / 2 * (1 - adjustment) + half_pixel(i, axis);
}
float pytorch_half_pixel(float i, const ResizeAxis& axis) {
  return axis.output > 1 ? half_pixel(i, axis) : 0;
}
// By scales the resized length is what it was before it became an integer, as ONNX's node tests have
// it; its text does not say.
float align_corners(float i, const ResizeAxis& axis) {
  if (axis.length == 1) return 0;
  return i * static_cast<float>(axis.input - 1) / (axis.length - 1);
}
float tf_half_pixel_for_nn(float i, const ResizeAxis& axis) { return (i + 0.5F) / axis.scale; }

constexpr std::array<Named<ResizeTransform>, 7> kTransforms = {{
    {"half_pixel", half_pixel},
    {"half_pixel_symmetric", half_pixel_symmetric},
    {"pytorch_half_pixel", pytorch_half_pixel},
    {"align_corners", align_corners},
    {"asymmetric", asymmetric},
    {"tf_half_pixel_for_nn", tf_half_pixel_for_nn},
    {"tf_crop_and_resize", tf_crop_and_resize},
}};

// The nearest integer, halves rounded up.
int64_t round_int(float x) { return reference::convert_value<int64_t>(std::floor(x + 0.5F)); }

void set_scale(ResizeAxis& axis, float scale) {
  if (!(scale > 0)) fail("scale {} must be over 0", scale);
  axis.scale = scale;
  axis.length = static_cast<float>(axis.input) * scale;
  axis.output = reference::convert_value<int64_t>(std::floor(axis.length));
}

void set_size(ResizeAxis& axis, int64_t size) {
  if (size < 0) fail("size {} is negative", size);
  axis.scale = static_cast<float>(size) / static_cast<float>(axis.input);
  axis.length = static_cast<float>(size);
  axis.output = size;
}

// Gives all axes the smallest or the largest of their scales.
void keep_aspect(std::string_view policy, const std::vector<std::size_t>& which,
                 std::vector<ResizeAxis>& axes) {
  if (policy == "stretch" || which.empty()) return;
  const bool smallest = policy == "not_larger";
  if (!smallest && policy != "not_smaller")
    fail("keep_aspect_ratio_policy '{}' is not known", policy);
  float scale = axes[which[0]].scale;
  for (const std::size_t i : which)
    scale = smallest ? std::min(scale, axes[i].scale) : std::max(scale, axes[i].scale);
  for (const std::size_t i : which) {
    axes[i].scale = scale;
    axes[i].output = round_int(scale * static_cast<float>(axes[i].input));
    axes[i].length = static_cast<float>(axes[i].output);
  }
}

}  // namespace

float asymmetric(float i, const ResizeAxis& axis) { return i / axis.scale; }

float tf_crop_and_resize(float i, const ResizeAxis& axis) {
  const auto last = static_cast<float>(axis.input - 1);
  if (axis.output == 1) return 0.5F * (axis.roi_start + axis.roi_end) * last;
  return axis.roi_start * last +
         i * (axis.roi_end - axis.roi_start) * last / static_cast<float>(axis.output - 1);
}

ResizeTransform find_transform(std::string_view name) {
  return find(kTransforms, name, "coordinate_transformation_mode");
}

std::vector<ResizeAxis> resize_axes(const Shape& shape, const std::vector<std::size_t>& which,
                                    const ResizeTarget& target) {
  const bool sized = !target.sizes.empty();
  if (sized && !target.scales.empty()) fail("scales and sizes cannot both be given");
  if ((sized ? target.sizes.size() : target.scales.size()) != which.size())
    fail("scales or sizes must have {} entries", which.size());
  std::vector<ResizeAxis> axes;
  for (const int64_t dim : shape) axes.push_back({dim, dim});
  for (std::size_t i = 0; i < which.size(); ++i) {
    ResizeAxis& axis = axes[which[i]];
    if (sized)
      set_size(axis, target.sizes[i]);
    else
      set_scale(axis, target.scales[i]);
    if (axis.input == 0 && axis.output > 0) fail("axis {} of {} is empty", i, to_string(shape));
  }
  if (sized) keep_aspect(target.aspect, which, axes);
  return axes;
}

void set_roi(const std::vector<float>& roi, const std::vector<std::size_t>& which,
             std::vector<ResizeAxis>& axes) {
  if (roi.size() != 2 * which.size()) fail("input roi must have {} entries", 2 * which.size());
  for (std::size_t i = 0; i < which.size(); ++i) {
    axes[which[i]].roi_start = roi[i];
    axes[which[i]].roi_end = roi[which.size() + i];
  }
}

}  // namespace qtool
