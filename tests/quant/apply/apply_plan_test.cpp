#include <catch2/catch_test_macros.hpp>
#include <random>

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pass.h"
#include "passes/passes.h"
#include "quant/plan.h"
#include "quant/run_models.h"

namespace qtool {
namespace {

constexpr const char* kNet = R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 6, 6]
const w1: float32[4, 2, 3, 3] = ramp(-0.7, 0.021)
const b1: float32[4] = [0.5, -0.25, 0.1, 0.0]
const w2: float32[4, 4, 1, 1] = ramp(0.4, -0.05)
const w3: float32[4, 3] = ramp(-0.3, 0.07)
const b3: float32[3] = [1, 2, 3]
c1: float32[1, 4, 6, 6] = Conv(x, w1, b1) {pads=[1, 1, 1, 1]} "conv1"
r1: float32[1, 4, 6, 6] = Relu(c1) "relu1"
c2: float32[1, 4, 6, 6] = Conv(r1, w2) "conv2"
s: float32[1, 4, 6, 6] = Add(r1, c2) "add"
p: float32[1, 4, 3, 3] = MaxPool(s) {kernel_shape=[2, 2], strides=[2, 2]} "pool"
k: float32[1, 8, 3, 3] = Concat(p, p) {axis=1} "concat"
g: float32[1, 8, 1, 1] = GlobalAveragePool(k) "gap"
h: float32[1, 2, 4] = Reshape(g, shape) "reshape"
const shape: int64[3] = [1, 2, 4]
y: float32[1, 2, 3] = MatMul(h, w3) "matmul"
z: float32[1, 2, 3] = Add(y, b3) "bias"
output z: float32[1, 2, 3]
)";

TensorMap random_feed(uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Tensor x(DType::kFloat32, {1, 2, 6, 6});
  for (int64_t i = 0; i < x.size(); ++i) x.mutable_data<float>()[i] = uniform(random);
  return {{"x", x}};
}

Ranges ranges(const Model& model, const QuantOptions& options) {
  const CalibrationTargets targets = values_to_calibrate(model, options);
  const Executor executor(model, {.observed = targets.values});
  CalibrationTable table;
  for (uint32_t seed = 0; seed < 4; ++seed)
    executor.run(random_feed(seed),
                 [&](const std::string& name, const Tensor& value, Layout layout) {
                   observe(targets, false, seed, name, value, layout, table);
                 });
  return choose_minmax(table);
}

Model quantized(const Model& model, const QuantOptions& options) {
  Ranges measured;
  if (options.mode == Mode::kStatic) measured = ranges(model, options);
  Model result = model;
  apply_plan(result, make_plan(model, measured, options));
  verify(result);
  return result;
}

std::map<std::string, int> operators(const Model& model) {
  std::map<std::string, int> counts;
  for (const NodeId id : model.graph.nodes()) ++counts[full_op_type(model.graph.node(id))];
  return counts;
}

double relative_error(const Tensor& expected, const Tensor& actual) {
  double error = 0, largest = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    error = std::max(error, std::fabs(double(expected.data<float>()[i]) - actual.data<float>()[i]));
    largest = std::max(largest, std::fabs(double(expected.data<float>()[i])));
  }
  return error / largest;
}

TEST_CASE(
    "a large channel before products is divided, its weights multiplied, others read it as it is") {
  const Model model = parse_text(R"(
model ir 8 opset 17
graph outlier
input x: float32[1, 2, 6, 6]
const scale: float32[6] = [1, 60, 1, 1, 1, 1]
const w: float32[6, 4] = ramp(-0.16, 0.03)
const v: float32[6, 6] = ramp(-0.17, 0.02)
n: float32[1, 2, 6, 6] = LayerNormalization(x, scale) "norm"
a: float32[1, 2, 6, 4] = MatMul(n, w) "first"
b: float32[1, 2, 6, 6] = MatMul(n, v) "second"
c: float32[1, 2, 6, 6] = Add(n, b) "residual"
output a
output b
output c
)");
  const Model result = quantized(model, {});
  CHECK(operators(result).at("Mul") == 1);
  CHECK(operators(result).at("QuantizeLinear") == 1);
  const TensorMap feed = random_feed(1);
  const TensorMap expected = Executor(model).run(feed), actual = Executor(result).run(feed);
  for (const char* output : {"a", "b"})
    CHECK(relative_error(expected.at(output), actual.at(output)) < 0.02);
}

TEST_CASE("a static model computes nearly what the float model does") {
  const Model model = parse_text(kNet);
  for (const DType activation : {DType::kUInt8, DType::kInt8})
    for (const bool per_channel : {true, false}) {
      const QuantOptions options{.activation = {.dtype = activation},
                                 .weight = {.per_channel = per_channel}};
      const Model result = quantized(model, options);
      const TensorMap feed = random_feed(1);
      CHECK(relative_error(Executor(model).run(feed).at("z"), Executor(result).run(feed).at("z")) <
            0.03);
    }
}

TEST_CASE("the QDQ form run literally and its QOperator form differ by a step at most") {
  const Model model = parse_text(kNet);
  const Model qdq = quantized(model, {});
  Model qoperator = qdq;
  run_passes(qoperator, qoperator_pipeline());
  const auto counts = operators(qoperator);
  CHECK(counts.at("QLinearConv") == 2);
  CHECK(counts.at("com.microsoft.QLinearAdd") == 1);
  CHECK(counts.at("com.microsoft.QLinearConcat") == 1);
  CHECK(counts.at("com.microsoft.QLinearGlobalAveragePool") == 1);
  CHECK(counts.at("com.microsoft.MatMulIntegerToFloat") == 1);
  CHECK(counts.at("QuantizeLinear") == 1);
  CHECK(counts.count("DequantizeLinear") == 0);

  // The integers in front of the float output.
  const auto integers = [](const Model& m, const std::string& name, bool fuse) {
    const CompileOptions options{.fuse = fuse, .first = Provider::kReference, .observed = {name}};
    Tensor seen;
    for (uint32_t seed = 0; seed < 1; ++seed)
      Executor(m, options).run(random_feed(7), [&](const auto&, const Tensor& v, Layout layout) {
        seen = as_channels_first(v, layout);
      });
    return to_int64s(seen);
  };
  for (const std::string name : {"r1_quantized", "c2_quantized", "s_quantized", "h_quantized"}) {
    const auto a = integers(qdq, name, false), b = integers(qoperator, name, false);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) <= 1);
  }
}

TEST_CASE("every reader has a DequantizeLinear of its own, and names survive") {
  const Model result = quantized(parse_text(kNet), {});
  for (const NodeId id : result.graph.nodes()) {
    const Node& node = result.graph.node(id);
    if (node.op_type == "DequantizeLinear")
      CHECK(result.graph.value(node.outputs[0]).consumers.size() == 1);
    CHECK(node.op_type != "Relu");
  }
  for (const char* name : {"x", "r1", "c2", "s", "p", "z"})
    CHECK(result.graph.find(name) != ValueId::kNone);
}

TEST_CASE("a quantized graph output keeps its name") {
  const Model result = quantized(parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 6, 6]
const w: float32[4, 2, 1, 1] = ramp(-0.7, 0.2)
y: float32[1, 4, 6, 6] = Conv(x, w) "conv"
output y: float32[1, 4, 6, 6]
)"),
                                 {});
  const Graph& graph = result.graph;
  REQUIRE(graph.outputs().size() == 1);
  CHECK(graph.value(graph.outputs()[0]).name == "y");
  CHECK(graph.node(graph.value(graph.outputs()[0]).producer).op_type == "DequantizeLinear");
}

TEST_CASE("dynamic models compute nearly what the float model does") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 6, 6]
const w1: float32[4, 2, 3, 3] = ramp(-0.7, 0.021)
const b1: float32[4] = [0.5, -0.25, 0.1, 0.0]
const w2: float32[5, 64] = ramp(-0.3, 0.002)
const b2: float32[5] = [1, 2, 3, 4, 5]
c: float32[1, 4, 4, 4] = Conv(x, w1, b1) "conv"
f: float32[1, 64] = Flatten(c) "flatten"
y: float32[1, 5] = Gemm(f, w2, b2) {transB=1} "gemm"
output y: float32[1, 5]
)");
  for (const bool conv : {false, true})
    for (const DType weight : {DType::kInt8, DType::kUInt8}) {
      const QuantOptions options{.mode = Mode::kDynamic,
                                 .weight = {.dtype = weight, .symmetric = weight == DType::kInt8},
                                 .dynamic_conv = conv};
      const Model result = quantized(model, options);
      CHECK(operators(result).count("MatMulInteger") == 1);
      CHECK(operators(result).count("ConvInteger") == (conv ? 1u : 0u));
      const TensorMap feed = random_feed(3);
      CHECK(relative_error(Executor(model).run(feed).at("y"), Executor(result).run(feed).at("y")) <
            0.02);
    }
}

TEST_CASE("biases stay float where that is asked for, and nothing else changes") {
  const Model model = parse_text(kNet);
  const auto biases = [&](const QuantOptions& options) {
    std::map<std::string, std::vector<std::string>> readers;
    for (const TensorPlan& tensor : make_plan(model, ranges(model, options), options).tensors)
      if (tensor.source == Source::kDerived) readers[tensor.value] = tensor.readers;
    return readers;
  };
  QuantOptions options;
  CHECK(biases(options) == std::map<std::string, std::vector<std::string>>{{"b1", {"conv1"}}});
  options.float_bias = true;
  CHECK(biases(options).empty());
  const Model plain = quantized(model, {}), result = quantized(model, options);
  const auto conv = [](const Model& m) {
    return m.graph.node(testing::find_node(m.graph, "conv1"));
  };
  CHECK(plain.graph.constant_input(conv(plain), 2) == nullptr);
  const Tensor* bias = result.graph.constant_input(conv(result), 2);
  REQUIRE(bias != nullptr);
  CHECK(*bias == Tensor::of<float>({4}, {0.5f, -0.25f, 0.1f, 0.0f}));
  auto expected = operators(plain);
  --expected["DequantizeLinear"];
  CHECK(operators(result) == expected);
  const TensorMap feed = random_feed(1);
  CHECK(relative_error(Executor(plain).run(feed).at("z"), Executor(result).run(feed).at("z")) <
        0.01);
}

TEST_CASE("the groups of a transposed convolution share its scales, not its bias") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 6, 6]
const w: float32[2, 2, 3, 3] = ramp(-0.7, 0.03)
const b: float32[4] = [0.5, -0.25, 0.1, 100]
y: float32[1, 4, 8, 8] = ConvTranspose(x, w, b) {group=2} "transpose"
output y: float32[1, 4, 8, 8]
)");
  QuantOptions options;
  options.everything = true;
  const Model result = quantized(model, options);
  CHECK(operators(result).at("DequantizeLinear") == 4);
  const TensorMap feed = random_feed(1);
  CHECK(relative_error(Executor(model).run(feed).at("y"), Executor(result).run(feed).at("y")) <
        0.01);
}

TEST_CASE("a bias that the plan does not list stays float") {
  const Model model = parse_text(kNet);
  QuantPlan plan = make_plan(model, ranges(model, {}), {});
  std::erase_if(plan.tensors, [](const TensorPlan& t) { return t.source == Source::kDerived; });
  Model result = model;
  apply_plan(result, plan);
  CHECK(result.graph.constant(result.graph.find("b1"))->dtype() == DType::kFloat32);
}

TEST_CASE("uint8 weights have zero points of their own where runtimes take them") {
  const Model model = parse_text(R"(
model ir 8 opset 13
graph net
input x: float32[1, 2, 6, 6]
const w1: float32[4, 2, 3, 3] = ramp(-0.7, 0.021)
const w2: float32[64, 5] = ramp(-0.3, 0.002)
c: float32[1, 4, 4, 4] = Conv(x, w1) "conv"
f: float32[1, 64] = Flatten(c) "flatten"
y: float32[1, 5] = MatMul(f, w2) "matmul"
output y: float32[1, 5]
)");
  QuantOptions options{.weight = {.dtype = DType::kUInt8, .symmetric = false}};
  const auto zero_points = [&](const std::string& weight) {
    const Ranges measured = options.mode == Mode::kStatic ? ranges(model, options) : Ranges();
    std::set<int32_t> points;
    for (const TensorPlan& tensor : make_plan(model, measured, options).tensors)
      if (tensor.value == weight)
        points.insert(tensor.params.zero_point.begin(), tensor.params.zero_point.end());
    return points;
  };
  for (const Mode mode : {Mode::kStatic, Mode::kDynamic}) {
    options.mode = mode;
    CHECK(zero_points("w1").size() > 1);
    CHECK(zero_points("w2").size() > 1);
  }
  options.dynamic_conv = true;
  CHECK(zero_points("w1") == std::set<int32_t>{128});  // ConvInteger takes one
  const TensorMap feed = random_feed(2);
  const Model result = quantized(model, options);
  CHECK(operators(result).count("MatMulInteger") == 1);
  CHECK(relative_error(Executor(model).run(feed).at("y"), Executor(result).run(feed).at("y")) <
        0.02);
}

TEST_CASE("a plan for another model is refused") {
  Model model = parse_text(kNet);
  QuantPlan plan;
  plan.nodes.push_back({.node = "elsewhere", .op_type = "Conv", .mode = Mode::kStatic});
  CHECK_THROWS_AS(apply_plan(model, plan), Error);
}

}  // namespace
}  // namespace qtool
