#include "tensor/widen.h"

#include "tensor/cast.h"

namespace qtool {

Tensor widen(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kBFloat16:
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E4M3FNUZ:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2FNUZ:
    case DType::kFloat8E8M0:
    case DType::kFloat4E2M1:
      return cast(tensor, DType::kFloat32);
    case DType::kUInt4:
    case DType::kUInt2:
      return cast(tensor, DType::kUInt8);
    case DType::kInt4:
    case DType::kInt2:
      return cast(tensor, DType::kInt8);
    default:
      return tensor;
  }
}

}  // namespace qtool
