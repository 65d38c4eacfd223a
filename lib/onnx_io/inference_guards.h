#pragma once

#include <onnx/defs/schema.h>

namespace qtool {

/// Has the schema pass over its type and shape inference and its propagation of data, and not give its
/// function's body, where ONNX's rules would crash or take all memory: they take types of inputs and
/// ranges of attributes for granted. `original`
/// is a copy of it as it was, and must outlive it.
void guard_inference(onnx::OpSchema& schema, const onnx::OpSchema& original);

}  // namespace qtool
