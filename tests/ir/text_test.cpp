#include "ir/text.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace qtool {
namespace {

using Catch::Matchers::Message;

// In the form that print_text gives, so that reading and printing it again must change nothing.
constexpr std::string_view kEverything = R"all(model ir 8 opset 13 com.microsoft 1 "odd domain" 2
graph "two words"
input x: float32[N, 3, ?, "2N", "floor(N/2)"]
input y: int64
input w: float32[2, 2]
const w: float32[2, 2] = [1, -2.5, 3e-08, 0]
const fill: float32[100] = 0.1
const scalar: int64[] = -7
const empty: int32[0] = []
const bytes: uint8[3] = [0, 128, 255]
const flags: bool[2] = [1, 0]
const names: string[2] = ["a\"b\\", "line\nend\x01"]
const half: float16[2] = hex "003c0040"
const four: int4[3] = hex "2103"
/stem/stem.0/Conv_output_0: float32[?, 4], _ = Conv(x, w, _, fill) {pads=[1, 1], group=1, alpha=0.5, beta=2.0} "conv 1"
"_": float32 = com.microsoft.QLinearAdd(/stem/stem.0/Conv_output_0, scalar)
"" = Odd("_") {a="text", b=floats[], c=strings[], d=[], e=[1.0, inf], f=["x", ""], t: int64[2] = [1, 2]}
input = Relu("") {nan=nan, big=1e+30, low=-3}
= Sink(input)
output input: float32[2]
output x
)all";

TEST_CASE("what is printed is read back") {
  CHECK(print_text(parse_text(kEverything)) == kEverything);
}

TEST_CASE("the text form holds what it says") {
  const Model model = parse_text(kEverything);
  const Graph& graph = model.graph;
  CHECK(model.ir_version == 8);
  CHECK(model.opsets == std::vector<Opset>{{"", 13}, {"com.microsoft", 1}, {"odd domain", 2}});
  CHECK(graph.name == "two words");
  REQUIRE(graph.inputs().size() == 3);
  const ValueType& x = graph.value(graph.find("x")).type;
  CHECK(x.dtype == DType::kFloat32);
  CHECK(*x.shape == std::vector<Dim>{{-1, "N"}, {3, ""}, {-1, ""}, {-1, "2N"}, {-1, "floor(N/2)"}});
  CHECK_FALSE(graph.value(graph.find("y")).type.shape);
  CHECK(*graph.constant(graph.find("w")) == Tensor::of<float>({2, 2}, {1.f, -2.5f, 3e-8f, 0.f}));
  CHECK(*graph.constant(graph.find("scalar")) == Tensor::scalar<int64_t>(-7));
  CHECK(*graph.constant(graph.find("names")) ==
        Tensor::of<std::string>({2}, {"a\"b\\", "line\nend\x01"}));
  CHECK(graph.constant(graph.find("fill"))->to_vector<float>() == std::vector<float>(100, 0.1f));
  const auto* half = static_cast<const uint16_t*>(graph.constant(graph.find("half"))->raw());
  CHECK(half[0] == 0x3c00);  // 1.0 in IEEE binary16
  CHECK(half[1] == 0x4000);  // 2.0

  const Node& conv = graph.node(graph.value(graph.find("/stem/stem.0/Conv_output_0")).producer);
  CHECK(conv.name == "conv 1");
  CHECK(conv.inputs[2] == ValueId::kNone);
  CHECK(conv.outputs.size() == 2);
  CHECK(conv.outputs[1] == ValueId::kNone);
  CHECK(attribute_or<int64_t>(conv, "group", 0) == 1);
  CHECK(attribute_or<float>(conv, "beta", 0) == 2.0f);
  CHECK(attribute_or<std::vector<int64_t>>(conv, "pads", {}) == std::vector<int64_t>{1, 1});
  const Node& add = graph.node(graph.value(graph.find("_")).producer);
  CHECK(add.domain == "com.microsoft");
  CHECK(add.op_type == "QLinearAdd");
  const Node& odd = graph.node(graph.value(graph.find("")).producer);
  CHECK(find_attribute<std::vector<float>>(odd, "b")->empty());
  CHECK(find_attribute<std::vector<std::string>>(odd, "c")->empty());
  CHECK(find_attribute<std::vector<int64_t>>(odd, "d")->empty());
  CHECK(*find_attribute<Constant>(odd, "t")->tensor == Tensor::of<int64_t>({2}, {1, 2}));
  const Node& relu = graph.node(graph.value(graph.find("input")).producer);
  CHECK(std::isnan(attribute_or<float>(relu, "nan", 0)));
}

TEST_CASE("floats survive to the last bit, and zeros keep their sign") {
  const std::vector<float> values = {0.1f,
                                     1.f / 3,
                                     std::numeric_limits<float>::denorm_min(),
                                     std::numeric_limits<float>::max(),
                                     -0.f,
                                     -std::numeric_limits<float>::infinity(),
                                     std::nextafter(1.f, 2.f)};
  Model model;
  model.graph.add_constant("c", Constant(Tensor::of<float>({7}, values)));
  model.graph.add_constant("zeros", Constant(Tensor::of<float>({2}, {0.f, -0.f})));
  model.graph.add_constant("d", Constant(Tensor::of<double>({2}, {1.0 / 3, 1e300})));
  const Model again = parse_text(print_text(model));
  for (const char* name : {"c", "zeros", "d"})
    CHECK(*again.graph.constant(again.graph.find(name)) ==
          *model.graph.constant(model.graph.find(name)));
}

TEST_CASE("subgraphs are printed inside their node") {
  constexpr std::string_view kText = R"(model ir 8 opset 13
graph
input cond: bool[]
input x: float32[2]
y = If(cond) {then_branch=graph then {
  const one: float32[] = 1
  sum = Add(x, one)
  output sum: float32[2]
}, else_branch=graph {
  same = Identity(x)
  output same
}} "choose"
output y: float32[2]
)";
  const Model model = parse_text(kText);
  CHECK(print_text(model) == kText);
  CHECK(model.graph.captured() == std::set{model.graph.find("x")});
}

TEST_CASE("comments, ramps and free order") {
  const Model model = parse_text(R"(
    # a comment
    model ir 8 opset 13   # behind a statement
    graph g
    b = Relu(a)           # read before it is defined
    a = Add(c, x)
    input x: float32[2, 3]
    const c: float32[2, 3] = ramp(1, 0.5)
    const i: int64[3] = ramp(5, -2)
    output b
  )");
  const Graph& graph = model.graph;
  CHECK(graph.constant(graph.find("c"))->to_vector<float>() ==
        std::vector<float>{1, 1.5, 2, 2.5, 3, 3.5});
  CHECK(graph.constant(graph.find("i"))->to_vector<int64_t>() == std::vector<int64_t>{5, 3, 1});
  REQUIRE(graph.nodes().size() == 2);
  CHECK(graph.node(graph.nodes()[0]).op_type == "Add");
}

TEST_CASE("long constants are printed without their elements and then refused") {
  Model model = parse_text("model ir 8\ngraph\nconst c: float32[20] = ramp(0, 1)\n");
  CHECK(print_text(model, 20).find("[0, 1, 2") != std::string::npos);
  const std::string text = print_text(model);
  CHECK(text == "model ir 8\ngraph\nconst c: float32[20] = <80 bytes>\n");
  CHECK_THROWS_MATCHES(
      parse_text(text), Error,
      Message("line 3, column 24: the content was left out when this text was printed"));
}

TEST_CASE("errors name line and column") {
  const auto message = [](const std::string& statement) -> std::string {
    try {
      parse_text("model ir 8 opset 13\ngraph g\n" + statement);
    } catch (const Error& error) {
      return error.what();
    }
    return "read without an error";
  };
  CHECK(message("y = Relu(x") == "line 3, column 11: expected ')', got the end");
  CHECK(message("y Relu(x)") == "line 3, column 3: expected '=', got 'Relu'");
  CHECK(message("y = Relu(x) z = Relu(y)") == "line 3, column 13: expected a new line, got 'z'");
  CHECK(message("a = A()\n  a = B()") == "line 4, column 3: 'a' is defined twice");
  CHECK(message("a, a = A()") == "line 3, column 4: 'a' is defined twice");
  CHECK(message("input x\ninput x") == "line 4, column 7: 'x' is an input already");
  CHECK(message("input x: float") == "line 3, column 10: expected a type, got 'float'");
  CHECK(message("input x: float32[-2]") == "line 3, column 18: a dimension is not negative");
  CHECK(message("const c: float32[N] = 1") == "line 3, column 10: a constant needs a known shape");
  CHECK(message("const c: float32[4] = [1]") == "line 3, column 23: 1 elements for a tensor of 4");
  CHECK(message("const c: int8[1] = 128") == "line 3, column 20: 128 is out of the range of int8");
  CHECK(message("const c: int8[1] = 1.5") == "line 3, column 20: expected a number, got '1.5'");
  CHECK(message("const c: bool[1] = 2") == "line 3, column 20: expected 0 or 1, got '2'");
  CHECK(message("const c: float16[1] = 1") ==
        "line 3, column 23: elements of type float16 are written as hex");
  CHECK(message("const c: float16[1] = hex \"0\"") ==
        "line 3, column 27: expected 4 hexadecimal digits");
  CHECK(message("y = A() {a=\"b}") == "line 3, column 12: the string does not end on its line");
  CHECK(message("y = A() {a=\"\\q\"}") == "line 3, column 12: the string holds an unknown escape");
  CHECK(message("y = A() {a=x}") == "line 3, column 12: expected a number, got 'x'");
  CHECK(message("y ; A()") == "line 3, column 3: unexpected character ';'");
}

}  // namespace
}  // namespace qtool
