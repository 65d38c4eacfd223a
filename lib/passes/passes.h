#pragma once

#include "ir/graph.h"

namespace qtool {

// The rewrites, each described in the .cpp file of its name: what is there before and after, under
// which conditions, and by which formula. Each returns true if it changed something; run again at
// once, it changes nothing. They rewrite the model's main graph; PassOptions::bodies has them run on
// those of If, Loop and Scan too.
// Of two values that become one, the later one keeps its name. None of them throws but for input
// that breaks the ONNX rules.

bool absorb_activation(Model& model);
bool channels_to_last(Model& model);
bool clip_integers(Model& model);
bool constants_to_initializers(Model& model);
bool copy_captured_constants(Model& model);
bool einsum_to_matmul(Model& model);
bool fold_affine(Model& model);
bool fold_batch_norm(Model& model);
bool fold_constants(Model& model);
bool fold_dequantize(Model& model);
bool fold_quantize(Model& model);
bool fuse_activation(Model& model);
bool fuse_addition(Model& model);
bool fuse_integer_matmul(Model& model);
bool name_nodes(Model& model);
bool name_values(Model& model);
bool normalize_gemm(Model& model);
bool qdq_to_qoperator(Model& model);
bool qoperator_to_qdq(Model& model);
bool remove_dead_nodes(Model& model);
bool remove_identity(Model& model);
bool remove_initializer_inputs(Model& model);
bool share_constants(Model& model);
bool transpose_integers(Model& model);

}  // namespace qtool
