#pragma once

#include "onnx_io/proto.h"

namespace qtool {

/// What a TypeProto says of a tensor; undefined for other types.
ValueType read_type(const onnx::TypeProto& proto);

/// Takes over what `info` says of the value: its type, and all else as `extra`. A constant keeps
/// the type of its tensor.
void import_value_info(onnx::ValueInfoProto info, Value& value);

/// The inverse.
onnx::ValueInfoProto export_value_info(const Value& value);

}  // namespace qtool
