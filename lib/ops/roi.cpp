#include "kernels/reference/roi.h"

#include "base/named.h"
#include "kernels/reference/convert.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Throws Error unless there are `columns` numbers for each region of the images x [N, C, H, W].
void check(const Tensor& x, const Tensor& rois, int64_t columns) {
  require_same_type(x, rois);
  if (x.rank() != 4 || x.dim(2) == 0 || x.dim(3) == 0)
    fail("input {} must be images [N, C, H, W]", to_string(x.shape()));
  if (rois.rank() != 2 || rois.dim(1) != columns)
    fail("regions {} must have {} columns", to_string(rois.shape()), columns);
}

// Element offset of image `index`.
int64_t image_offset(const Tensor& x, int64_t index) {
  if (index < 0 || index >= x.dim(0))
    fail("there is no image {} in input {}", index, to_string(x.shape()));
  return index * x.dim(1) * x.dim(2) * x.dim(3);
}

int64_t output_size(int64_t size) {
  if (size < 1) fail("an output of size {} is not possible", size);
  return size;
}

ref::RoiAlign read_align(const BindContext& context) {
  constexpr std::array<Named<bool>, 2> kTakeMax = {{{"avg", false}, {"max", true}}};
  constexpr std::array<Named<bool>, 2> kHalfPixel = {
      {{"half_pixel", true}, {"output_half_pixel", false}}};
  constexpr std::string_view kTransform = "coordinate_transformation_mode";
  const char* transform = context.opset < 16 ? "output_half_pixel" : "half_pixel";
  const auto ratio = context.attribute<int64_t>("sampling_ratio", 0);
  if (ratio < 0 || ratio > 1024) fail("sampling_ratio {} is not in [0, 1024]", ratio);
  return {.height = output_size(context.attribute<int64_t>("output_height", 1)),
          .width = output_size(context.attribute<int64_t>("output_width", 1)),
          .sampling_ratio = ratio,
          .scale = context.attribute("spatial_scale", 1.0F),
          .half_pixel =
              find(kHalfPixel, context.attribute<std::string>(kTransform, transform), kTransform),
          .take_max = find(kTakeMax, context.attribute<std::string>("mode", "avg"), "mode")};
}

Kernel bind_roi_align(const BindContext& context) {
  return [rule = read_align(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& rois = call.input(1);
    check(x, rois, 4);
    const std::vector<int64_t> batch = to_int64s(call.input(2));
    if (std::ssize(batch) != rois.dim(0))
      fail("{} batch indices do not fit regions {}", batch.size(), to_string(rois.shape()));
    Tensor& y = call.output(0, x.dtype(), {rois.dim(0), x.dim(1), rule.height, rule.width});
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      const T* roi = rois.data<T>();
      T* to = y.mutable_data<T>();
      for (const int64_t image : batch) {
        ref::roi_align(rule, roi, x.dim(1), x.dim(2), x.dim(3),
                       x.data<T>() + image_offset(x, image), to);
        roi += 4;
        to += x.dim(1) * rule.height * rule.width;
      }
    });
  };
}

Kernel bind_max_roi_pool(const BindContext& context) {
  const auto sizes = context.attribute<std::vector<int64_t>>("pooled_shape", {});
  if (sizes.size() != 2) fail("pooled_shape {} must have 2 entries", to_string(sizes));
  const int64_t height = output_size(sizes[0]);
  const int64_t width = output_size(sizes[1]);
  const double scale = context.attribute("spatial_scale", 1.0F);
  return [=](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& rois = call.input(1);
    check(x, rois, 5);
    Tensor& y = call.output(0, x.dtype(), {rois.dim(0), x.dim(1), height, width});
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      T* to = y.mutable_data<T>();
      for (const T* roi = rois.data<T>(); roi != rois.data<T>() + rois.size(); roi += 5) {
        const auto image = ref::convert_value<int64_t>(roi[0]);
        ref::max_roi_pool(scale, height, width, roi + 1, x.dim(1), x.dim(2), x.dim(3),
                          x.data<T>() + image_offset(x, image), to);
        to += x.dim(1) * height * width;
      }
    });
  };
}

}  // namespace

std::span<const OpSpec> roi_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("RoiAlign", bind_roi_align),
      reference_op("MaxRoiPool", bind_max_roi_pool),
  });
  return kOps;
}

}  // namespace qtool
