#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "op_run.h"
#include "quantized_values.h"

namespace qtool {
namespace {

using namespace testing;

constexpr int64_t kSteps = 5, kInput = 7;

// A layer and the sizes of its inputs.
struct Layer {
  std::string op_type;
  int64_t gates;
  std::string direction;
  int64_t directions;
  int64_t hidden;
  int64_t batch;
  int64_t layout;

  Shape x() const {
    return layout == 0 ? Shape{kSteps, batch, kInput} : Shape{batch, kSteps, kInput};
  }
  Shape state() const {
    return layout == 0 ? Shape{directions, batch, hidden} : Shape{batch, directions, hidden};
  }
  bool lstm() const { return gates == 4; }
  std::size_t outputs() const { return lstm() ? 3 : 2; }

  // Adds X, what `matrices` adds, and the initial states if wanted.
  template <class Matrices>
  OpRun node(std::string domain, bool full, Matrices matrices) const {
    OpRun run(op_type, domain.empty() ? 17 : 1, domain);
    run.attribute("direction", direction).attribute("hidden_size", hidden);
    if (layout != 0) run.attribute("layout", layout);
    run.input(random_floats(x(), 1));
    matrices(run);
    if (!full) return run;
    run.input(random_floats({directions, 2 * gates * hidden}, 4)).left_out();
    run.input(random_floats(state(), 5));
    if (lstm()) run.input(random_floats(state(), 6));
    return run;
  }
};

// Calls f(layer) for layers of all kinds.
template <class F>
void each_layer(const std::string& op_type, int64_t gates, F f) {
  for (const std::string direction : {"forward", "reverse", "bidirectional"})
    for (const int64_t hidden : {1, 8, 19, 40})
      for (const int64_t batch : {1, 2, 5})
        for (const int64_t layout : {0, 1}) {
          CAPTURE(direction, hidden, batch, layout);
          f(Layer{op_type, gates, direction, direction == "bidirectional" ? 2 : 1, hidden, batch,
                  layout});
        }
}

void check_same(OpRun& run, std::size_t outputs, double tolerance) {
  const auto expected = run.run(Provider::kReference, outputs);
  const auto actual = run.run(Provider::kSimd, outputs);
  for (std::size_t i = 0; i < outputs; ++i)
    CHECK(relative_error(actual[i], expected[i]) < tolerance);
}

// x / √size: rows of that many numbers make a sum of the size of each, as in trained layers.
Tensor divided(Tensor x, int64_t size) {
  for (int64_t i = 0; i < x.size(); ++i)
    x.mutable_data<float>()[i] /= std::sqrt(static_cast<float>(size));
  return x;
}

void check_float(const Layer& layer, bool full, int64_t linear_before_reset = 0) {
  OpRun run = layer.node("", full, [&](OpRun& node) {
    const int64_t rows = layer.gates * layer.hidden;
    node.constant(random_floats({layer.directions, rows, kInput}, 2));
    node.constant(divided(random_floats({layer.directions, rows, layer.hidden}, 3), layer.hidden));
  });
  if (linear_before_reset != 0) run.attribute("linear_before_reset", linear_before_reset);
  check_same(run, layer.outputs(), 2e-6);
}

TEST_CASE("recurrent layers in vectors are those of the reference") {
  for (const bool full : {false, true}) {
    each_layer("RNN", 1, [&](const Layer& layer) { check_float(layer, full); });
    each_layer("LSTM", 4, [&](const Layer& layer) { check_float(layer, full); });
    for (const int64_t linear : {0, 1})
      each_layer("GRU", 3, [&](const Layer& layer) { check_float(layer, full, linear); });
  }
}

// In (0, 0.01].
Tensor scales(Shape shape, unsigned seed) {
  Tensor result = random_floats(std::move(shape), seed);
  for (int64_t i = 0; i < result.size(); ++i) {
    float& scale = result.mutable_data<float>()[i];
    scale = 0.0051F + 0.0049F * scale;
  }
  return result;
}

// Wholly alike but where a state is on the edge between two integers.
void check_quantized(const Layer& layer, DType weights, bool per_column, bool full) {
  const int64_t columns = 4 * layer.hidden;
  const Shape parameters = per_column ? Shape{layer.directions, columns} : Shape{layer.directions};
  OpRun run = layer.node("com.microsoft", full, [&](OpRun& node) {
    node.constant(random_bytes(weights, {layer.directions, kInput, columns}, 2));
    node.constant(random_bytes(weights, {layer.directions, layer.hidden, columns}, 3));
  });
  for (int i = full ? 1 : 5; i > 0; --i) run.left_out();
  for (const unsigned seed : {7U, 8U}) {
    run.constant(scales(parameters, seed));
    run.constant(random_bytes(weights, parameters, seed));
  }
  check_same(run, 3, 2e-2);
}

TEST_CASE("DynamicQuantizeLSTM in vectors is that of the reference") {
  for (const DType weights : {DType::kInt8, DType::kUInt8})
    for (const bool per_column : {false, true})
      for (const bool full : {false, true})
        each_layer("DynamicQuantizeLSTM", 4,
                   [&](const Layer& layer) { check_quantized(layer, weights, per_column, full); });
}

TEST_CASE("recurrent layers in vectors, of nothing") {
  const auto check = [](int64_t steps, int64_t batch, int64_t input, int64_t hidden) {
    CAPTURE(steps, batch, input, hidden);
    OpRun run("LSTM");
    run.input(random_floats({steps, batch, input}, 1));
    run.constant(random_floats({1, 4 * hidden, input}, 2));
    run.constant(random_floats({1, 4 * hidden, hidden}, 3)).left_out().left_out();
    run.input(random_floats({1, batch, hidden}, 4)).input(random_floats({1, batch, hidden}, 5));
    check_same(run, 3, 2e-6);
  };
  check(0, 2, 3, 4);
  check(2, 0, 3, 4);
  check(2, 2, 0, 4);
  check(2, 2, 3, 0);
}

TEST_CASE("what has no vectors is left to other providers") {
  const auto lstm = [](bool constant) {
    OpRun run("LSTM");
    const Tensor w = random_floats({1, 12, 2}, 2);
    run.input(random_floats({4, 1, 2}, 1));
    constant ? run.constant(w) : run.input(w);
    return run.constant(random_floats({1, 12, 3}, 3));
  };
  CHECK(lstm(true).run(Provider::kSimd).size() == 1);
  CHECK(lstm(false).run(Provider::kOneDnn).size() == 1);
}

}  // namespace
}  // namespace qtool
