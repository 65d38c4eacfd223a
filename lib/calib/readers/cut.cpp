#include "calib/readers/cut.h"

#include <algorithm>

#include "runtime/inputs.h"

namespace qtool {
namespace {

Shape with_front(int64_t dim, Shape shape) {
  shape.insert(shape.begin(), dim);
  return shape;
}

Shape without_front(const Shape& shape) { return {shape.begin() + 1, shape.end()}; }

// Samples of `rows` rows along axis 0.
Cut cut_rows(const Shape& array, int64_t rows) {
  if (rows < 1 || array[0] % rows != 0)
    fail("{} rows on axis 0 are no multiple of the model's batch of {}", array[0], rows);
  return {array[0] / rows, with_front(rows, without_front(array))};
}

// What to say of an array that has its channels where the model does not.
const char* hint_of(const Shape& array, const ValueType& input) {
  const std::vector<Dim> dims = *channels_last(input).shape;
  const bool moved =
      dims != *input.shape && (fits(array, dims, 1) || fits(with_front(1, array), dims));
  return moved ? "; if its channels lie last, give --layout nhwc" : "";
}

}  // namespace

Cut cut_array(const Shape& array, const ValueType& input) {
  if (!input.shape) return array.empty() ? Cut{1, array} : cut_rows(array, 1);
  const std::vector<Dim>& dims = *input.shape;
  if (dims.empty() && array.empty()) return {1, {}};
  if (!dims.empty()) {
    if (dims[0].known() && fits(array, dims)) return {1, array};
    const int64_t rows = dims[0].known() ? dims[0].value : 1;
    if (fits(array, dims, 1)) return cut_rows(array, rows);
    const Shape batched = with_front(1, array);
    if (rows == 1 && fits(batched, dims)) return {1, batched};
  }
  if (!array.empty() && fits(without_front(array), dims)) return {array[0], without_front(array)};
  fail("expected shape {}, got {}{}", to_string(dims), to_string(array), hint_of(array, input));
}

ValueType channels_last(ValueType input) {
  if (input.shape && input.shape->size() == 4)
    std::rotate(input.shape->begin() + 1, input.shape->begin() + 2, input.shape->end());
  return input;
}

Tensor sample_of(const Tensor& array, const Cut& cut, int64_t index) {
  const auto owner = std::make_shared<const Tensor>(array);
  const auto size = static_cast<std::size_t>(array.size());
  const std::size_t all =
      array.dtype() == DType::kString ? size * sizeof(std::string) : array.bytes();
  const std::size_t bytes = all / static_cast<std::size_t>(cut.count);
  const auto* first = static_cast<const std::byte*>(array.raw());
  return Tensor::view(array.dtype(), cut.sample, owner,
                      first + static_cast<std::size_t>(index) * bytes);
}

}  // namespace qtool
