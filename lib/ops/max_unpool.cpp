#include <cstring>

#include "kernels/reference/copy.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

namespace ref = reference;

// The smallest input of a MaxPool that gives x; indices count in it.
Shape unpooled_shape(const WindowAttributes& attributes, const Shape& x) {
  if (x.size() < 3) fail("input {} must have spatial axes", to_string(x));
  const Window window = start_window(attributes, attributes.kernel_shape);
  if (attributes.kernel_shape.size() != x.size() - 2)
    fail("kernel_shape {} does not fit input {}", to_string(attributes.kernel_shape), to_string(x));
  const std::size_t first = window.input.size() + 2 - x.size();
  Shape shape = {x[0], x[1]};
  for (std::size_t i = 2; i < x.size(); ++i) {
    const std::size_t axis = first + i - 2;
    shape.push_back(element_count({x[i], window.stride[axis]}) - window.stride[axis] +
                    window.kernel[axis] - window.pad_begin[axis] - window.pad_end[axis]);
  }
  return shape;
}

Tensor& zeros(Tensor& tensor) {
  std::memset(tensor.mutable_raw(), 0, tensor.bytes());
  return tensor;
}

template <class T>
void scatter(const Tensor& x, const Tensor& indices, Tensor& y) {
  T* const to = y.mutable_data<T>();
  for (int64_t i = 0; i < x.size(); ++i) {
    const int64_t index = indices.data<int64_t>()[i];
    if (index < 0 || index >= y.size())
      fail("index {} is outside an input {} of the pooling", index, to_string(y.shape()));
    to[index] = x.data<T>()[i];
  }
}

// Puts x in the corner of a larger y.
void copy_to_corner(const Tensor& x, Tensor& y) {
  if (y.rank() != x.rank()) fail("output_shape {} must have rank {}", y.rank(), x.rank());
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (y.dim(i) < x.dim(i))
      fail("output_shape {} is smaller than {}", to_string(y.shape()), to_string(x.shape()));
  ref::copy(ref::StridedLoop<2>(
                x.shape(), {ref::row_major_strides(y.shape()), ref::row_major_strides(x.shape())}),
            element_bytes(x), zeros(y).mutable_raw(), x.raw());
}

Kernel bind_max_unpool(const BindContext& context) {
  return [attributes = read_window(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& indices = call.input(1);
    if (indices.shape() != x.shape() || indices.dtype() != DType::kInt64)
      fail("indices {} must be int64 of shape {}", to_string(indices.shape()),
           to_string(x.shape()));
    const Shape shape = unpooled_shape(attributes, x.shape());
    const bool sized = call.has(2);
    Tensor scratch = sized ? call.scratch(x.dtype(), shape) : Tensor();
    Tensor& y = sized ? scratch : call.output(0, x.dtype(), shape);
    zeros(y);
    with_type(FloatTypes{}, x.dtype(),
              [&]<class T>(std::type_identity<T>) { scatter<T>(x, indices, y); });
    if (sized) copy_to_corner(y, call.output(0, x.dtype(), to_int64s(call.input(2))));
  };
}

}  // namespace

std::span<const OpSpec> max_unpool_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({reference_op("MaxUnpool", bind_max_unpool)});
  return kOps;
}

}  // namespace qtool
