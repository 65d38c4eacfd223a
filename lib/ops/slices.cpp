#include "ops/slices.h"

#include "kernels/reference/copy.h"
#include "ops/packed.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Copies between a tensor and its part at `index` of `axis`; `loop` has their strides in order.
ref::StridedLoop<2> loop_of_part(const AxisSplit& whole, bool from_whole) {
  const Shape apart = {whole.axis * whole.inner, 1};
  const Shape dense = {whole.inner, 1};
  return from_whole ? ref::StridedLoop<2>({whole.outer, whole.inner}, {dense, apart})
                    : ref::StridedLoop<2>({whole.outer, whole.inner}, {apart, dense});
}

}  // namespace

Tensor slice_at(KernelCall& call, const Tensor& x, int axis, int64_t index) {
  if (is_packed(x.dtype()))
    return packed(call, slice_at(call, unpacked(call, x), axis, index), x.dtype());
  const AxisSplit whole = split_at(x.shape(), axis);
  Shape shape = x.shape();
  shape.erase(shape.begin() + axis);
  Tensor y = call.scratch(x.dtype(), shape);
  const std::size_t bytes = element_bytes(x);
  const auto skipped = static_cast<std::size_t>(index * whole.inner) * bytes;
  ref::copy(loop_of_part(whole, true), bytes, y.mutable_raw(),
            static_cast<const std::byte*>(x.raw()) + skipped);
  return y;
}

Tensor stack(KernelCall& call, const std::vector<Tensor>& parts, int axis) {
  if (is_packed(parts[0].dtype())) {
    std::vector<Tensor> bytes;
    for (const Tensor& part : parts) {
      require_same_type(parts[0], part);
      bytes.push_back(unpacked(call, part));
    }
    return packed(call, stack(call, bytes, axis), parts[0].dtype());
  }
  Shape shape = parts[0].shape();
  shape.insert(shape.begin() + axis, std::ssize(parts));
  Tensor y = call.scratch(parts[0].dtype(), shape);
  const AxisSplit whole = split_at(shape, axis);
  const std::size_t bytes = element_bytes(y);
  auto* to = static_cast<std::byte*>(y.mutable_raw());
  for (const Tensor& part : parts) {
    require_same_type(parts[0], part);
    if (part.shape() != parts[0].shape())
      fail("tensors to be stacked differ in shape, {} and {}", to_string(parts[0].shape()),
           to_string(part.shape()));
    ref::copy(loop_of_part(whole, false), bytes, to, part.raw());
    to += static_cast<std::size_t>(whole.inner) * bytes;
  }
  return y;
}

}  // namespace qtool
