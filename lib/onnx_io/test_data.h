#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "tensor/datum.h"

namespace qtool {

/// What a value of a model is.
enum class ValueKind : uint8_t { kTensor, kSequence, kOptional };

/// The kind that the value's type says; a tensor if it has none. Throws Error for maps and sparse
/// tensors.
ValueKind value_kind(const Value& value);

/// Reads a .pb file of an ONNX test data set: a TensorProto, SequenceProto or OptionalProto as the
/// kind says. Throws Error naming the file: not there, another message, a type qtool does not hold.
Datum read_test_data(const std::filesystem::path& path, ValueKind kind);

/// Reads `<folder>/<prefix>_K.pb` for each of `values`, K counting from 0. Throws Error naming the
/// file: one is missing or wrong, or there are more.
std::vector<Datum> read_test_data_set(const Graph& graph, const std::vector<ValueId>& values,
                                      const std::filesystem::path& folder, std::string_view prefix);

}  // namespace qtool
