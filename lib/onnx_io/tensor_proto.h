#pragma once

#include "onnx_io/external_data.h"
#include "onnx_io/proto.h"

namespace qtool {

/// The element type of that number in TensorProto.DataType; kUndefined if qtool has none.
DType dtype_from_onnx(int32_t data_type);

/// The shape of those dims. Throws Error if one is negative or they are too many elements to hold.
Shape shape_from_onnx(const google::protobuf::RepeatedField<int64_t>& dims);

/// Takes a tensor over. Raw data is moved, data elsewhere stays a view of its file, typed fields are
/// copied; `extra` keeps all but dims, data_type and data.
/// Throws Error for types qtool does not hold, and if the data does not match the shape.
Constant import_tensor(onnx::TensorProto proto, ExternalData& external);

/// The inverse; what was external becomes raw data. With `data` false the elements are left out.
onnx::TensorProto export_tensor(const Constant& constant, bool data = true);

}  // namespace qtool
