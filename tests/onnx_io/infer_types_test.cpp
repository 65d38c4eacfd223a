#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/file.h"
#include "onnx_io/build_model.h"
#include "onnx_io/identity.h"

namespace qtool {
namespace {

Model inferred(const onnx::ModelProto& proto) {
  Model model = parse(proto);
  infer_types(model);
  return model;
}

ValueType type_of(const Model& model, std::string_view name) {
  return value(model.graph, name).type;
}

void add_zeros(onnx::ModelProto& model, const char* name, const Shape& shape) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.set_raw_data(std::string(static_cast<std::size_t>(element_count(shape)) * 4, '\0'));
}

TEST_CASE("types of inner values and outputs are filled in") {
  onnx::ModelProto proto = model_of(R"(
    g (float[2, 3, 8, 8] x) => (y) {
      c = Conv <strides = [2, 2], pads = [1, 1, 1, 1]> (x, w)
      y = ArgMax <axis = 1, keepdims = 0> (c) })");
  SECTION("small weights") {
    add_zeros(proto, "w", {5, 3, 3, 3});
    CHECK(type_of(inferred(proto), "c") == tensor_type(DType::kFloat32, {2, 5, 4, 4}));
  }
  SECTION("weights that are left out") {
    add_zeros(proto, "w", {400, 3, 3, 3});
    CHECK(type_of(inferred(proto), "c") == tensor_type(DType::kFloat32, {2, 400, 4, 4}));
  }
  CHECK(type_of(inferred(proto), "y") == tensor_type(DType::kInt64, {2, 4, 4}));
}

TEST_CASE("computed shapes are followed") {
  const Model model = inferred(model_of(R"(
    g (float[2, 3, 4] x) => (float[A, B] y) <int64[1] zero = {0}, int64[1] rest = {-1}> {
      s = Shape(x)  n = Gather(s, zero)  t = Concat <axis = 0> (n, rest)  y = Reshape(x, t) })"));
  CHECK(type_of(model, "y") == tensor_type(DType::kFloat32, {2, 12}));
}

TEST_CASE("what is known stays, and unknown dimensions get no made-up names") {
  const Model model = inferred(model_of(R"(
    g (float[N, M] x, bool[N, M] c) => (float[rows, 2] y) {
      h = Relu(x)  i = NonZero(c)  y = Identity(h) })"));
  CHECK(type_of(model, "h").shape == std::vector<Dim>{{-1, "N"}, {-1, "M"}});
  CHECK(type_of(model, "y").shape == std::vector<Dim>{{-1, "rows"}, {2, ""}});
  CHECK(type_of(model, "i").shape == std::vector<Dim>{{2, ""}, {-1, ""}});
}

TEST_CASE("unknown operators leave their outputs open") {
  const Model model = inferred(from_text(R"(
    <ir_version: 8, opset_import: ["" : 17, "custom" : 1]>
    g (float[2] x) => (float[2] y) { a = Relu(x)  b = custom.Thing(a)  y = Relu(b) })"));
  CHECK(type_of(model, "a") == tensor_type(DType::kFloat32, {2}));
  CHECK(type_of(model, "b") == ValueType{});
}

TEST_CASE("a model that contradicts itself is an error that names the node") {
  const auto error = [](const std::string& graph) {
    return error_of([&] { inferred(model_of(graph)); });
  };
  const std::string rows = error("g (float[2, 3] x, float[4, 5] w) => (y) { y = MatMul(x, w) }");
  CHECK(rows.find("type inference: ") == 0);
  CHECK(rows.find("MatMul") != std::string::npos);
  CHECK(rows.find('\n') == std::string::npos);
  CHECK(error("g (float[2] x) => (float[3] y) { y = Relu(x) }").find("Relu") != std::string::npos);
  CHECK(error("g (float[2] x) => (int32[2] y) { y = Relu(x) }").find("Relu") != std::string::npos);
}

TEST_CASE("types inside subgraphs are filled in, of large constants too") {
  onnx::ModelProto proto = model_of(R"(
    g (bool c, float[40, 40] x) => (y) {
      y = If(c) <then_branch = a () => (p) { h = Add(x, w)  p = Relu(h) },
                 else_branch = b () => (q) { q = Neg(x) }> })");
  onnx::ModelProto holder = proto;
  add_zeros(holder, "w", {40, 40});
  *proto.mutable_graph()->mutable_node(0)->mutable_attribute(0)->mutable_g()->add_initializer() =
      holder.graph().initializer(0);
  const Model model = inferred(proto);
  const Node& node = model.graph.node(model.graph.nodes()[0]);
  const auto* branch = find_attribute<std::shared_ptr<const Graph>>(node, "then_branch");
  REQUIRE(branch != nullptr);
  CHECK(value(**branch, "h").type == tensor_type(DType::kFloat32, {40, 40}));
  CHECK((*branch)->constant((*branch)->find("w")) != nullptr);
  CHECK(type_of(model, "y") == tensor_type(DType::kFloat32, {40, 40}));
}

TEST_CASE("inference lists no values that the file did not list") {
  for (const char* name : {"fashion_resnet", "yunet_n_320"}) {
    const MappedFile file(std::string(QTOOL_DATA_DIR "/models/") + name + ".onnx");
    Model model = parse_model(file.text());
    infer_types(model);
    for (const ValueId id : model.graph.values())
      CHECK(model.graph.value(id).type.dtype != DType::kUndefined);
    onnx::ModelProto before;
    onnx::ModelProto after;
    REQUIRE(before.ParseFromString(std::string(file.text())));
    REQUIRE(after.ParseFromString(serialize_model(model)));
    CHECK(before.graph().value_info_size() == after.graph().value_info_size());
  }
}

// The type of y in a model of one com.microsoft node whose scales are s and zero points z.
ValueType type_of_contrib(const std::string& inputs, const std::string& node) {
  const Model model = inferred(
      from_text("<ir_version: 8, opset_import: [\"\" : 17, \"com.microsoft\" : 1]> g (" + inputs +
                ") => (y) <float s = {0.5}, uint8 z = {3}, int8 n = {0}> { y = com.microsoft." +
                node + " }"));
  return type_of(model, "y");
}

TEST_CASE("quantized operators of com.microsoft have types") {
  const auto u8 = [](const Shape& shape) { return tensor_type(DType::kUInt8, shape); };
  const std::string x = "uint8[1, 4, 8, 8] x";
  CHECK(type_of_contrib("uint8[2, 1, 3] a, uint8[4, 1] b", "QLinearAdd(a, s, z, b, s, z, s, z)") ==
        u8({2, 4, 3}));
  CHECK(type_of_contrib("uint8[2, 3] a, uint8 b", "QLinearMul(a, s, z, b, s, z, s)") == u8({2, 3}));
  for (const char* unary : {"QLinearLeakyRelu <alpha = 0.1>", "QLinearSigmoid",
                            "QLinearSoftmax <axis = 1, opset = 13>"})
    CHECK(type_of_contrib(x, std::string(unary) + "(x, s, z, s, z)") == u8({1, 4, 8, 8}));
  CHECK(type_of_contrib(x, "QLinearGlobalAveragePool(x, s, z, s, z)") == u8({1, 4, 1, 1}));
  CHECK(type_of_contrib(x,
                        "QLinearAveragePool <kernel_shape = [3, 3], strides = [2, 2]> "
                        "(x, s, z, s, z)") == u8({1, 4, 3, 3}));
  CHECK(type_of_contrib("uint8[1, 2] a, uint8[1, 3] b",
                        "QLinearConcat <axis = -1> (s, z, a, s, z, b, s, z)") == u8({1, 5}));
  CHECK(type_of_contrib("float[2, 3] x", "QuantizeLinear(x, s, n)") ==
        tensor_type(DType::kInt8, {2, 3}));
  CHECK(type_of_contrib("float[2, 3] x", "QuantizeLinear(x, s)") == u8({2, 3}));
  CHECK(type_of_contrib("uint8[2, 3] x", "DequantizeLinear(x, s, z)") ==
        tensor_type(DType::kFloat32, {2, 3}));
}

TEST_CASE("QGemm has a quantized or a float output") {
  const std::string inputs = "uint8[2, 3] a, int8[4, 3] b, int32[4] c";
  CHECK(type_of_contrib(inputs, "QGemm <transB = 1> (a, s, z, b, s, n, c, s, z)") ==
        tensor_type(DType::kUInt8, {2, 4}));
  CHECK(type_of_contrib(inputs, "QGemm <transB = 1> (a, s, z, b, s, n, c)") ==
        tensor_type(DType::kFloat32, {2, 4}));
}

TEST_CASE("channels-last pooling has a type and no shape") {
  const ValueType type = type_of_contrib(
      "uint8[1, 8, 8, 4] x", "QLinearGlobalAveragePool <channels_last = 1> (x, s, z, s, z)");
  CHECK(type == ValueType{DType::kUInt8, std::nullopt});
}

TEST_CASE("quantized inputs that do not fit together are errors") {
  CHECK(error_of([] {
          type_of_contrib("uint8[2] a, uint8[3] b", "QLinearAdd(a, s, z, b, s, z, s, z)");
        }).find("QLinearAdd") != std::string::npos);
  CHECK(error_of([] {
          type_of_contrib("uint8[1, 2] a, uint8[2, 3] b",
                          "QLinearConcat <axis = 1> (s, z, a, s, z, b, s, z)");
        }).find("QLinearConcat") != std::string::npos);
}

TEST_CASE("a LayerNormalization of dimensions that are not there is left without a shape") {
  Model model = parse(model_of(R"(g (float[3, 4] x, float[4] s) => (y, mean) {
    y, mean = LayerNormalization <axis = 2147483648> (x, s)
  })"));
  infer_types(model);
  CHECK_FALSE(value(model.graph, "mean").type.shape);
  raise_opset(model, 18);  // the converter infers shapes by rules of its own
  CHECK_FALSE(value(model.graph, "mean").type.shape);
}

TEST_CASE("what says that it has 2^62 elements takes no memory") {
  for (const std::string node : {"Expand(x, s)", "Reshape(x, s)", "Gather(s, x)"}) {
    onnx::ModelProto proto =
        model_of("g (int64[2] x, int64[4611686018427387904] s) => (y) { y = " + node + " }");
    Model model = parse(proto);
    CHECK_NOTHROW(infer_types(model));
    proto.mutable_opset_import(0)->set_version(8);
    Model old = parse(proto);
    CHECK_NOTHROW(infer_types(old));
  }
}

}  // namespace
}  // namespace qtool
