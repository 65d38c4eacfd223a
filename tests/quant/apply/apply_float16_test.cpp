#include "quant/apply/apply_float16.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "error_of.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr const char* kNet = R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 4, 4]
const w: float32[3, 2, 1, 1] = ramp(-0.7, 0.27)
const b: float32[3] = [0.5, -0.25, 0.1]
const two: float32[] = 2
const scales: float32[4] = [1, 1, 2, 2]
c: float32[1, 3, 4, 4] = Conv(x, w, b) "conv"
t: float32[1, 3, 4, 4] = Tanh(c) "tanh"
m: float32[1, 3, 4, 4] = Mul(t, two) "mul"
r: float32[1, 3, 8, 8] = Resize(m, _, scales) {mode="nearest"} "resize"
i: int64[1, 3, 8, 1] = ArgMax(r) {axis=3} "argmax"
f: float32[1, 3, 8, 1] = Cast(i) {to=1} "cast"
s: float32[1, 3, 8, 8] = Add(r, f) "add"
q: float32[1, 3, 4, 4] = Div(c, two) "div"
output s: float32[1, 3, 8, 8]
output q: float32[1, 3, 4, 4]
)";

Model halved(const Model& model, std::initializer_list<const char*> names) {
  Model result = model;
  std::set<NodeId> nodes;
  for (const char* name : names) nodes.insert(testing::find_node(result.graph, name));
  apply_float16(result, nodes);
  result.graph.compact();
  verify(result);
  return result;
}

DType type_of(const Model& model, std::string_view value) {
  return model.graph.value(model.graph.find(value)).type.dtype;
}

int count(const Model& model, std::string_view op_type) {
  int result = 0;
  for (const NodeId id : model.graph.nodes()) result += model.graph.node(id).op_type == op_type;
  return result;
}

TEST_CASE("a model in float16 computes nearly what the float model does") {
  const Model model = parse_text(kNet);
  const Model result = halved(model, {"conv", "tanh", "mul", "resize", "argmax", "add", "div"});
  CHECK(testing::relative_error(model, result) < 4e-3);
  // x, f to float16; s and q back; the model's own.
  CHECK(count(result, "Cast") == 5);
  for (const char* value : {"x", "f", "s", "q", "scales"})
    CHECK(type_of(result, value) == DType::kFloat32);
  for (const char* value : {"c", "t", "m", "r", "w_float16", "two_float16", "s_float16"})
    CHECK(type_of(result, value) == DType::kFloat16);
  CHECK(type_of(result, "i") == DType::kInt64);
  for (const char* value : {"w", "two"}) CHECK(result.graph.find(value) == ValueId::kNone);
}

TEST_CASE("what other nodes read stays float32") {
  const Model model = parse_text(kNet);
  const Model result = halved(model, {"conv", "mul"});
  CHECK(testing::relative_error(model, result) < 4e-3);
  for (const char* value : {"c", "t", "m", "two"}) CHECK(type_of(result, value) == DType::kFloat32);
  // x and t to float16, c and m back; the model's own.
  CHECK(count(result, "Cast") == 5);
}

TEST_CASE("captured values keep name and type") {
  const Model model = parse_text(R"(
model ir 8 opset 16
graph net
input c: bool[]
input x: float32[2]
d: float32[2] = Add(x, x) "add"
y: float32[2] = If(c) {then_branch=graph yes {
    t: float32[2] = Mul(d, x) "inner"
    output t: float32[2]
  }, else_branch=graph no {
    z: float32[2] = Neg(x) "neg"
    output z: float32[2]
  }} "if"
output y: float32[2]
)");
  const Model result = halved(model, {"add"});
  CHECK(type_of(result, "d") == DType::kFloat32);
  CHECK(type_of(result, "d_float16") == DType::kFloat16);
  CHECK(float16_objection(model, model.graph,
                          model.graph.node(testing::find_node(model.graph, "if"))) ==
        "it runs a subgraph");
}

TEST_CASE("numbers beyond float16 become its largest and smallest") {
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor half = float16_constant(
      Tensor::of<float>({9}, {1e9F, -70000, 65519, infinity, -infinity, 1e-12F, -1e-30F, 0, 0.1F}));
  const auto* values = half.data<Half>();
  const std::vector<float> wanted = {65504,    -65504,    65504, infinity,        -infinity,
                                     0x1p-24F, -0x1p-24F, 0,     0.0999755859375F};
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(float(values[i]) == wanted[i]);
}

TEST_CASE("nodes that cannot be float16 say why") {
  const Model model = parse_text(R"(
model ir 8 opset 17 com.microsoft 1
graph net
input x: float32[2, 2]
input n: int64[2, 2]
const two: float32[] = 2
a: float32[2, 2] = Cast(n) {to=1} "cast"
b: float32[2, 2] = com.microsoft.QuickGelu(x) "gelu"
c: float32[2, 2] = EyeLike(x) {dtype=1} "eye"
d: int64[2, 2] = Add(n, n) "integers"
e: float32[2, 2] = RandomUniform() {shape=[2, 2]} "random"
f = Sqrt(b) "unknown"
g: float32[2, 2] = Sqrt(x) "sqrt"
h: float32[2, 2], mean: float32[2, 1] = LayerNormalization(x, two) "norm"
output h: float32[2, 2]
)");
  const auto objection = [&](std::string_view name) {
    return float16_objection(model, model.graph,
                             model.graph.node(testing::find_node(model.graph, name)));
  };
  CHECK(objection("cast") == "it converts between types");
  CHECK(objection("gelu") == "ONNX has no schema of the operator");
  CHECK(objection("eye") == "the type of its output is not that of an input");
  CHECK(objection("integers") == "it reads no float32 that may be float16");
  CHECK(objection("random") == "it reads no float32 that may be float16");
  CHECK(objection("unknown") == "the types of its values are not known");
  CHECK(objection("sqrt").empty());
  CHECK(objection("norm").empty());
  CHECK(type_of(halved(model, {"norm"}), "mean") == DType::kFloat32);
  CHECK_THAT(error_of([&] { halved(model, {"cast"}); }),
             ContainsSubstring("node 'cast' (Cast) cannot compute in float16: it converts"));
}

TEST_CASE("measured ranges near the end of float16 speak against it") {
  const Model model = parse_text(kNet);
  const auto objection = [&](std::string_view name) {
    const Ranges ranges = {.values = {{"c", {-40000, 3}}, {"t", {-1, 32000}}}, .channels = {}};
    return float16_range_objection(model.graph,
                                   model.graph.node(testing::find_node(model.graph, name)), ranges);
  };
  for (const char* name : {"conv", "tanh", "div"})
    CHECK(objection(name) == "value 'c' reaches 4e+04, too near to float16's largest number");
  CHECK(objection("mul").empty());
}

}  // namespace
}  // namespace qtool
