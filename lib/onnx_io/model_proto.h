#pragma once

#include "onnx_io/graph_proto.h"

namespace qtool {

/// Takes a model over. `extra` keeps functions, metadata and the like.
Model import_model_proto(onnx::ModelProto proto, ExternalData& external);

/// The inverse. In a skeleton the constants of the main graph that are left out are inputs.
/// Throws Error for nodes of the internal domain in a whole model.
onnx::ModelProto export_model_proto(const Model& model, Detail detail);

}  // namespace qtool
