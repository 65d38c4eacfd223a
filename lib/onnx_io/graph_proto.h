#pragma once

#include "onnx_io/external_data.h"
#include "onnx_io/proto.h"

namespace qtool {

/// Takes a graph over, subgraphs included. Throws Error, naming node and value, if a name is
/// defined twice. Names that nothing defines are left to verify().
Graph import_graph(onnx::GraphProto proto, ExternalData& external);

/// Takes an attribute over; one that AttributeValue does not model becomes an OpaqueAttribute.
Attribute import_attribute(onnx::AttributeProto proto, ExternalData& external);

/// How much of a graph is written.
enum class Detail : uint8_t {
  kWhole,
  /// All but the raw data of those initializers that has_large_raw_data() names; it is one byte.
  kWithoutRawData,
  /// For the ONNX library to reason about: every known type is listed in value_info, and constants
  /// that is_left_out() names are not written.
  kSkeleton,
};
/// No operator takes a shape, axes or scales of more elements than that.
inline constexpr int64_t kSkeletonElements = 1024;
/// True for constants of more elements than kSkeletonElements.
bool is_left_out(const Value& value);

/// True for constants whose elements make up most of a file.
bool has_large_raw_data(const Constant& constant);

/// The inverse of import_graph. Nodes are written in the order of Graph::nodes().
onnx::GraphProto export_graph(const Graph& graph, Detail detail);

/// The inverse of import_attribute.
onnx::AttributeProto export_attribute(const Attribute& attribute, Detail detail);

}  // namespace qtool
