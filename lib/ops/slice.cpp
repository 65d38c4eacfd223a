#include <algorithm>
#include <numeric>

#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/packed.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// One axis of a slice, brought into range as ONNX says.
struct AxisSlice {
  int64_t start;
  int64_t count;
};
AxisSlice resolve_slice(int64_t start, int64_t end, int64_t step, int64_t dim) {
  if (step == 0) fail("the step of a slice is 0");
  const auto position = [&](int64_t i) {
    if (i < 0) i += dim;
    return step > 0 ? std::clamp<int64_t>(i, 0, dim) : std::clamp<int64_t>(i, -1, dim - 1);
  };
  // A start before the first element is the first, whichever way it goes.
  const int64_t from = std::max<int64_t>(position(start), 0);
  const int64_t distance = step > 0 ? position(end) - from : from - position(end);
  // The least int64 has no positive counterpart; any step beyond the axis takes one element.
  const int64_t stride = step < -dim ? dim + 1 : std::abs(step);
  return {from, dim == 0 || distance <= 0 ? 0 : (distance - 1) / stride + 1};
}

Kernel bind_slice(const BindContext& context) {
  return [starts = IntsArgument(context, "starts", 1), ends = IntsArgument(context, "ends", 2),
          axes = IntsArgument(context, "axes", 3),
          steps = IntsArgument(context, "steps", 4)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto from = starts.require(call);
    const auto to = ends.require(call);
    std::vector<int64_t> all(from.size());
    std::iota(all.begin(), all.end(), 0);
    const auto along = axes.read(call).value_or(all);
    const auto by = steps.read(call).value_or(std::vector<int64_t>(from.size(), 1));
    if (to.size() != from.size() || along.size() != from.size() || by.size() != from.size())
      fail("starts, ends, axes and steps must be of the same length");
    axis_mask(along, x.rank());
    Shape shape = x.shape();
    Shape strides = ref::row_major_strides(shape);
    int64_t first = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto axis = static_cast<std::size_t>(normalize_axis(along[i], x.rank()));
      const AxisSlice slice = resolve_slice(from[i], to[i], by[i], x.dim(axis));
      first += slice.start * strides[axis];
      shape[axis] = slice.count;
      strides[axis] *= slice.count > 1 ? by[i] : 1;
    }
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    ref::copy(ref::StridedLoop<2>(shape, {ref::row_major_strides(shape), strides}),
              element_bytes(x), y.mutable_raw(), element_at(x, first));
  };
}

}  // namespace

std::span<const OpSpec> slice_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Slice", moves_packed<bind_slice>,
                   {.inputs = {Role::kActivation, Role::kPlain}, .same_params = true}),
  };
  return kOps;
}

}  // namespace qtool
