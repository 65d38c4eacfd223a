#pragma once

#include <onnx/defs/schema.h>

namespace qtool {

/// ONNX's operator schemas and, beside them, type inference for the quantized operators of domain
/// com.microsoft that qtool writes or reads in QOperator files. Their inputs and outputs are those
/// of onnxruntime's docs/ContribOperators.md.
const onnx::ISchemaRegistry& schemas_with_contrib();

}  // namespace qtool
