#include <catch2/catch_test_macros.hpp>

#include "onnx_io/build_model.h"

namespace qtool {
namespace {

std::vector<std::string> op_types(const Graph& graph) {
  std::vector<std::string> types;
  for (const NodeId id : graph.nodes()) types.push_back(full_op_type(graph.node(id)));
  return types;
}

bool keep_all(std::string_view, std::string_view) { return true; }

constexpr const char* kLocal = R"(
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[N, 2] x, bool c) => (float[N, 2] y) <float[2] w = {1, 2}> {
  a = local.scale <slope: float = 0.5> (x, w)
  y = If (c) <
    then_branch = yes () => (float[N, 2] t) { t = local.scale <slope: float = 0.25> (a, w) },
    else_branch = no () => (float[N, 2] e) { e = Identity (a) }
  >
}
<domain: "local", opset_import: ["" : 17]>
scale <slope> (v, factor) => (r) {
  m = Mul (v, factor)
  r = LeakyRelu <alpha: float = @slope> (m)
}
)";

TEST_CASE("a model's own functions become nodes, in subgraphs too") {
  Model model = parse(from_text(kLocal));
  CHECK(has_local_functions(model));
  expand_functions(model, keep_all);
  CHECK_FALSE(has_local_functions(model));
  CHECK(op_types(model.graph) == std::vector<std::string>{"Mul", "LeakyRelu", "If"});
  const Node& relu = model.graph.node(value(model.graph, "a").producer);
  CHECK(attribute_or(relu, "alpha", 0.0F) == 0.5F);
  const Node& branch = model.graph.node(value(model.graph, "y").producer);
  const auto* yes = find_attribute<std::shared_ptr<const Graph>>(branch, "then_branch");
  CHECK(op_types(**yes) == std::vector<std::string>{"Mul", "LeakyRelu"});
  CHECK(value(model.graph, "a").type.dtype == DType::kFloat32);
}

TEST_CASE("large weights survive the expansion") {
  onnx::ModelProto proto = from_text(kLocal);
  onnx::TensorProto& large = *proto.mutable_graph()->add_initializer();
  large.set_name("large");
  large.set_data_type(onnx::TensorProto::FLOAT);
  large.add_dims(5000);
  large.add_dims(2);
  large.set_raw_data(std::string(40000, '\1'));
  proto.mutable_graph()->mutable_node(0)->set_input(1, "large");
  Model model = parse(proto);
  const Tensor before = *model.graph.constant(model.graph.find("large"));
  expand_functions(model, keep_all);
  const Tensor* after = model.graph.constant(model.graph.find("large"));
  REQUIRE(after != nullptr);
  CHECK(*after == before);
  CHECK(model.graph.inputs().size() == 2);
}

TEST_CASE("ONNX's functions become nodes unless they are kept") {
  // MeanVarianceNormalization's body does not depend on types, SoftmaxCrossEntropyLoss's does.
  const onnx::ModelProto proto =
      model_of(R"(agraph (float[N, 3] x, int64[N] labels) => (float loss) {
    m = MeanVarianceNormalization <axes = [0]> (x)
    loss = SoftmaxCrossEntropyLoss <reduction = "mean"> (m, labels)
  })");
  const auto is_kept = [](std::string_view, std::string_view op_type) {
    return op_type != "MeanVarianceNormalization" && op_type != "SoftmaxCrossEntropyLoss" &&
           op_type != "NegativeLogLikelihoodLoss" && op_type != "LogSoftmax";
  };
  Model model = parse(proto);
  expand_functions(model, keep_all);
  CHECK(model.graph.node_count() == 2);
  expand_functions(model, is_kept);
  for (const std::string& type : op_types(model.graph)) {
    INFO(type);
    CHECK(is_kept("", type));
  }
  CHECK(value(model.graph, "m").producer != NodeId::kNone);
  CHECK(model.graph.value(model.graph.outputs()[0]).name == "loss");
}

TEST_CASE("a function that depends on types that are not known stays") {
  Model model = parse(model_of(R"(agraph (x, seq(float[N]) z) => (seq(float[N]) y) {
    y = SequenceMap <body = add (float[N] i, float[N] j) => (float[N] o) { o = Add(i, j) }> (x, z)
  })"));
  expand_functions(model, [](std::string_view, std::string_view) { return false; });
  CHECK(op_types(model.graph) == std::vector<std::string>{"SequenceMap"});
}

}  // namespace
}  // namespace qtool
