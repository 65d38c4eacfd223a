#include "ops/slices.h"

#include <utility>

#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/packed.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Copies a part of `length` from or to a whole of `total` elements along an axis. Strides are those
// of [outer, length * inner].
void copy_part(const AxisSplit& part, std::size_t bytes, int64_t to_axis, void* to,
               int64_t from_axis, const void* from) {
  ref::copy(ref::StridedLoop<2>({part.outer, part.axis * part.inner},
                                {Shape{to_axis * part.inner, 1}, Shape{from_axis * part.inner, 1}}),
            bytes, to, from);
}

// The shape of all parts put after one another along `axis`.
Shape concat_shape(const std::vector<Tensor>& parts, std::size_t axis) {
  Shape shape = parts[0].shape();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    require_same_type(parts[0], parts[i]);
    Shape other = parts[i].shape();
    if (other.size() == shape.size())
      shape[axis] += std::exchange(other[axis], shape[axis] + other[axis]);
    if (other != shape)
      fail("tensor {} of shape {} does not fit the others", i, to_string(parts[i].shape()));
    element_count(shape);
  }
  return shape;
}

}  // namespace

Tensor part_of(KernelCall& call, const Tensor& x, int axis, int64_t start, int64_t length) {
  if (is_packed(x.dtype()))
    return packed(call, part_of(call, unpacked(call, x), axis, start, length), x.dtype());
  Shape shape = x.shape();
  const int64_t whole = std::exchange(shape[static_cast<std::size_t>(axis)], length);
  Tensor y = call.scratch(x.dtype(), shape);
  const AxisSplit part = split_at(shape, axis);
  copy_part(part, element_bytes(x), length, y.mutable_raw(), whole,
            element_at(x, start * part.inner));
  return y;
}

Tensor slice_at(KernelCall& call, const Tensor& x, int axis, int64_t index) {
  Shape shape = x.shape();
  shape.erase(shape.begin() + axis);
  return part_of(call, x, axis, index, 1).reshaped(std::move(shape));
}

Tensor concat(KernelCall& call, const std::vector<Tensor>& parts, int axis) {
  const DType dtype = parts[0].dtype();
  const Shape shape = concat_shape(parts, static_cast<std::size_t>(axis));
  if (is_packed(dtype)) {
    std::vector<Tensor> bytes;
    for (const Tensor& part : parts) bytes.push_back(unpacked(call, part));
    return packed(call, concat(call, bytes, axis), dtype);
  }
  Tensor y = call.scratch(dtype, shape);
  const int64_t whole = shape[static_cast<std::size_t>(axis)];
  int64_t start = 0;
  for (const Tensor& part : parts) {
    const AxisSplit s = split_at(part.shape(), axis);
    copy_part(s, element_bytes(y), whole, element_at(y, start * s.inner), s.axis, part.raw());
    start += s.axis;
  }
  return y;
}

Tensor stack(KernelCall& call, const std::vector<Tensor>& parts, int axis) {
  std::vector<Tensor> thin;
  for (const Tensor& part : parts) {
    if (part.shape() != parts[0].shape())
      fail("tensors to be stacked differ in shape, {} and {}", to_string(parts[0].shape()),
           to_string(part.shape()));
    Shape shape = part.shape();
    shape.insert(shape.begin() + axis, 1);
    thin.push_back(part.reshaped(std::move(shape)));
  }
  return concat(call, thin, axis);
}

void require_parts(const std::vector<int64_t>& lengths, int64_t total) {
  int64_t left = total;
  for (const int64_t length : lengths) {
    if (length < 0 || length > left) left = -1;
    if (left < 0) break;
    left -= length;
  }
  if (left != 0) fail("parts of {} do not make up {} elements", to_string(lengths), total);
}

}  // namespace qtool
