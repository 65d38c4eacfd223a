#pragma once

#include <onnx/defs/parser.h>

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "onnx_io/onnx_io.h"
#include "temp_folder.h"

namespace qtool {

/// A model in ONNX's text form.
inline onnx::ModelProto from_text(const std::string& text) {
  onnx::ModelProto model;
  const auto status = onnx::OnnxParser::Parse(model, text.c_str());
  INFO(status.ErrorMessage());
  REQUIRE(status.IsOK());
  return model;
}

/// A model of IR version 8 and opset 17 around the text of a graph.
inline onnx::ModelProto model_of(const std::string& graph) {
  return from_text("<ir_version: 8, opset_import: [\"\" : 17]> " + graph);
}

inline Model parse(const onnx::ModelProto& model, const std::filesystem::path& folder = {}) {
  return parse_model(model.SerializeAsString(), folder);
}

/// The message of the Error that `body` throws; empty if it throws none.
template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

inline std::string parse_error(const onnx::ModelProto& model) {
  return error_of([&] { parse(model); });
}

/// The value of that name in the graph.
inline const Value& value(const Graph& graph, std::string_view name) {
  const ValueId id = graph.find(name);
  REQUIRE(id != ValueId::kNone);
  return graph.value(id);
}

}  // namespace qtool
