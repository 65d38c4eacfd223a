#pragma once

#include "onnx_io/proto.h"

namespace qtool {

/// Takes the elements out of the typed field (float_data, int32_data…) that TensorProto prescribes
/// for `dtype`. A list that write_typed_data would write otherwise (an int8 −1 as 255, say) stays
/// in `proto`. Throws Error if the number of elements is not that of `shape`, or one is out of
/// range.
Tensor take_typed_data(onnx::TensorProto& proto, DType dtype, const Shape& shape);

/// Writes the elements to the typed field of their type, unless `proto` has some there.
void write_typed_data(const Tensor& tensor, onnx::TensorProto& proto);

}  // namespace qtool
