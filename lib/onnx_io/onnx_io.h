#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

/// Reads a model as it is written. Weights are views of the mapped file where that is possible;
/// external data is read from beside it.
/// Throws Error naming the file: not there, not ONNX, truncated, unsupported IR version or opset.
Model import_model(const std::filesystem::path& path);
/// The same from bytes of a serialized ModelProto; `directory` is where external data lies.
Model parse_model(std::string_view bytes, const std::filesystem::path& directory = {});

/// The model as bytes of a ModelProto: the inverse of parse_model.
/// Throws Error for nodes of the internal domain.
std::string serialize_model(const Model& model);

/// Checks the model as onnx.checker does with full checks, then writes it atomically.
void save_model(const Model& model, const std::filesystem::path& path);

/// Fills in the types and shapes of values that ONNX's inference can derive. Values keep what they
/// already say. Throws Error if the model contradicts itself.
void infer_types(Model& model);

/// The model at ai.onnx opset `version` if it is below that, else as it is; values keep their
/// names. Throws Error naming the operator that ONNX's converter cannot raise.
void raise_opset(Model& model, int64_t version);

/// The oldest opset that qtool quantizes at: per-channel DequantizeLinear came with it.
inline constexpr int64_t kQuantizationOpset = 13;

}  // namespace qtool
