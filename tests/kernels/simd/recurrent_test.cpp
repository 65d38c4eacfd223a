#include "kernels/simd/recurrent.h"

#include <cmath>

#include "kernels/random_values.h"
#include "kernels/reference/recurrent.h"
#include "kernels/simd/targets.h"

namespace qtool {
namespace {

using namespace testing;
using simd::GateShape;
using Floats = std::vector<float>;

std::size_t count(int64_t n) { return static_cast<std::size_t>(n); }

std::vector<int32_t> random_integers(int64_t size, int32_t limit, unsigned seed) {
  std::vector<int32_t> values;
  for (const float x : random_values(size, seed))
    values.push_back(static_cast<int32_t>(std::lround(x * static_cast<float>(limit))));
  return values;
}

// y [rows, n] = x [rows, k] · w', w [n, k].
Floats product(int64_t k, const Floats& x, const Floats& w) {
  const int64_t rows = std::ssize(x) / k;
  const int64_t n = std::ssize(w) / k;
  Floats y;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += static_cast<double>(x[count(r * k + l)]) * static_cast<double>(w[count(j * k + l)]);
      y.push_back(static_cast<float>(sum));
    }
  return y;
}

// Rows [gates, units] in gate order.
Floats ordered(const GateShape& shape, const Floats& rows) {
  Floats result;
  for (int64_t at = 0; at < std::ssize(rows); at += shape.gates * shape.units) {
    const Floats row = simd::in_gate_order(shape, rows.data() + at);
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

Floats padded(int64_t units, const Floats& rows) { return ordered({1, units, 0}, rows); }

// One step of `batch` sequences with random states, by a cell of the reference and by `step`.
struct Case {
  GateShape shape;
  int64_t batch;
  Floats r = random_values(shape.gates * shape.units * shape.units, 1);
  Floats input = random_values(batch * shape.gates * shape.units, 2);
  Floats h = random_values(batch * shape.units, 3);
  Floats c = random_values(batch * shape.units, 4);
  Floats bias = random_values(shape.units, 5);

  // h and c behind each other.
  template <class Cell>
  Floats expected(Cell cell) const {
    Floats next_h = h;
    Floats next_c = c;
    reference::StepInputs<float> inputs;
    for (int64_t b = 0; b < batch; ++b)
      inputs.push_back(input.data() + b * shape.gates * shape.units);
    cell(inputs, next_h.data(), next_c.data());
    const Floats all_c = padded(shape.units, next_c);
    next_h.insert(next_h.end(), all_c.begin(), all_c.end());
    return next_h;
  }
  template <class Step>
  Floats actual(Step step) const {
    const Floats inputs = ordered(shape, input);
    const Floats biases = padded(shape.units, bias);
    Floats y(h.size());
    Floats cells = padded(shape.units, c);
    Floats scratch(2 * cells.size());
    step(simd::RecurrentStep{.rows = batch,
                             .input = inputs.data(),
                             .input_stride = shape.columns(),
                             .h = h.data(),
                             .h_stride = shape.units,
                             .y = y.data(),
                             .y_stride = shape.units,
                             .c = cells.data(),
                             .bias = biases.data(),
                             .scratch = scratch.data()});
    y.insert(y.end(), cells.begin(), cells.end());
    return y;
  }
  // Products with the rows of R from gate `first` on.
  reference::WeightProduct<float> weights(int64_t first, int64_t gates) const {
    const int64_t size = shape.units * shape.units;
    const Floats rows(r.begin() + first * size, r.begin() + (first + gates) * size);
    return [rows, n = shape.units](int64_t m, const float* x, float* y) {
      const Floats result = product(n, Floats(x, x + m * n), rows);
      std::copy(result.begin(), result.end(), y);
    };
  }
};

const auto kSigmoid = reference::find_activation("Sigmoid");
const auto kTanh = reference::find_activation("Tanh");

void check_rnn(int64_t units, int64_t batch) {
  const Case c = {{1, units, units}, batch};
  const auto r = simd::pack_gates(c.shape, c.r.data());
  const reference::RnnCell<float> cell = {units, kTanh, INFINITY, c.weights(0, 1)};
  CHECK(relative_error(c.actual([&](const auto& step) { simd::rnn_step(r, step); }),
                       c.expected(cell)) < 2e-6);
}

void check_gru(int64_t units, int64_t batch, bool linear) {
  const Case c = {{3, units, units}, batch};
  const reference::GruCell<float> cell = {units,          {kSigmoid, kTanh},
                                          INFINITY,       linear,
                                          c.bias.data(),  c.weights(0, linear ? 3 : 2),
                                          c.weights(2, 1)};
  const auto all = simd::pack_gates(c.shape, c.r.data());
  const auto gates = simd::pack_gates(GateShape{2, units, units}, c.r.data());
  const auto candidate =
      simd::pack_gates(GateShape{1, units, units}, c.r.data() + 2 * units * units);
  const Floats actual = c.actual([&](const auto& step) {
    linear ? simd::gru_step(all, step) : simd::gru_step(gates, candidate, step);
  });
  CHECK(relative_error(actual, c.expected(cell)) < 2e-6);
}

reference::LstmCell<float> lstm_cell(int64_t units, reference::WeightProduct<float> weights) {
  return {units, {kSigmoid, kTanh, kTanh}, INFINITY, false, nullptr, std::move(weights)};
}

void check_lstm(int64_t units, int64_t batch) {
  const Case c = {{4, units, units}, batch};
  const auto r = simd::pack_gates(c.shape, c.r.data());
  CHECK(relative_error(c.actual([&](const auto& step) { simd::lstm_step(r, step); }),
                       c.expected(lstm_cell(units, c.weights(0, 4)))) < 2e-6);
}

constexpr float kScale = 0.01F;
constexpr int32_t kZeroPoint = 117;

// What quantize_row should make of x, as real numbers over kScale.
Floats quantized(const Floats& x) {
  Floats result;
  for (const float value : x)
    result.push_back(static_cast<float>(
        std::clamp(std::lrint(value / kScale) + kZeroPoint, 0L, 255L) - kZeroPoint));
  return result;
}

// Rows of x for a matrix.
std::vector<int32_t> lanes_of(const simd::IntegerGateMatrix& matrix, const Floats& x) {
  const int64_t rows = std::ssize(x) / matrix.shape.size;
  std::vector<int32_t> lanes(count(rows * matrix.groups()), -1);
  for (int64_t r = 0; r < rows; ++r)
    simd::quantize_row(matrix, x.data() + r * matrix.shape.size, kScale, kZeroPoint,
                       lanes.data() + r * matrix.groups());
  return lanes;
}

// An integer matrix and the same as real numbers, rows not yet scaled.
struct IntegerWeights {
  IntegerWeights(const GateShape& shape, int32_t limit)
      : rows(random_integers(shape.gates * shape.units * shape.size, limit, 1)),
        reals(rows.begin(), rows.end()),
        scale(random_values(shape.gates * shape.units, 9)),
        matrix(simd::pack_gates(shape, rows.data(), scale.data())) {}
  // float(Σ) · (scale_x · scale_row) of products.
  Floats scaled(Floats sums) const {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] *= kScale * scale[i % scale.size()];
    return sums;
  }
  std::vector<int32_t> rows;
  Floats reals, scale;
  simd::IntegerGateMatrix matrix;
};

void check_integer_lstm(int64_t units, int64_t batch, int32_t limit) {
  const Case c = {{4, units, units}, batch};
  const IntegerWeights r(c.shape, limit);
  const std::vector<int32_t> lanes = lanes_of(r.matrix, c.h);
  const auto weights = [&](int64_t rows, const float* h, float* y) {
    const Floats sums = r.scaled(product(units, quantized(Floats(h, h + rows * units)), r.reals));
    std::copy(sums.begin(), sums.end(), y);
  };
  const Floats actual = c.actual([&](const auto& step) {
    simd::lstm_step(r.matrix, {lanes.data(), kScale, kZeroPoint}, step);
  });
  CHECK(relative_error(actual, c.expected(lstm_cell(units, weights))) < 2e-6);
}

void check_projection(const GateShape& shape, int64_t rows) {
  const Floats bias = random_values(shape.gates * shape.units, 6);
  const Floats x = random_values(rows * shape.size, 7);
  const Floats w = random_values(shape.gates * shape.units * shape.size, 8);
  Floats y(count(rows * shape.columns()));
  const auto with_bias = [&](Floats products) {
    for (std::size_t i = 0; i < products.size(); ++i) products[i] += bias[i % bias.size()];
    return ordered(shape, products);
  };
  simd::project(simd::pack_gates(shape, w.data()), rows, x.data(), ordered(shape, bias).data(),
                y.data());
  CHECK(relative_error(y, with_bias(product(shape.size, x, w))) < 1e-6);
  for (const int32_t limit : {127, 255}) {
    const IntegerWeights integers(shape, limit);
    simd::project(integers.matrix, rows, {lanes_of(integers.matrix, x).data(), kScale, kZeroPoint},
                  ordered(shape, bias).data(), y.data());
    CHECK(y == with_bias(integers.scaled(product(shape.size, quantized(x), integers.reals))));
  }
}

}  // namespace

TEST_CASE("steps of recurrent layers are those of the reference's cells") {
  for_each_target([] {
    for (const int64_t units : {1, 3, 8, 16, 21, 48, 70})
      for (const int64_t batch : {1, 2, 5, 6}) {
        CAPTURE(units, batch);
        check_rnn(units, batch);
        check_gru(units, batch, false);
        check_gru(units, batch, true);
        check_lstm(units, batch);
        check_integer_lstm(units, batch, 127);
        check_integer_lstm(units, batch, 255);
      }
  });
}

TEST_CASE("inputs of gates are products plus bias, exact for integers") {
  for_each_target([] {
    for (const int64_t units : {1, 16, 37})
      for (const int64_t gates : {1, 3, 4})
        for (const int64_t size : {1, 2, 3, 4, 7, 40})
          for (const int64_t rows : {1, 3, 8}) check_projection({gates, units, size}, rows);
  });
}

TEST_CASE("gates that are far from 0, and NaN") {
  for_each_target([] {
    const float r[] = {0};
    const auto matrix = simd::pack_gates(GateShape{1, 1, 1}, r);
    const auto tanh = [&](float x) {
      Floats input(16, x);
      float y = 0;
      const float h = 0;
      simd::rnn_step(matrix, {.rows = 1, .input = input.data(), .h = &h, .y = &y});
      return y;
    };
    for (const float x : {-INFINITY, -50.0F, -9.0F, -7.9F, 7.8F, 8.0F, 1e30F, INFINITY})
      CHECK(std::abs(tanh(x) - std::tanh(x)) < 5e-7F);
    for (float x = -9; x < 9; x += 0.001F)
      if (std::abs(tanh(x) - std::tanh(x)) > 5e-7F * std::abs(std::tanh(x))) FAIL(x);
    CHECK(std::isnan(tanh(NAN)));
  });
}

}  // namespace qtool
