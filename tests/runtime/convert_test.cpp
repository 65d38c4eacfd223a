// Models in QDQ and in QOperator form give the same.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <set>

#include "ir/bodies.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pass.h"
#include "runtime/executor.h"

namespace qtool {
namespace {

Tensor random_bytes(const Shape& shape, std::mt19937& generator) {
  std::vector<uint8_t> values(static_cast<std::size_t>(element_count(shape)));
  for (uint8_t& value : values) value = static_cast<uint8_t>(generator() % 256);
  return Tensor::of(shape, values);
}

TensorMap run_literally(const Model& model, const TensorMap& feed) {
  return Executor(model, {.fuse = false, .first = Provider::kReference}).run(feed);
}

bool has_op(const Model& model, const std::string& op) {
  for (const NodeId id : model.graph.nodes())
    if (full_op_type(model.graph.node(id)) == op) return true;
  return false;
}

std::vector<double> numbers(const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat32) {
    const std::vector<int64_t> integers = to_int64s(tensor);
    return {integers.begin(), integers.end()};
  }
  const std::vector<float> floats = tensor.to_vector<float>();
  return {floats.begin(), floats.end()};
}

// Within one step of integers, or 1e-4 of the largest float.
void check_close(const Tensor& expected, const Tensor& actual) {
  REQUIRE(expected.dtype() == actual.dtype());
  REQUIRE(expected.shape() == actual.shape());
  const std::vector<double> e = numbers(expected);
  const std::vector<double> a = numbers(actual);
  double largest = 0;
  for (const double value : e) largest = std::max(largest, std::fabs(value));
  const double limit = expected.dtype() == DType::kFloat32 ? 1e-4 * largest : 1;
  for (std::size_t i = 0; i < e.size(); ++i) CHECK(std::fabs(e[i] - a[i]) <= limit);
}

constexpr const char* kConstants = R"(
model ir 8 opset 13 com.microsoft 1
graph form
input x: uint8[1, 4, 5, 5]
input v: uint8[3, 8]
input mask: bool[3, 8]
const s: float32[] = 0.05
const t: float32[] = 0.11
const z: uint8[] = 120
const w4: int8[2, 4, 3, 3] = ramp(-35, 1)
const ws4: float32[2] = [0.02, 0.03]
const wz4: int8[2] = 0
const b4: int32[2] = [900, -700]
const w: int8[8, 6] = ramp(-24, 1)
const ws: float32[6] = ramp(0.01, 0.004)
const wz: int8[6] = 0
const b: int32[6] = ramp(-500, 200)
const fb: float32[6] = ramp(-1, 0.5)
const coarse: float32[] = 0.2
)";

struct FormCase {
  const char* op;
  const char* qoperator;
  const char* statement;
};

const std::vector<FormCase> kCases = {
    {"Conv", "QLinearConv",
     "y: uint8[1, 2, 3, 3] = QLinearConv(x, s, z, w4, ws4, wz4, coarse, z, b4)"},
    {"MatMul", "QLinearMatMul", "y: uint8[3, 6] = QLinearMatMul(v, s, z, w, ws, wz, t, z)"},
    {"MatMul", "com.microsoft.MatMulIntegerToFloat",
     "y: float32[3, 6] = com.microsoft.MatMulIntegerToFloat(v, w, s, ws, z, wz, fb)"},
    {"Gemm", "com.microsoft.QGemm",
     "y: uint8[3, 6] = com.microsoft.QGemm(v, s, z, w, ws, wz, b, t, z) {alpha=0.5}"},
    {"Gemm", "com.microsoft.QGemm",
     "y: float32[3, 6] = com.microsoft.QGemm(v, s, z, w, ws, wz, b) {alpha=0.5}"},
    {"Add", "com.microsoft.QLinearAdd",
     "y: uint8[3, 8] = com.microsoft.QLinearAdd(v, s, z, v, t, z, coarse, z)"},
    {"Mul", "com.microsoft.QLinearMul",
     "y: uint8[3, 8] = com.microsoft.QLinearMul(v, s, z, v, t, z, coarse, z)"},
    {"Concat", "com.microsoft.QLinearConcat",
     "y: uint8[6, 8] = com.microsoft.QLinearConcat(coarse, z, v, s, z, v, t, z) {axis=0}"},
    {"Where", "com.microsoft.QLinearWhere",
     "y: uint8[3, 8] = com.microsoft.QLinearWhere(mask, v, s, z, v, t, z, coarse, z)"},
    {"GlobalAveragePool", "com.microsoft.QLinearGlobalAveragePool",
     "y: uint8[1, 4, 1, 1] = com.microsoft.QLinearGlobalAveragePool(x, s, z, t, z) "
     "{channels_last=0}"},
    {"AveragePool", "com.microsoft.QLinearAveragePool",
     "y: uint8[1, 4, 4, 4] = com.microsoft.QLinearAveragePool(x, s, z, t, z) "
     "{kernel_shape=[2, 2]}"},
    {"LeakyRelu", "com.microsoft.QLinearLeakyRelu",
     "y: uint8[3, 8] = com.microsoft.QLinearLeakyRelu(v, s, z, t, z) {alpha=0.3}"},
    {"Sigmoid", "com.microsoft.QLinearSigmoid",
     "y: uint8[3, 8] = com.microsoft.QLinearSigmoid(v, s, z, t, z)"},
    {"Softmax", "com.microsoft.QLinearSoftmax",
     "y: uint8[3, 8] = com.microsoft.QLinearSoftmax(v, s, z, t, z) {opset=13}"},
    {"com.microsoft.Attention", "com.microsoft.QAttention",
     "y: float32[1, 3, 4] = com.microsoft.QAttention(a, aw, ab, s, t, _, z, z) {num_heads=2}\n"
     "input a: uint8[1, 3, 8]\nconst aw: uint8[8, 12] = ramp(80, 1)\n"
     "const ab: float32[12] = ramp(-1, 0.2)"},
    {"com.microsoft.EmbedLayerNormalization", "com.microsoft.QEmbedLayerNormalization",
     "y: float32[1, 3, 4], m: int32[1] = com.microsoft.QEmbedLayerNormalization(ids, _, words, "
     "places, _, ones, ones, _, s, t, _, s, t, z, z, _, z, z)\n"
     "const ids: int32[1, 3] = [4, 0, 2]\nconst words: uint8[5, 4] = ramp(110, 1)\n"
     "const places: uint8[3, 4] = ramp(100, 3)\nconst ones: uint8[4] = ramp(119, 4)"},
};

TEST_CASE("every quantized operator becomes a float one, and that the quantized one again") {
  std::mt19937 generator(5);
  for (const FormCase& form : kCases) {
    INFO(form.statement);
    const Model model = parse_text(std::string(kConstants) + form.statement + "\noutput y\n");
    TensorMap feed;
    for (const ValueId id : model.graph.inputs()) {
      const Value& value = model.graph.value(id);
      const Tensor bytes = random_bytes(*static_shape(value.type), generator);
      if (value.type.dtype == DType::kUInt8) {
        feed[value.name] = bytes;
        continue;
      }
      std::vector<bool> bits;
      for (const int64_t byte : to_int64s(bytes)) bits.push_back(byte % 2 == 0);
      feed[value.name] = Tensor::of(bytes.shape(), bits);
    }
    const Tensor expected = run_literally(model, feed).at("y");

    Model qdq = model;
    run_passes(qdq, qdq_pipeline());
    CHECK(has_op(qdq, form.op));
    CHECK_FALSE(has_op(qdq, form.qoperator));
    check_close(expected, run_literally(qdq, feed).at("y"));

    Model back = qdq;
    run_passes(back, qoperator_pipeline());
    CHECK(has_op(back, form.qoperator));
    CHECK_FALSE(has_op(back, "DequantizeLinear"));
    check_close(expected, run_literally(back, feed).at("y"));
  }
}

TEST_CASE("bodies are converted too, with parameters from around them") {
  const Model model = parse_text(R"(
model ir 8 opset 13 com.microsoft 1
graph outer
input x: uint8[4]
input which: bool[]
const s: float32[] = 0.05
const t: float32[] = 0.11
const z: uint8[] = 120
d: uint8[4] = com.microsoft.QLinearAdd(x, s, z, x, s, z, t, z)
y: uint8[4] = If(which) {then_branch=graph sum {
  a: uint8[4] = com.microsoft.QLinearAdd(d, t, z, x, s, z, t, z)
  output a: uint8[4]
}, else_branch=graph product {
  b: uint8[4] = com.microsoft.QLinearMul(d, t, z, x, s, z, t, z)
  output b: uint8[4]
}}
output y
)");
  Model qdq = model;
  run_passes(qdq, qdq_pipeline(), {.bodies = true});
  verify(qdq);
  std::set<std::string> names;
  for_each_graph(qdq.graph, [&](const Graph& graph) {
    for (const NodeId id : graph.nodes()) CHECK_FALSE(graph.node(id).op_type.starts_with("QL"));
    const std::set<std::string> captured = graph.free_names();
    for (const ValueId id : graph.values())
      if (const std::string& name = graph.value(id).name; !captured.contains(name))
        CHECK(names.insert(name).second);
  });
  for (const bool which : {true, false}) {
    const TensorMap feed = {{"x", Tensor::of<uint8_t>({4}, {0, 100, 130, 255})},
                            {"which", Tensor::scalar(which)}};
    check_close(run_literally(model, feed).at("y"), run_literally(qdq, feed).at("y"));
  }
}

// As training exports it: weights as floats, Constant nodes, an activation quantized twice.
constexpr const char* kTrained = R"(
model ir 10 opset 21
graph trained
input x: float32[1, 2, 5, 5]
const w: float32[3, 2, 3, 3] = ramp(-0.7, 0.03)
const ws: float32[3] = [0.006, 0.004, 0.009]
const wz: int8[3] = 0
const b: float32[3] = [0.5, -0.25, 0.1]
const f: float32[4, 27] = ramp(-0.5, 0.0091)
const fs: float32[] = 0.07
const fz: int4[] = hex "00"
const xs: float32[] = 0.011
const ys: float32[] = 0.02
xz = Constant() {value: uint8[] = 128}
xq: uint8[1, 2, 5, 5] = QuantizeLinear(x, xs, xz)
xd: float32[1, 2, 5, 5] = DequantizeLinear(xq, xs, xz)
xq2: uint8[1, 2, 5, 5] = QuantizeLinear(xd, xs, xz)
xd2: float32[1, 2, 5, 5] = DequantizeLinear(xq2, xs, xz)
wq: int8[3, 2, 3, 3] = QuantizeLinear(w, ws, wz) {axis=0}
wd: float32[3, 2, 3, 3] = DequantizeLinear(wq, ws, wz) {axis=0}
c: float32[1, 3, 3, 3] = Conv(xd2, wd, b)
r: float32[1, 3, 3, 3] = Relu(c)
rq: uint8[1, 3, 3, 3] = QuantizeLinear(r, ys)
rd: float32[1, 3, 3, 3] = DequantizeLinear(rq, ys)
v: float32[1, 27] = Flatten(rd)
fq: int4[4, 27] = QuantizeLinear(f, fs, fz)
fd: float32[4, 27] = DequantizeLinear(fq, fs, fz)
y: float32[1, 4] = Gemm(v, fd) {transB=1}
output y
output rq
)";

TEST_CASE("what training exports keeps its bits in QDQ form, and its weights are integers") {
  const Model trained = parse_text(kTrained);
  Model qdq = trained;
  run_passes(qdq, qdq_pipeline());
  verify(qdq);
  CHECK(qdq.graph.constant(qdq.graph.find("w")) == nullptr);
  CHECK(qdq.graph.constant(qdq.graph.find("wq"))->dtype() == DType::kInt8);
  CHECK(qdq.graph.constant(qdq.graph.find("fq"))->dtype() == DType::kInt4);
  CHECK(qdq.graph.find("xq2") == ValueId::kNone);
  Model qoperator = trained;
  run_passes(qoperator, qoperator_pipeline());
  CHECK(has_op(qoperator, "QLinearConv"));
  CHECK_FALSE(has_op(qoperator, "Relu"));

  std::mt19937 generator(9);
  std::uniform_real_distribution<float> uniform(-1.5f, 1.5f);
  std::vector<float> values(50);
  for (float& value : values) value = uniform(generator);
  const TensorMap feed = {{"x", Tensor::of({1, 2, 5, 5}, values)}};
  const TensorMap expected = run_literally(trained, feed);
  const TensorMap actual = run_literally(qdq, feed);
  CHECK(expected.at("y") == actual.at("y"));
  CHECK(expected.at("rq") == actual.at("rq"));
  check_close(expected.at("rq"), run_literally(qoperator, feed).at("rq"));
}

}  // namespace
}  // namespace qtool
