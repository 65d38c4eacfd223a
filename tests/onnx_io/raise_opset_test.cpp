#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "base/atomic_file.h"
#include "onnx_io/build_model.h"
#include "onnx_io/identity.h"

namespace qtool {
namespace {

Model raised(const onnx::ModelProto& proto, int64_t version) {
  Model model = parse(proto);
  raise_opset(model, version);
  return model;
}

onnx::ModelProto of_opset(int ir_version, int opset, const std::string& graph) {
  return from_text(fmt::format("<ir_version: {}, opset_import: [\"\" : {}, \"custom\" : 1]> {}",
                               ir_version, opset, graph));
}

std::vector<std::string> op_types(const Graph& graph) {
  std::vector<std::string> types;
  for (const NodeId id : graph.nodes()) types.push_back(full_op_type(graph.node(id)));
  return types;
}

std::vector<std::string> names(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> found;
  for (const ValueId id : ids) found.push_back(graph.value(id).name);
  return found;
}

TEST_CASE("nothing changes at or above the opset") {
  const onnx::ModelProto proto = model_of("g (float[2] x) => (float[2] y) { y = Relu(x) }");
  for (const int64_t version : {7, 13, 17})
    CHECK(serialize_model(raised(proto, version)) == serialize_model(parse(proto)));
}

TEST_CASE("a model of an old opset is raised to be run") {
  const TempFolder folder;
  const auto proto = of_opset(3, 6, R"(
    g (float[2, 3] x, float[3] b) => (float[2, 3] y) { y = Add <broadcast = 1> (x, b) })");
  write_file(folder / "m.onnx", proto.SerializeAsString());
  const Model model = import_any_opset(folder / "m.onnx");
  CHECK(opset_version(model, "") == 7);
  CHECK(names(model.graph, model.graph.inputs()) == std::vector<std::string>{"x", "b"});
  CHECK(model.graph.node(value(model.graph, "y").producer).attributes.empty());
}

TEST_CASE("PRelu with a slope for each channel of before opset 7 is refused") {
  const auto prelu = [](const std::string& slope) {
    return of_opset(
        4, 6, "g (float[2, 3] x) => (float[2, 3] y) <float" + slope + "> { y = PRelu(x, s) }");
  };
  CHECK(error_of([&] { raised(prelu("[3] s = {1, 2, 3}"), 7); }) ==
        "raising opset 6 to 7: the PRelu node that writes 'y' has a slope for each channel; export "
        "the model again");
  CHECK(op_types(raised(prelu("[1] s = {1}"), 7).graph) == std::vector<std::string>{"PRelu"});
}

TEST_CASE("operators take the form of the new opset") {
  const Model model = raised(of_opset(5, 10, R"(
    g (float[2, 3] x) => (float[3, 1] y) {
      c = Clip <min = 0.0, max = 6.0> (x)  s = ReduceSum <axes = [0], keepdims = 0> (c)
      y = Unsqueeze <axes = [1]> (s) })"),
                             13);
  CHECK(opset_version(model, "") == 13);
  CHECK(opset_version(model, "custom") == 1);
  CHECK(model.ir_version == 7);
  for (const NodeId id : model.graph.nodes()) {
    const Node& node = model.graph.node(id);
    if (node.op_type == "Clip") CHECK(node.inputs.size() == 3);
    if (node.op_type == "ReduceSum" || node.op_type == "Unsqueeze") CHECK(node.inputs.size() == 2);
  }
  CHECK(value(model.graph, "c").type == tensor_type(DType::kFloat32, {2, 3}));
  CHECK(value(model.graph, "y").type == tensor_type(DType::kFloat32, {3, 1}));
  const TempFolder folder;
  CHECK_NOTHROW(save_model(model, folder / "m.onnx"));
}

TEST_CASE("names, inputs and outputs of the sample models survive") {
  const TempFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(QTOOL_DATA_DIR "/models")) {
    INFO(entry.path());
    const Model before = import_model(entry.path());
    Model model = before;
    raise_opset(model, 21);
    CHECK(opset_version(model, "") >= 21);
    CHECK(names(model.graph, model.graph.outputs()) == names(before.graph, before.graph.outputs()));
    for (const NodeId id : before.graph.nodes())
      for (const ValueId output : before.graph.node(id).outputs)
        if (output != ValueId::kNone)
          CHECK(model.graph.find(before.graph.value(output).name) != ValueId::kNone);
    for (const ValueId id : before.graph.values())
      if (const Tensor* tensor = before.graph.constant(id);
          tensor != nullptr && tensor->size() > 1024)
        CHECK(model.graph.constant(model.graph.find(before.graph.value(id).name))->raw() ==
              tensor->raw());
    CHECK_NOTHROW(save_model(model, folder / "m.onnx"));
  }
}

TEST_CASE("initializers of IR version 3 are constants afterwards, not inputs") {
  const Model model = raised(of_opset(3, 8, R"(
    g (float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) })"),
                             13);
  CHECK(names(model.graph, model.graph.inputs()) == std::vector<std::string>{"x"});
  REQUIRE(model.graph.constant(model.graph.find("w")) != nullptr);
  CHECK(model.graph.constant(model.graph.find("w"))->to_vector<float>() ==
        std::vector<float>{1, 2});
}

TEST_CASE("what the converter does not carry comes back") {
  onnx::ModelProto proto = of_opset(5, 10, R"(
    g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
      a = custom.Thing <k = 3> (x)  b = Add(a, w)  y = Clip <min = 0.0> (b) })");
  proto.add_metadata_props()->set_key("model");
  onnx::GraphProto& graph = *proto.mutable_graph();
  graph.add_metadata_props()->set_key("graph");
  graph.add_quantization_annotation()->set_tensor_name("x");
  graph.mutable_node(1)->add_metadata_props()->set_key("node");
  graph.mutable_node(0)->mutable_attribute(0)->set_doc_string("attribute");
  graph.mutable_initializer(0)->set_doc_string("tensor");
  graph.mutable_input(0)->add_metadata_props()->set_key("value");
  const Model model = raised(proto, 13);
  onnx::ModelProto after;
  REQUIRE(after.ParseFromString(serialize_model(model)));
  CHECK(after.metadata_props_size() == 1);
  CHECK(after.graph().metadata_props_size() == 1);
  CHECK(after.graph().quantization_annotation_size() == 1);
  CHECK(after.graph().input(0).metadata_props_size() == 1);
  CHECK(after.graph().initializer(0).doc_string() == "tensor");
  const auto find = [&](const char* op_type) -> const onnx::NodeProto& {
    for (const auto& node : after.graph().node())
      if (node.op_type() == op_type) return node;
    FAIL(op_type);
    return after.graph().node(0);
  };
  CHECK(find("Add").metadata_props_size() == 1);
  CHECK(find("Thing").domain() == "custom");
  CHECK(find("Thing").attribute(0).doc_string() == "attribute");
  CHECK_FALSE(find("Add").has_name());
  CHECK_FALSE(after.graph().value_info_size() > 0);
}

TEST_CASE("subgraphs are raised with their names and large constants") {
  onnx::ModelProto proto = of_opset(5, 10, R"(
    g (bool c, float[2000] x) => (float[2000] y) {
      y = If(c) <then_branch = a () => (float[2000] p) { h = Add(x, w)  p = Clip <min = 0.0> (h) },
                 else_branch = b () => (float[2000] q) { q = Relu(x) }> })");
  onnx::GraphProto& branch =
      *proto.mutable_graph()->mutable_node(0)->mutable_attribute(0)->mutable_g();
  onnx::TensorProto& w = *branch.add_initializer();
  w.set_name("w");
  w.set_data_type(onnx::TensorProto::FLOAT);
  w.add_dims(2000);
  w.set_raw_data(std::string(8000, '\1'));
  const Model model = raised(proto, 13);
  const auto* raised_branch = find_attribute<std::shared_ptr<const Graph>>(
      model.graph.node(model.graph.nodes()[0]), "then_branch");
  REQUIRE(raised_branch != nullptr);
  const Tensor* weights = (*raised_branch)->constant((*raised_branch)->find("w"));
  REQUIRE(weights != nullptr);
  CHECK(weights->bytes() == 8000);
  const TempFolder folder;
  CHECK_NOTHROW(save_model(model, folder / "m.onnx"));
}

TEST_CASE("an operator that cannot be raised is named, and the model stays") {
  Model model = parse(of_opset(4, 9, "g (float[1, 1, 2, 2] x) => (y) { y = Missing(x) }"));
  const std::string before = serialize_model(model);
  const std::string message = error_of([&] { raise_opset(model, 13); });
  CHECK(message.find("raising opset 9 to 13: ") == 0);
  CHECK(message.find("Missing") != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(serialize_model(model) == before);
}

TEST_CASE("a model without ai.onnx just imports it") {
  const Model model = raised(from_text(R"(
    <ir_version: 8, opset_import: ["custom" : 1]>
    g (float[2] x) => (float[2] y) { y = custom.Thing(x) })"),
                             13);
  CHECK(opset_version(model, "") == 13);
  CHECK(op_types(model.graph) == std::vector<std::string>{"custom.Thing"});
}

TEST_CASE("a node without an attribute that the converter reads is an error") {
  Model model = parse(of_opset(4, 9, "g (float[2] x) => (y) { y = Slice <starts = [0]> (x) }"));
  CHECK(error_of([&] { raise_opset(model, 13); }).find("'ends'") != std::string::npos);
}

}  // namespace
}  // namespace qtool
