#pragma once

#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>
#include <onnx/onnx_pb.h>

#include <string>
#include <string_view>

#include "onnx_io/onnx_io.h"

namespace qtool {

/// What differs between two models; empty if nothing does. The order of initializers and value_info
/// does not count: they are compared by name.
inline std::string difference(const onnx::ModelProto& a, const onnx::ModelProto& b) {
  google::protobuf::util::MessageDifferencer differencer;
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  differencer.set_field_comparator(&comparator);
  const auto* graph = onnx::GraphProto::descriptor();
  const auto by_name = [&](const char* list, const google::protobuf::Descriptor* entry) {
    differencer.TreatAsMap(graph->FindFieldByName(list), entry->FindFieldByName("name"));
  };
  by_name("initializer", onnx::TensorProto::descriptor());
  by_name("value_info", onnx::ValueInfoProto::descriptor());
  std::string report;
  differencer.ReportDifferencesToString(&report);
  return differencer.Compare(a, b) ? std::string() : report;
}

/// What import and export change in a model; empty if nothing.
inline std::string round_trip_difference(std::string_view bytes) {
  onnx::ModelProto before;
  onnx::ModelProto after;
  before.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  after.ParseFromString(serialize_model(parse_model(bytes)));
  return difference(before, after);
}

}  // namespace qtool
