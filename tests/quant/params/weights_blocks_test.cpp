#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <random>

#include "error_of.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "quant/apply/apply_matmul_nbits.h"
#include "quant/apply/emit.h"
#include "quant/params/block_weights.h"
#include "quant/params/weights.h"
#include "runtime/executor.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr DType kTypes[] = {DType::kInt4,  DType::kUInt4, DType::kInt8,
                            DType::kUInt8, DType::kInt2,  DType::kUInt2};

Tensor random_tensor(Shape shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Tensor tensor(DType::kFloat32, std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = normal(random);
  return tensor;
}

WeightScheme in_blocks(DType dtype, bool symmetric, int64_t block) {
  return {.dtype = dtype, .symmetric = symmetric, .block = block};
}

// Element i of a row of packed integers.
int packed_at(const Tensor& bytes, int64_t row, int64_t i, int bits) {
  const int64_t row_bytes = bytes.size() / bytes.dim(0), at = i * bits;
  const uint8_t byte = bytes.data<uint8_t>()[row * row_bytes + at / 8];
  return byte >> (at % 8) & ((1 << bits) - 1);
}

TEST_CASE("packed blocks stand for the numbers that DequantizeLinear gives") {
  constexpr int64_t kK = 70, kN = 3, kBlock = 32, kBlocks = 3;
  for (const DType dtype : kTypes)
    for (const int axis : {0, 1})
      for (const bool symmetric : {true, false}) {
        CAPTURE(name(dtype), axis, symmetric);
        const Tensor weight = random_tensor(axis == 0 ? Shape{kK, kN} : Shape{kN, kK}, 1);
        const QuantParams params =
            choose_weight_params(weight, in_blocks(dtype, symmetric, kBlock), 1 - axis, axis);
        const Tensor expected = dequantize(quantize(weight, params), params);
        const PackedBlocks packed = pack_blocks(weight, params);
        CHECK(packed.k == kK);
        CHECK(packed.n == kN);
        CHECK(packed.integers.shape() == Shape{kN, kBlocks, kBlock * bits(dtype) / 8});
        CHECK(packed.scales.shape() == Shape{kN, kBlocks});
        REQUIRE(packed.zero_points.has_value() == !symmetric);
        for (int64_t n = 0; n < kN; ++n)
          for (int64_t k = 0; k < kK; ++k) {
            const int64_t block = k / kBlock;
            const int zero = symmetric ? 1 << (bits(dtype) - 1)
                                       : packed_at(*packed.zero_points, n, block, bits(dtype));
            const int q = packed_at(packed.integers, n, k, bits(dtype));
            const float scale = packed.scales.data<float>()[n * kBlocks + block];
            CHECK(static_cast<float>(q - zero) * scale ==
                  expected.data<float>()[axis == 0 ? k * kN + n : n * kK + k]);
          }
      }
}

constexpr const char* kNet = R"(
model ir 10 opset 21 com.microsoft 1
graph net
input x: float32[2, 70]
const w1: float32[70, 40] = 0.0
const w2: float32[8, 40] = 0.0
const b2: float32[8] = [1, 2, 3, 4, 5, 6, 7, 8]
const w3: float32[8, 5] = 0.0
const b3: float32[2, 1] = [10, 20]
h: float32[2, 40] = MatMul(x, w1) "first"
g: float32[2, 8] = Gemm(h, w2, b2) {transB=1} "second"
y: float32[2, 5] = Gemm(g, w3, b3) "third"
output y: float32[2, 5]
)";

struct Layer {
  const char* node;
  const char* weight;
  int sum_axis;
};
constexpr Layer kLayers[] = {{"first", "w1", 0}, {"second", "w2", 1}, {"third", "w3", 0}};

Model random_net() {
  Model model = parse_text(kNet);
  unsigned seed = 5;
  for (const Layer& layer : kLayers) {
    const ValueId id = model.graph.find(layer.weight);
    const Shape shape = model.graph.constant(id)->shape();
    model.graph.set_constant(id, Constant(random_tensor(shape, seed++)));
  }
  return model;
}

NodeId node_named(const Graph& graph, std::string_view name) {
  for (const NodeId id : graph.nodes())
    if (graph.node(id).name == name) return id;
  FAIL("no node " << name);
  return NodeId::kNone;
}

Tensor result_of(const Model& model) {
  return Executor(model).run({{"x", random_tensor({2, 70}, 9)}}).at("y");
}

double relative_error(const Tensor& actual, const Tensor& expected) {
  REQUIRE(actual.shape() == expected.shape());
  double error = 0, largest = 0;
  for (int64_t i = 0; i < actual.size(); ++i) {
    const double wanted = expected.data<float>()[i];
    error = std::max(error, std::fabs(actual.data<float>()[i] - wanted));
    largest = std::max(largest, std::fabs(wanted));
  }
  return error / largest;
}

TEST_CASE("MatMulNBits and blocked DequantizeLinear compute with the rounded weights") {
  for (const DType dtype : kTypes)
    for (const bool symmetric : {true, false}) {
      CAPTURE(name(dtype), symmetric);
      Model rounded = random_net(), nbits = rounded, blocked = rounded;
      Emitter emitter(blocked.graph);
      for (const auto& [node, weight, axis] : kLayers) {
        const ValueId id = rounded.graph.find(weight);
        const Tensor tensor = *rounded.graph.constant(id);
        const QuantParams params =
            choose_weight_params(tensor, in_blocks(dtype, symmetric, 16), 1 - axis, axis);
        const Tensor back = dequantize(quantize(tensor, params), params);
        rounded.graph.set_constant(id, Constant(back));
        apply_matmul_nbits(nbits.graph, node_named(nbits.graph, node), params);
        const ValueId integers =
            emitter.quantize_constant(blocked.graph.find(weight), weight, params);
        blocked.graph.set_input(node_named(blocked.graph, node), 1,
                                emitter.dequantize(integers, weight, params));
      }
      nbits.graph.compact();
      verify(nbits);
      verify(blocked);
      const Tensor expected = result_of(rounded);
      CHECK(relative_error(result_of(nbits), expected) < 1e-6);
      CHECK(relative_error(result_of(blocked), expected) < 1e-6);
      // A bias for each column is the operator's own, any other is added.
      CHECK(nbits.graph.node(node_named(nbits.graph, "second")).inputs.size() == 6);
      CHECK(node_named(nbits.graph, "third_bias") != NodeId::kNone);
      CHECK(nbits.graph.find("w1") == ValueId::kNone);
      const Node& node =
          blocked.graph.node(node_named(blocked.graph, "w2_dequantized_DequantizeLinear"));
      CHECK(attribute_or<int64_t>(node, "block_size", 0) == 16);
      CHECK(attribute_or<int64_t>(node, "axis", -1) == 1);
      CHECK(blocked.graph.constant_input(node, 1)->shape() == Shape{8, 3});
    }
}

TEST_CASE("float16 weights keep scales of float16") {
  Model model = parse_text(R"(
model ir 10 opset 21 com.microsoft 1
graph net
input x: float16[2, 20]
const w: float16[1] = hex "003c"
a: float16[2, 4] = MatMul(x, w) "a"
b: float16[2, 4] = MatMul(x, w) "b"
output a: float16[2, 4]
output b: float16[2, 4]
)");
  Graph& graph = model.graph;
  const Tensor weight = cast(random_tensor({20, 4}, 2), DType::kFloat16);
  graph.set_constant(graph.find("w"), Constant(weight));
  const QuantParams params = choose_weight_params(weight, in_blocks(DType::kInt4, true, 16), 1, 0);
  Emitter emitter(graph);
  const ValueId integers = emitter.quantize_constant(graph.find("w"), "w", params);
  const ValueId reals = emitter.dequantize(integers, "w", params);
  CHECK(graph.value(reals).type.dtype == DType::kFloat16);
  graph.set_input(node_named(graph, "a"), 1, reals);
  apply_matmul_nbits(graph, node_named(graph, "b"), params);
  verify(model);
  const Tensor scales = *graph.constant(graph.find("w_scale"));
  CHECK(scales.dtype() == DType::kFloat16);
  CHECK(cast(scales, DType::kFloat32).to_vector<float>() == params.scale);
  const Tensor x = cast(random_tensor({2, 20}, 3), DType::kFloat16);
  const TensorMap results = Executor(model).run({{"x", x}});
  for (int64_t i = 0; i < 8; ++i)
    CHECK(std::fabs(results.at("a").data<Half>()[i] - results.at("b").data<Half>()[i]) < 0.02f);
}

TEST_CASE("nodes that share a weight share its packed form") {
  Model model = parse_text(R"(
model ir 8 opset 17 com.microsoft 1
graph net
input x: float32[2, 20]
const w: float32[20, 20] = 0.3
h: float32[2, 20] = MatMul(x, w) "a"
y: float32[2, 20] = MatMul(h, w) "b"
output y: float32[2, 20]
)");
  Graph& graph = model.graph;
  const QuantParams params = choose_weight_params(*graph.constant(graph.find("w")),
                                                  in_blocks(DType::kUInt4, false, 32), 1, 0);
  apply_matmul_nbits(graph, node_named(graph, "a"), params);
  apply_matmul_nbits(graph, node_named(graph, "b"), params);
  const Node &a = graph.node(node_named(graph, "a")), &b = graph.node(node_named(graph, "b"));
  REQUIRE(a.inputs.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) CHECK(a.inputs[i] == b.inputs[i]);
}

TEST_CASE("what MatMulNBits cannot be is said") {
  const Model model = parse_text(R"(
model ir 8 opset 17
graph net
input x: float32[4, 4]
const w: float32[4, 4] = 0.5
const d: float64[4, 4] = 0.5
const v: float32[4] = 0.5
a: float32[4, 4] = MatMul(x, w) "good"
b: float32[4, 4] = MatMul(w, x) "left"
c: float32[4, 4] = Gemm(x, w) {transA=1} "transposed"
e: float32[4, 4] = Gemm(x, w) {alpha=2.0} "scaled"
f: float32[4, 4] = Add(x, w) "sum"
g: float32[4] = MatMul(x, v) "vector"
i: float32[4, 4] = Gemm(x, w, v) {beta=0.5} "weighed"
k: float64[4, 4] = MatMul(h, d) "double"
h: float64[4, 4] = Cast(x) {to=11} "cast"
output a: float32[4, 4]
)");
  const auto why = [&](const char* name, DType dtype = DType::kInt4, int64_t block = 32) {
    const Graph& graph = model.graph;
    return why_not_matmul_nbits(graph, graph.node(node_named(graph, name)), dtype, block);
  };
  CHECK(why("good").empty());
  CHECK(why("good", DType::kUInt8, 256).empty());
  for (const char* name : {"transposed", "scaled", "sum", "weighed"})
    CHECK_THAT(why(name), ContainsSubstring("MatMulNBits replaces MatMul, and Gemm without"));
  for (const char* name : {"left", "vector"})
    CHECK_THAT(why(name), ContainsSubstring("constant matrix as second input"));
  CHECK_THAT(why("double"), ContainsSubstring("float64"));
  for (const int64_t block : {0, 8, 48, 512, -16})
    CHECK_THAT(why("good", DType::kInt4, block), ContainsSubstring("powers of two from 16 to 256"));
  for (const DType dtype : {DType::kInt16, DType::kFloat8E4M3FN, DType::kFloat4E2M1})
    CHECK_THAT(why("good", dtype), ContainsSubstring("no weights of type"));
  Model copy = model;
  const QuantParams wrong{.dtype = DType::kInt4,
                          .scale = {1, 1, 1, 1},
                          .zero_point = {0, 0, 0, 0},
                          .axis = 1,
                          .block = 32};
  CHECK_THAT(
      error_of([&] { apply_matmul_nbits(copy.graph, node_named(copy.graph, "good"), wrong); }),
      ContainsSubstring("node 'good' (MatMul): blocks along axis 1 of the weight"));
}

}  // namespace
}  // namespace qtool
