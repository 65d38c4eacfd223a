#include "onnx_io/sparse_tensor.h"

#include <algorithm>
#include <cstring>

#include "onnx_io/tensor_proto.h"

namespace qtool {
namespace {

// A few bytes of a sparse tensor must not claim all memory.
constexpr int64_t kMaxDenseElements = int64_t{1} << 30;

// Position of the k-th element in the dense tensor, from one flat index an element or one index a
// dimension; −1 if it lies outside.
int64_t flat_index(const Tensor& indices, int64_t k, const Tensor& dense) {
  const int64_t* entry = indices.data<int64_t>();
  if (indices.rank() == 1) return entry[k] < dense.size() ? entry[k] : -1;
  entry += k * static_cast<int64_t>(dense.rank());
  int64_t flat = 0;
  for (const int64_t dim : dense.shape()) {
    if (*entry < 0 || *entry >= dim) return -1;
    flat = flat * dim + *entry++;
  }
  return flat;
}

void check_match(const Tensor& values, const Tensor& indices, const Shape& shape) {
  if (bits(values.dtype()) < 8) fail("{} is not supported", name(values.dtype()));
  const Shape flat{values.size()};
  const Shape nested{values.size(), static_cast<int64_t>(shape.size())};
  if (values.rank() != 1 || indices.dtype() != DType::kInt64 ||
      (indices.shape() != flat && indices.shape() != nested))
    fail("indices of shape {} do not match values of shape {} and dims {}",
         to_string(indices.shape()), to_string(values.shape()), to_string(shape));
}

}  // namespace

Tensor to_dense(const onnx::SparseTensorProto& proto) {
  ExternalData none{{}};
  const Tensor values = *import_tensor(proto.values(), none).tensor;
  const Tensor indices = *import_tensor(proto.indices(), none).tensor;
  const Shape shape = shape_from_onnx(proto.dims());
  check_match(values, indices, shape);
  if (element_count(shape) > kMaxDenseElements)
    fail("shape {} is too large to be held dense", to_string(shape));
  Tensor dense(values.dtype(), shape);
  auto* out = static_cast<std::byte*>(dense.mutable_raw());
  const auto* in = static_cast<const std::byte*>(values.raw());
  const auto width = static_cast<std::size_t>(bits(values.dtype()) / 8);
  std::fill_n(out, dense.bytes(), std::byte{0});
  for (int64_t k = 0; k < values.size(); ++k, in += width) {
    const int64_t index = flat_index(indices, k, dense);
    if (index < 0) fail("element {} lies outside dims {}", k, to_string(dense.shape()));
    std::memcpy(out + static_cast<std::size_t>(index) * width, in, width);
  }
  return dense;
}

}  // namespace qtool
