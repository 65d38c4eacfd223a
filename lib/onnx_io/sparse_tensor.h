#pragma once

#include "onnx_io/proto.h"

namespace qtool {

/// The dense tensor of the same elements; zero where `proto` lists none. No external data.
/// Throws Error if values, indices and dims do not match.
Tensor to_dense(const onnx::SparseTensorProto& proto);

}  // namespace qtool
