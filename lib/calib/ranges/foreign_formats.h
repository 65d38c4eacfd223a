#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "calib/ranges/range.h"
#include "ir/graph.h"

namespace qtool {

/// Takes in the ranges of a value, one or one for each index of axis 1: the value's own is widened
/// to hold them all. Throws Error if one is not finite or its smallest is above its largest.
void add_ranges(Ranges& ranges, const std::string& value, const std::vector<Range>& parts);

/// Whether JSON is what onnxruntime's quantization tools write: a TensorsData, or TensorData by
/// name.
bool is_onnxruntime_ranges(const Json& json);
/// Reads "lowest" and "highest" of every value: a number, or a numpy array of one element or of one
/// for each channel.
Ranges read_onnxruntime_ranges(const Json& json);

/// Whether JSON is an encodings file of AIMET.
bool is_aimet_encodings(const Json& json);
/// Reads the activations' encodings, of versions below 2: "min" and "max" where they are given,
/// else with b bits [offset · scale, (offset + 2^b − 1) · scale]. Encodings of dtype float have no
/// range.
/// Throws Error for versions from 2.
Ranges read_aimet_encodings(const Json& json);

/// Reads a table of ncnn2table: lines of a layer's name and the scales of what it reads, each 127
/// over the largest magnitude a, which gives [−a, a]. The layer is the node of that name, or, as
/// onnx2ncnn names nodes without one, of its first output. Lines "<layer>_param_<n>", of weights,
/// and those behind '#' are passed over. Throws Error, naming the line, for a layer that is no node
/// of the graph.
Ranges read_ncnn_table(std::string_view text, const Graph& graph);

}  // namespace qtool
