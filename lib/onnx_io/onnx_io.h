#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

/// Reads a model as it is written. External data is read from the model's folder and stays a view
/// of the mapped file; on export it comes inside the model.
/// Throws Error naming the file: not there, not ONNX, truncated, an IR version or opset that is not
/// known, an opset below 7.
Model import_model(const std::filesystem::path& path);
/// The same for running it: a model of an older opset is raised to 7, which raise_opset describes.
Model import_any_opset(const std::filesystem::path& path);
/// Bytes of a model on disk: its file, and the files of external data that it names. Throws Error as
/// import_model does.
std::uintmax_t stored_bytes(const std::filesystem::path& path);
/// A model from bytes of a serialized ModelProto, as it is written and of any opset; `directory` is
/// where external data lies, and without one there must be none.
Model parse_model(std::string_view bytes, const std::filesystem::path& directory = {});

/// The model as bytes of a ModelProto: the inverse of parse_model. Nodes are written in the order
/// of Graph::nodes(); all values that compact() has not dropped are written. Throws Error for nodes
/// of the internal domain, and over 2 GB.
std::string serialize_model(const Model& model);

/// More than that no message of protobuf has.
inline constexpr std::size_t kMaxMessageBytes = std::numeric_limits<int32_t>::max();

/// Checks the model as onnx.checker does with full checks, then writes it atomically. The weights of
/// one that is larger than `max_bytes` go to a file of external data beside it, called <name of the
/// file>.<digest of the weights>.data; those of earlier models of that name are removed.
void save_model(const Model& model, const std::filesystem::path& path,
                std::size_t max_bytes = kMaxMessageBytes);

/// Fills in the types and shapes of values that ONNX's inference can derive. Values keep what they
/// already say. Throws Error if the model contradicts itself.
void infer_types(Model& model);

/// Whether an operator stays as it is, by domain and type.
using IsKept = std::function<bool(std::string_view domain, std::string_view op_type)>;

/// Replaces calls of the model's own functions, wherever they stand, and nodes of the main graph
/// that ONNX defines by a function of other operators and that `is_kept` does not name, by the
/// bodies of the functions. Outputs keep their names; types are inferred. Throws Error for a model
/// that contradicts itself.
void expand_functions(Model& model, const IsKept& is_kept);
/// Whether the model brings functions of its own.
bool has_local_functions(const Model& model);

/// The model at ai.onnx opset `version` if it is below that, with types inferred, else as it is;
/// values keep their names. The IR version rises with it; initializers that IR version 3 wanted as
/// inputs are inputs no longer. Throws Error naming the operator that ONNX's converter cannot
/// raise; the model then is as it was.
void raise_opset(Model& model, int64_t version);

/// The oldest opset that qtool quantizes at: per-channel DequantizeLinear came with it.
inline constexpr int64_t kQuantizationOpset = 13;

}  // namespace qtool
