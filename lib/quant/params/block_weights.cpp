#include "quant/params/block_weights.h"

#include <algorithm>

#include "base/packed.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

// A matrix read row by row along the sum, whichever axis that is.
class Rows {
 public:
  Rows(const Tensor& matrix, int sum_axis)
      : stride_(sum_axis == 0 ? matrix.dim(1) : 1), row_(sum_axis == 0 ? 1 : matrix.dim(1)) {}
  int64_t at(int64_t n, int64_t k) const { return n * row_ + k * stride_; }

 private:
  int64_t stride_, row_;
};

// Integers as rows [n, count] of uint8, moved so that none is negative.
std::vector<uint8_t> unsigned_rows(const Tensor& matrix, int sum_axis, int64_t offset) {
  const Tensor wide = cast(matrix, DType::kInt32);
  const auto axis = static_cast<std::size_t>(sum_axis);
  const Rows rows(wide, sum_axis);
  std::vector<uint8_t> result;
  for (int64_t n = 0; n < wide.dim(1 - axis); ++n)
    for (int64_t k = 0; k < wide.dim(axis); ++k)
      result.push_back(static_cast<uint8_t>(wide.data<int32_t>()[rows.at(n, k)] + offset));
  return result;
}

// Rows of `count` elements packed into rows of `bytes` bytes, filled up with zeros.
Tensor pack_rows(int width, const std::vector<uint8_t>& elements, int64_t count, Shape shape,
                 int64_t bytes) {
  Tensor result(DType::kUInt8, std::move(shape));
  auto* out = result.mutable_data<uint8_t>();
  std::fill_n(out, result.size(), uint8_t{0});
  for (int64_t n = 0; n < result.dim(0); ++n)
    pack(width, elements.data() + n * count, count, out + n * bytes);
  return result;
}

}  // namespace

PackedBlocks pack_blocks(const Tensor& weight, const QuantParams& params) {
  QTOOL_ASSERT(weight.rank() == 2 && params.block > 0 && params.axis >= 0);
  const int width = bits(params.dtype);
  const int64_t middle = int64_t{1} << (width - 1);
  const int64_t offset = quant_range(params.dtype).min < 0 ? middle : 0;
  const auto axis = static_cast<std::size_t>(params.axis);
  PackedBlocks result{.n = weight.dim(1 - axis), .k = weight.dim(axis)};

  const Tensor scale = scale_tensor(params, weight.shape());
  const int64_t blocks = scale.dim(axis);
  const Tensor integers = quantize(cast(weight, DType::kFloat32), params);
  const int64_t block_bytes = params.block * width / 8;
  result.integers = pack_rows(width, unsigned_rows(integers, params.axis, offset), result.k,
                              {result.n, blocks, block_bytes}, blocks * block_bytes);
  result.scales = Tensor(DType::kFloat32, {result.n, blocks});
  const Rows rows(scale, params.axis);
  for (int64_t i = 0; i < scale.size(); ++i)
    result.scales.mutable_data<float>()[i] = scale.data<float>()[rows.at(i / blocks, i % blocks)];

  const Tensor zero_points = Tensor::of<int32_t>(scale.shape(), params.zero_point);
  const std::vector<uint8_t> points = unsigned_rows(zero_points, params.axis, offset);
  const auto is_middle = [&](uint8_t z) { return z == middle; };
  if (!std::all_of(points.begin(), points.end(), is_middle)) {
    const int64_t bytes = (blocks * width + 7) / 8;
    result.zero_points = pack_rows(width, points, blocks, {result.n, bytes}, bytes);
  }
  return result;
}

}  // namespace qtool
