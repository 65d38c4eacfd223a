#include "tensor/widen.h"

#include "tensor/cast.h"

namespace qtool {
namespace {

DType wide_type(DType dtype) {
  switch (dtype) {
    case DType::kInt2:
    case DType::kInt4:
      return DType::kInt8;
    case DType::kUInt2:
    case DType::kUInt4:
      return DType::kUInt8;
    case DType::kBFloat16:
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E4M3FNUZ:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
    case DType::kFloat8E8M0:
    case DType::kFloat4E2M1:
      return DType::kFloat32;
    default:
      return dtype;
  }
}

}  // namespace

Tensor widen(const Tensor& tensor) { return cast(tensor, wide_type(tensor.dtype())); }

}  // namespace qtool
