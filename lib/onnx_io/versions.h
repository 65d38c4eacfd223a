#pragma once

#include "ir/graph.h"

namespace qtool {

/// Oldest opset of ai.onnx whose operators qtool knows; with it came NumPy's broadcasting.
inline constexpr int64_t kOldestOpset = 7;

/// Throws Error if the IR version, or the version of a domain that ONNX defines, is one that the
/// ONNX library does not know, or if nodes are of domains that the model does not import.
void check_versions(const Model& model);

/// Oldest IR version that may hold operators of `opset` of ai.onnx, as in ONNX's Versioning.md.
int64_t ir_version_for(int64_t opset);

}  // namespace qtool
