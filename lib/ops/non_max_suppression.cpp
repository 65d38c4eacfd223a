#include "kernels/reference/non_max_suppression.h"

#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

// The only element of an optional input.
template <class T>
std::optional<T> read_scalar(const KernelCall& call, std::size_t index) {
  if (!call.has(index) || call.input(index).size() == 0) return {};
  const Tensor& tensor = call.input(index);
  if (tensor.size() != 1 || tensor.dtype() != dtype_of<T>)
    fail("input {} must be a scalar of type {}", index, name(dtype_of<T>));
  return *tensor.data<T>();
}

void check(const Tensor& boxes, const Tensor& scores) {
  for (const Tensor* tensor : {&boxes, &scores})
    if (tensor->dtype() != DType::kFloat32 || tensor->rank() != 3)
      fail("boxes and scores must be float32 of rank 3");
  if (boxes.dim(2) != 4 || scores.dim(0) != boxes.dim(0) || scores.dim(2) != boxes.dim(1))
    fail("boxes {} and scores {} do not fit", to_string(boxes.shape()), to_string(scores.shape()));
}

Kernel bind_non_max_suppression(const BindContext& context) {
  const bool center_point = context.attribute<int64_t>("center_point_box", 0) != 0;
  return [center_point](KernelCall& call) {
    const Tensor& boxes = call.input(0);
    const Tensor& scores = call.input(1);
    check(boxes, scores);
    const reference::BoxFilter filter = {center_point, read_scalar<int64_t>(call, 2).value_or(0),
                                         read_scalar<float>(call, 3).value_or(0),
                                         read_scalar<float>(call, 4)};
    if (!(filter.iou_threshold >= 0 && filter.iou_threshold <= 1))
      fail("iou_threshold {} is not in [0, 1]", filter.iou_threshold);
    const int64_t count = boxes.dim(1);
    std::vector<int64_t> rows;
    for (int64_t n = 0; scores.size() > 0 && n < scores.dim(0); ++n)
      for (int64_t c = 0; c < scores.dim(1); ++c) {
        const float* score = scores.data<float>() + (n * scores.dim(1) + c) * count;
        const float* box = boxes.data<float>() + n * count * 4;
        for (const int64_t i : reference::keep_boxes(filter, count, box, score))
          rows.insert(rows.end(), {n, c, i});
      }
    call.set_output(0, Tensor::of<int64_t>({std::ssize(rows) / 3, 3}, rows));
  };
}

}  // namespace

std::span<const OpSpec> non_max_suppression_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("NonMaxSuppression", bind_non_max_suppression)};
  return kOps;
}

}  // namespace qtool
