#include "ops/batch_matmul.h"

#include <cstring>
#include <memory>

#include "kernels/onednn/isa.h"
#include "kernels/onednn/matmul.h"
#include "kernels/reference/matmul.h"
#include "ops/types.h"

namespace qtool {
namespace {

using MatMulTypes = Types<float, double, int32_t, uint32_t, int64_t, uint64_t>;

// Whether there is nothing to add up; y is then all zeros.
bool is_zero(const MatMulShape& shape, Tensor& y) {
  if (y.size() == 0) return true;
  if (shape.k == 0) std::memset(y.mutable_raw(), 0, y.bytes());
  return shape.k == 0;
}

void by_reference(const MatMulShape& shape, const Tensor& a, const Tensor& b, Tensor& y) {
  with_type(MatMulTypes{}, a.dtype(), [&]<class T>(std::type_identity<T>) {
    reference::matmul(shape, 1, a.data<T>(), b.data<T>(), y.mutable_data<T>());
  });
}

}  // namespace

BatchMatMul reference_matmul() {
  return [](const MatMulShape& shape, const Tensor& a, const Tensor& b, Tensor& y) {
    if (!is_zero(shape, y)) by_reference(shape, a, b, y);
  };
}

BatchMatMul onednn_matmul(bool constant_b) {
  if (!onednn::is_there()) return reference_matmul();
  return [matmul = std::make_shared<onednn::MatMul>(constant_b)](
             const MatMulShape& shape, const Tensor& a, const Tensor& b, Tensor& y) {
    if (is_zero(shape, y)) return;
    if (a.dtype() == DType::kFloat32)
      matmul->run(shape, {}, a.data<float>(), b.data<float>(), nullptr, y.mutable_data<float>());
    else
      by_reference(shape, a, b, y);
  };
}

}  // namespace qtool
