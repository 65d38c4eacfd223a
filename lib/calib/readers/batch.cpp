#include "calib/readers/batch.h"

#include <algorithm>
#include <cstring>

namespace qtool {
namespace {

bool same_rows(const Shape& a, const Shape& b) {
  return a.size() == b.size() && std::equal(a.begin() + 1, a.end(), b.begin() + 1);
}

// Copies the elements of both kinds of tensors: of strings and of all else.
void copy_elements(const Tensor& from, int64_t first, Tensor& to) {
  if (from.dtype() == DType::kString)
    std::copy_n(from.data<std::string>(), from.size(), to.mutable_data<std::string>() + first);
  else if (from.bytes() > 0)
    std::memcpy(static_cast<std::byte*>(to.mutable_raw()) + first * bits(from.dtype()) / 8,
                from.raw(), from.bytes());
}

}  // namespace

int64_t samples_a_run(const ValueType& input, int64_t batch_size) {
  if (batch_size == 1 || !input.shape) return batch_size;
  if (input.shape->empty()) fail("is a single number, which has no batch axis");
  const Dim& batch = input.shape->front();
  if (batch.known() && batch.value != batch_size)
    fail("the model fixes its batch to {}, not {}", batch.value, batch_size);
  return batch.known() ? 1 : batch_size;
}

Tensor stack_rows(const std::vector<Tensor>& tensors) {
  const Tensor& first = tensors.front();
  if (tensors.size() == 1) return first;
  Shape shape = first.shape();
  shape[0] = 0;
  for (const Tensor& tensor : tensors) {
    if (!same_rows(tensor.shape(), first.shape()))
      fail("samples of different shapes make no batch: {} and {}", to_string(first.shape()),
           to_string(tensor.shape()));
    shape[0] += tensor.dim(0);
  }
  Tensor all(first.dtype(), shape);
  int64_t done = 0;
  for (const Tensor& tensor : tensors) {
    copy_elements(tensor, done, all);
    done += tensor.size();
  }
  return all;
}

}  // namespace qtool
