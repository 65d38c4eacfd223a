#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

double at(const Tensor& t, int64_t i) { return t.data<float>()[i]; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Row `r` of w times x; a direction's matrix begins at row 0.
double dot(const Tensor& w, int64_t r, const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += at(w, r * std::ssize(x) + static_cast<int64_t>(i)) * x[i];
  return sum;
}

// Inputs of a layer of 3 neurons in one direction; x [steps, 1, 2].
struct Weights {
  explicit Weights(int64_t gates)
      : w(random_floats({1, gates * 3, 2}, 1)),
        r(random_floats({1, gates * 3, 3}, 2)),
        b(random_floats({1, gates * 6}, 3)) {}
  Tensor w, r, b;
};

std::vector<double> step_of(const Tensor& x, int64_t t) { return {at(x, 2 * t), at(x, 2 * t + 1)}; }

Tensor concatenated(const std::vector<std::vector<double>>& states) {
  std::vector<float> values;
  for (const auto& state : states) values.insert(values.end(), state.begin(), state.end());
  return floats({std::ssize(states), 1, 1, 3}, values);
}

TEST_CASE("LSTM follows its equations") {
  const Tensor x = random_floats({4, 1, 2}, 5);
  const Weights p(4);
  const Tensor peepholes = random_floats({1, 9}, 4);
  std::vector<double> h(3, 0.0), c(3, 0.0);
  std::vector<std::vector<double>> expected;
  for (int64_t t = 0; t < 4; ++t) {
    std::vector<double> next = h;
    for (int64_t k = 0; k < 3; ++k) {
      const auto sum = [&](int64_t gate) {  // i, o, f, c
        const int64_t row = gate * 3 + k;
        return dot(p.w, row, step_of(x, t)) + dot(p.r, row, h) + at(p.b, row) + at(p.b, 12 + row);
      };
      double& cell = c[static_cast<std::size_t>(k)];
      const double i = sigmoid(sum(0) + at(peepholes, k) * cell);
      const double f = sigmoid(sum(2) + at(peepholes, 6 + k) * cell);
      cell = f * cell + i * std::tanh(sum(3));
      next[static_cast<std::size_t>(k)] =
          sigmoid(sum(1) + at(peepholes, 3 + k) * cell) * std::tanh(cell);
    }
    expected.push_back(h = next);
  }
  for (const Provider provider : {Provider::kOneDnn, Provider::kReference}) {
    const auto outputs = OpRun("LSTM")
                             .input(x)
                             .constant(p.w)
                             .constant(p.r)
                             .input(p.b)
                             .left_out()
                             .left_out()
                             .left_out()
                             .input(peepholes)
                             .run(provider, 3);
    CHECK(relative_error(outputs[0], concatenated(expected)) < 1e-6);
    CHECK(relative_error(outputs[1].reshaped({3}), concatenated({expected.back()}).reshaped({3})) <
          1e-6);
    CHECK(relative_error(outputs[2].reshaped({3}), concatenated({c}).reshaped({3})) < 1e-6);
  }
}

TEST_CASE("GRU follows its equations, the reset gate before or after the product") {
  const Tensor x = random_floats({4, 1, 2}, 5);
  const Weights p(3);
  for (const bool linear : {false, true}) {
    std::vector<double> h(3, 0.0);
    std::vector<std::vector<double>> expected;
    for (int64_t t = 0; t < 4; ++t) {
      const auto input = [&](int64_t row) { return dot(p.w, row, step_of(x, t)) + at(p.b, row); };
      const auto gate = [&](int64_t row) {
        return sigmoid(input(row) + dot(p.r, row, h) + at(p.b, 9 + row));
      };
      std::vector<double> reset = h;
      for (std::size_t k = 0; k < 3; ++k) reset[k] *= gate(3 + static_cast<int64_t>(k));
      std::vector<double> next = h;
      for (int64_t k = 0; k < 3; ++k) {
        const double bias = at(p.b, 9 + 6 + k);
        const double inner =
            linear ? gate(3 + k) * (dot(p.r, 6 + k, h) + bias) : dot(p.r, 6 + k, reset) + bias;
        double& value = next[static_cast<std::size_t>(k)];
        value = (1 - gate(k)) * std::tanh(input(6 + k) + inner) + gate(k) * value;
      }
      expected.push_back(h = next);
    }
    for (const Provider provider : {Provider::kOneDnn, Provider::kReference})
      CHECK(relative_error(OpRun("GRU")
                               .attribute("linear_before_reset", int64_t{linear})
                               .input(x)
                               .constant(p.w)
                               .input(p.r)
                               .input(p.b)
                               .run(provider, 2)[0],
                           concatenated(expected)) < 1e-6);
  }
}

// x with its first two axes exchanged.
Tensor swapped(const Tensor& x) {
  return OpRun("Transpose").attribute("perm", std::vector<int64_t>{1, 0, 2}).input(x).result();
}

TEST_CASE("layout 1 has the batch in front") {
  const Tensor x = random_floats({3, 2, 2}, 1);
  const Tensor w = random_floats({2, 4, 2}, 2);
  const Tensor r = random_floats({2, 4, 4}, 3);
  const Tensor h = random_floats({2, 2, 4}, 4);
  const auto run = [&](int64_t layout, const Tensor& input, const Tensor& initial) {
    return OpRun("RNN")
        .attribute("layout", layout)
        .attribute("direction", std::string("bidirectional"))
        .input(input)
        .input(w)
        .input(r)
        .left_out()
        .input(Tensor::of<int32_t>({2}, {1, 3}))
        .input(initial)
        .run(Provider::kReference, 2);
  };
  const auto plain = run(0, x, h);  // Y [3, 2, 2, 4]
  const auto batch_first = run(1, swapped(x), swapped(h));
  CHECK(batch_first[0] == OpRun("Transpose")
                              .attribute("perm", std::vector<int64_t>{2, 0, 1, 3})
                              .input(plain[0])
                              .result());
  CHECK(batch_first[1] == swapped(plain[1]));
}

TEST_CASE("a reversed sequence is run from its own end, and what follows is 0") {
  const Tensor x = floats({3, 1, 1}, {1, 10, 100});
  const auto outputs = OpRun("RNN")
                           .attribute("direction", std::string("reverse"))
                           .attribute("activations", std::vector<std::string>{"affine"})
                           .input(x)
                           .input(floats({1, 1, 1}, {1}))
                           .input(floats({1, 1, 1}, {2}))
                           .left_out()
                           .input(Tensor::of<int32_t>({1}, {2}))
                           .run(Provider::kReference, 2);
  CHECK(outputs[0] == floats({3, 1, 1, 1}, {21, 10, 0}));
  CHECK(outputs[1] == floats({1, 1, 1}, {21}));
}

TEST_CASE("activations take the parameters in their order") {
  // f1 has none, f2 takes the first alpha, f3 the second alpha and the first beta.
  const auto outputs =
      OpRun("LSTM")
          .attribute("activations", std::vector<std::string>{"Relu", "LeakyRelu", "Affine"})
          .attribute("activation_alpha", std::vector<float>{0.5F, 3})
          .attribute("activation_beta", std::vector<float>{1})
          .input(floats({1, 1, 1}, {1}))
          .input(floats({1, 4, 1}, {2, 1, 1, -4}))
          .input(floats({1, 4, 1}, {0, 0, 0, 0}))
          .run(Provider::kReference, 3);
  CHECK(outputs[2] == floats({1, 1, 1}, {2 * -4 * 0.5F}));
  CHECK(outputs[1] == floats({1, 1, 1}, {3 * -4 + 1}));
}

TEST_CASE("recurrent layers of double, and of nothing") {
  const auto numbers = [](Shape shape) { return counting<double>(std::move(shape)); };
  CHECK(OpRun("GRU")
            .input(numbers({2, 1, 1}))
            .input(numbers({1, 3, 1}))
            .input(numbers({1, 3, 1}))
            .result()
            .dtype() == DType::kFloat64);
  for (const Provider provider : {Provider::kOneDnn, Provider::kReference}) {
    const auto outputs = OpRun("LSTM")
                             .input(floats({0, 2, 3}, {}))
                             .input(random_floats({1, 8, 3}, 1))
                             .input(random_floats({1, 8, 2}, 2))
                             .run(provider, 2);
    CHECK(outputs[0].shape() == Shape{0, 1, 2, 2});
    CHECK(outputs[1] == floats({1, 2, 2}, {0, 0, 0, 0}));
  }
}

TEST_CASE("recurrent operators name what does not fit") {
  const auto run = [](Shape x, Shape w, Shape r) {
    return OpRun("LSTM")
        .input(random_floats(x, 1))
        .input(random_floats(w, 1))
        .input(random_floats(r, 1));
  };
  const Shape x = {2, 1, 3}, w = {1, 8, 3}, r = {1, 8, 2};
  CHECK(run(x, w, r).error().empty());
  CHECK_THAT(run({2, 3}, w, r).error(), ContainsSubstring("must have rank 3"));
  CHECK_THAT(run(x, {1, 8, 2}, r).error(), ContainsSubstring("must be [1, 8, 3]"));
  CHECK_THAT(run(x, w, {2, 8, 2}).error(), ContainsSubstring("must be [1, 8, 2]"));
  CHECK_THAT(run(x, w, r).attribute("direction", std::string("up")).error(),
             ContainsSubstring("direction 'up' is not known"));
  CHECK_THAT(run(x, w, r).attribute("activations", std::vector<std::string>{"Tanh"}).error(),
             ContainsSubstring("must have 3 entries"));
  CHECK_THAT(run(x, w, r)
                 .attribute("activations", std::vector<std::string>{"Tanh", "Cosine", "Tanh"})
                 .error(),
             ContainsSubstring("activation 'Cosine' is not known"));
  CHECK_THAT(run(x, w, r).attribute("clip", -1.0F).error(), ContainsSubstring("must be positive"));
  CHECK_THAT(run(x, w, r).left_out().input(Tensor::of<int32_t>({1}, {3})).error(),
             ContainsSubstring("sequence length 3 is not between 0 and 2"));
  CHECK_THAT(run(x, w, r).input(floats({1, 8}, std::vector<float>(8))).error(),
             ContainsSubstring("expected float32 [1, 16]"));
}

}  // namespace
}  // namespace qtool
