#include "ops/indices.h"

#include <algorithm>

#include "kernels/reference/strided_loop.h"
#include "ops/elements.h"
#include "ops/shapes.h"

namespace qtool {

namespace ref = reference;

std::vector<int64_t> element_positions(const Tensor& indices, int axis, const Shape& data) {
  const auto along = static_cast<std::size_t>(axis);
  bool fits = indices.rank() == data.size();
  for (std::size_t i = 0; fits && i < data.size(); ++i)
    fits = i == along || indices.dim(i) <= data[i];
  if (!fits) fail("indices {} do not fit data {}", to_string(indices.shape()), to_string(data));
  Shape strides = ref::row_major_strides(data);
  const int64_t stride = std::exchange(strides[along], 0);
  std::vector<int64_t> positions = to_int64s(indices);
  const ref::StridedLoop<2> loop(indices.shape(),
                                 {ref::row_major_strides(indices.shape()), strides});
  const auto [index_step, base_step] = loop.row_strides();
  loop.each_row([&, index_step = index_step, base_step = base_step](const auto& offsets) {
    for (int64_t i = 0; i < loop.row_length(); ++i) {
      int64_t& index = positions[static_cast<std::size_t>(offsets[0] + i * index_step)];
      index = normalize_index(index, data[along]) * stride + offsets[1] + i * base_step;
    }
  });
  return positions;
}

SlicePositions slice_positions(const Tensor& indices, const Shape& data, int64_t batch_dims) {
  const auto rank = std::ssize(data);
  if (indices.rank() < 1 || batch_dims < 0 || batch_dims >= std::ssize(indices.shape()) ||
      indices.shape().back() > rank - batch_dims)
    fail("indices {} do not fit data {} with {} batch axes", to_string(indices.shape()),
         to_string(data), batch_dims);
  if (!std::equal(data.begin(), data.begin() + batch_dims, indices.shape().begin()))
    fail("indices {} and data {} differ on the first {} axes", to_string(indices.shape()),
         to_string(data), batch_dims);
  const auto batch = static_cast<std::size_t>(batch_dims);
  const auto depth = static_cast<std::size_t>(indices.shape().back());
  const std::vector<int64_t> all = to_int64s(indices);
  const int64_t count = product(indices.shape(), 0, indices.rank() - 1);
  const int64_t per_batch = product(indices.shape(), batch, indices.rank() - 1);
  SlicePositions result;
  result.shape.assign(data.begin() + static_cast<std::ptrdiff_t>(batch + depth), data.end());
  for (int64_t i = 0; i < count; ++i) {
    int64_t position = i / per_batch;
    for (std::size_t k = 0; k < depth; ++k) {
      const int64_t dim = data[batch + k];
      position =
          position * dim + normalize_index(all[static_cast<std::size_t>(i) * depth + k], dim);
    }
    result.positions.push_back(position);
  }
  return result;
}

}  // namespace qtool
