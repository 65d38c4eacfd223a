#pragma once

#include "onnx_io/proto.h"

namespace qtool {

/// A file of 3 kB can hold functions that call each other a billion times, and the ONNX library
/// expands them all. Throws Error if the model's own functions expand to more than 100,000 nodes, or
/// are called within each other more than 64 deep, which is how those that call themselves end.
void check_functions(const onnx::ModelProto& model);

}  // namespace qtool
