#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "onnx_io/build_model.h"
#include "onnx_io/identity.h"

namespace qtool {
namespace {

// Import and export change nothing; serializing twice gives the same bytes.
void check_identity(const onnx::ModelProto& model) {
  CHECK(round_trip_difference(model.SerializeAsString()) == "");
  CHECK(serialize_model(parse(model)) == serialize_model(parse(model)));
}

onnx::ModelProto relu_model() {
  return model_of("g (float[N, 3] x) => (float[N, 3] y) { y = Relu(x) }");
}

void set_entry(onnx::StringStringEntryProto& entry, const char* key, const char* value) {
  entry.set_key(key);
  entry.set_value(value);
}

TEST_CASE("every sample model survives import and export") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(QTOOL_DATA_DIR "/models")) {
    INFO(entry.path());
    CHECK(round_trip_difference(MappedFile(entry.path()).text()) == "");
    ++count;
  }
  CHECK(count >= 10);
}

TEST_CASE("the comparison of models finds what differs") {
  const onnx::ModelProto model = relu_model();
  onnx::ModelProto other = model;
  CHECK(difference(model, other) == "");
  other.mutable_graph()->mutable_node(0)->set_doc_string("changed");
  CHECK(difference(model, other) != "");
}

TEST_CASE("texts and metadata at every level survive") {
  onnx::ModelProto model = relu_model();
  model.set_producer_name("producer");
  model.set_doc_string("model");
  model.set_model_version(7);
  set_entry(*model.add_metadata_props(), "a", "b");
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_doc_string("graph");
  set_entry(*graph.add_metadata_props(), "c", "d");
  graph.add_quantization_annotation()->set_tensor_name("x");
  onnx::NodeProto& node = *graph.mutable_node(0);
  node.set_doc_string("node");
  node.set_overload("fast");
  set_entry(*node.add_metadata_props(), "e", "f");
  node.add_device_configurations()->set_configuration_id("gpu");
  graph.mutable_input(0)->set_doc_string("input");
  set_entry(*graph.mutable_output(0)->add_metadata_props(), "g", "h");
  auto& dim = *graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  dim.mutable_dim(0)->set_denotation("DATA_BATCH");
  check_identity(model);
}

TEST_CASE("explicitly empty texts stay, absent ones stay absent") {
  onnx::ModelProto model = relu_model();
  CHECK(model.opset_import(0).has_domain());
  SECTION("present") {
    model.mutable_graph()->set_name("");
    model.mutable_graph()->mutable_node(0)->set_name("");
    model.mutable_graph()->mutable_node(0)->set_domain("");
  }
  SECTION("absent") {
    model.mutable_opset_import(0)->clear_domain();
    model.mutable_graph()->clear_name();
  }
  SECTION("spelled out") {
    model.mutable_opset_import(0)->set_domain("ai.onnx");
    model.mutable_graph()->mutable_node(0)->set_domain("ai.onnx");
    const Model imported = parse(model);
    CHECK(opset_version(imported, "") == 17);
    CHECK(imported.graph.node(imported.graph.nodes()[0]).domain.empty());
  }
  check_identity(model);
}

TEST_CASE("attributes of every type survive, with and without defaults written") {
  onnx::ModelProto model = relu_model();
  onnx::NodeProto& node = *model.mutable_graph()->mutable_node(0);
  const auto add = [&](const char* name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  };
  add("zero", onnx::AttributeProto::INT)->set_i(0);
  add("absent int", onnx::AttributeProto::INT);
  add("absent float", onnx::AttributeProto::FLOAT);
  add("absent text", onnx::AttributeProto::STRING);
  add("minus zero", onnx::AttributeProto::FLOAT)->set_f(-0.0F);
  add("nan", onnx::AttributeProto::FLOAT)->set_f(std::nanf(""));
  add("empty", onnx::AttributeProto::STRING)->set_s("");
  add("no ints", onnx::AttributeProto::INTS);
  add("documented", onnx::AttributeProto::INTS)->set_doc_string("why");
  add("type", onnx::AttributeProto::TYPE_PROTO)->mutable_tp()->mutable_sequence_type();
  add("tensors", onnx::AttributeProto::TENSORS)->add_tensors()->set_data_type(1);
  add("undefined", onnx::AttributeProto::UNDEFINED)->set_i(3);
  add("sparse", onnx::AttributeProto::SPARSE_TENSOR)->mutable_sparse_tensor()->add_dims(4);
  for (const char* text : {"a", ""}) add(text, onnx::AttributeProto::STRINGS)->add_strings(text);
  check_identity(model);
}

TEST_CASE("fields of a newer ONNX survive") {
  onnx::ModelProto model = relu_model();
  const auto add_unknown = [](google::protobuf::Message& message) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(1000, 42);
  };
  add_unknown(model);
  add_unknown(*model.mutable_graph());
  add_unknown(*model.mutable_graph()->mutable_node(0));
  add_unknown(*model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type());
  check_identity(model);
}

TEST_CASE("local functions and custom domains survive") {
  check_identity(from_text(R"(
    <ir_version: 8, opset_import: ["" : 17, "local" : 1, "custom" : 5]>
    g (float[N] x) => (float[N] y) { h = local.twice(x)  y = custom.Thing <a = 3> (h) }
    <domain: "local", opset_import: ["" : 17]> twice (x) => (y) { y = Add(x, x) }
  )"));
}

TEST_CASE("subgraphs become graphs and capture names") {
  const onnx::ModelProto model = model_of(R"(
    g (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
      h = Relu(x)
      y = If(c) <then_branch = a () => (float[2] p) { p = Add(h, w) },
                 else_branch = b () => (float[2] q) <float[2] v = {3, 4}> { q = Mul(h, v) }>
    })");
  check_identity(model);
  const Graph graph = parse(model).graph;
  CHECK(graph.captured() == std::set<ValueId>{graph.find("h"), graph.find("w")});
}

TEST_CASE("value infos survive in every combination") {
  onnx::ModelProto model = model_of(R"(
    g (float[2] x) => (float[2] y, float[2] x) <float[2] w = {1, 2}> {
      h = Add(x, w)  y = Relu(h) })");
  onnx::GraphProto& graph = *model.mutable_graph();
  const auto list = [&](const char* name) {
    onnx::ValueInfoProto* info = graph.add_value_info();
    info->set_name(name);
    return info;
  };
  SECTION("of inner values") {
    list("h")->mutable_type()->mutable_tensor_type()->set_elem_type(1);
    CHECK(value(parse(model).graph, "h").listed);
    CHECK(value(parse(model).graph, "h").type.dtype == DType::kFloat32);
  }
  SECTION("without a type") { list("h"); }
  SECTION("with an empty type") { list("h")->mutable_type()->mutable_tensor_type(); }
  SECTION("of names that do not exist") { list("nobody"); }
  SECTION("of a constant, vaguer than its tensor") {
    list("w")->mutable_type()->mutable_tensor_type()->set_elem_type(1);
  }
  SECTION("of an output, again") { *graph.add_value_info() = graph.output(0); }
  SECTION("of an output, otherwise") { list("y")->set_doc_string("other"); }
  SECTION("of an input that is an output too, otherwise") {
    graph.mutable_output(1)->set_doc_string("other");
  }
  SECTION("of a sequence") {
    list("h")->mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_tensor_type();
  }
  SECTION("with unknown, named and negative dimensions") {
    auto& shape = *list("h")->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.add_dim();
    shape.add_dim()->set_dim_param("N");
    shape.add_dim()->set_dim_param("");
    shape.add_dim()->set_dim_value(-1);
    shape.add_dim()->set_dim_value(0);
    const ValueType type = value(parse(model).graph, "h").type;
    REQUIRE(type.shape);
    CHECK(*type.shape == std::vector<Dim>{{-1, ""}, {-1, "N"}, {-1, ""}, {-1, ""}, {0, ""}});
  }
  check_identity(model);
}

TEST_CASE("initializers that are inputs survive, whatever type the input has") {
  onnx::ModelProto model = from_text(R"(
    <ir_version: 3, opset_import: ["" : 8]>
    g (float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}, float[1] unused = {3}> {
      y = Add(x, w) })");
  SECTION("same type") {}
  SECTION("symbolic type") {
    auto& type = *model.mutable_graph()->mutable_input(1)->mutable_type()->mutable_tensor_type();
    type.mutable_shape()->mutable_dim(0)->set_dim_param("N");
  }
  check_identity(model);
  const Graph graph = parse(model).graph;
  CHECK(graph.is_input(graph.find("w")));
  REQUIRE(graph.constant(graph.find("w")) != nullptr);
  CHECK(graph.constant(graph.find("w"))->to_vector<float>() == std::vector<float>{1, 2});
}

TEST_CASE("a changed type goes before what the file said") {
  onnx::ModelProto model = relu_model();
  auto& shape = *model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type();
  shape.mutable_shape()->mutable_dim(0)->set_denotation("DATA_BATCH");
  Model imported = parse(model);
  imported.graph.mutable_value(imported.graph.find("y")).type = tensor_type(DType::kInt8, {5, 3});
  onnx::ModelProto exported;
  REQUIRE(exported.ParseFromString(serialize_model(imported)));
  const auto& type = exported.graph().output(0).type().tensor_type();
  CHECK(type.elem_type() == onnx::TensorProto::INT8);
  CHECK(type.shape().dim(0).dim_value() == 5);
  CHECK(type.shape().dim(0).denotation() == "DATA_BATCH");
}

}  // namespace
}  // namespace qtool
