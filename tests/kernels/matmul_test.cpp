#include "kernels/onednn/matmul.h"

#include <catch2/catch_test_macros.hpp>

#include "kernels/onednn/isa.h"
#include "kernels/reference/matmul.h"
#include "random_values.h"

namespace qtool {
namespace {

using namespace testing;

int64_t count(const std::vector<int64_t>& dims) {
  int64_t product = 1;
  for (const int64_t dim : dims) product *= dim;
  return product;
}

std::vector<int64_t> output_batch(const MatMulShape& s) {
  std::vector<int64_t> batch = s.a_batch;
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = std::max(batch[i], s.b_batch[i]);
  return batch;
}

// Number of the matrix of an operand with batch axes `own` that goes into product `index`.
int64_t matrix_of(int64_t index, const std::vector<int64_t>& own, const std::vector<int64_t>& all) {
  int64_t result = 0;
  int64_t stride = 1;
  for (std::size_t i = all.size(); i-- > 0; index /= all[i]) {
    if (own[i] > 1) result += index % all[i] * stride;
    stride *= own[i];
  }
  return result;
}

std::vector<float> define_matmul(const MatMulShape& s, const std::vector<float>& a,
                                 const std::vector<float>& b) {
  const std::vector<int64_t> batch = output_batch(s);
  std::vector<float> y;
  for (int64_t p = 0; p < count(batch); ++p) {
    const float* x = a.data() + matrix_of(p, s.a_batch, batch) * s.m * s.k;
    const float* w = b.data() + matrix_of(p, s.b_batch, batch) * s.k * s.n;
    for (int64_t i = 0; i < s.m; ++i)
      for (int64_t j = 0; j < s.n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l < s.k; ++l)
          sum += double{s.transpose_a ? x[l * s.m + i] : x[i * s.k + l]} *
                 (s.transpose_b ? w[j * s.k + l] : w[l * s.n + j]);
        y.push_back(static_cast<float>(sum));
      }
  }
  return y;
}

const std::vector<MatMulShape> kShapes = {
    {{}, {}, 1, 1, 1, false, false},        {{}, {}, 5, 7, 3, false, false},
    {{}, {}, 17, 33, 65, false, true},      {{}, {}, 17, 33, 65, true, false},
    {{}, {}, 8, 16, 10, true, true},        {{}, {}, 1, 256, 10, false, true},
    {{4}, {4}, 6, 5, 7, false, false},      {{2, 3}, {1, 3}, 4, 9, 8, false, true},
    {{2, 1}, {2, 5}, 3, 4, 6, true, false}, {{1}, {3}, 2, 8, 9, false, false},
};

struct Problem {
  explicit Problem(const MatMulShape& s)
      : shape(s),
        a(random_values(count(s.a_batch) * s.m * s.k, 1)),
        b(random_values(count(s.b_batch) * s.k * s.n, 2)),
        bias(random_values(s.n, 3)),
        y(define_matmul(s, a, b)) {}
  MatMulShape shape;
  std::vector<float> a, b, bias, y;
};

TEST_CASE("reference product follows the definition") {
  for (const MatMulShape& shape : kShapes) {
    const Problem p(shape);
    CAPTURE(shape.m, shape.k, shape.n, shape.transpose_a, shape.transpose_b);
    std::vector<float> y(p.y.size());
    reference::matmul(shape, 1, p.a.data(), p.b.data(), y.data());
    CHECK(relative_error(y, p.y) < 1e-6);
    reference::matmul(shape, -2.5F, p.a.data(), p.b.data(), y.data());
    for (float& value : y) value /= -2.5F;
    CHECK(relative_error(y, p.y) < 1e-6);
  }
}

TEST_CASE("reference product of integers is exact and wraps around") {
  const std::vector<int64_t> a = {int64_t{1} << 60, 3};
  const std::vector<int64_t> b = {1, 16, 5, 0};  // [2, 2]
  std::vector<int64_t> y(2);
  reference::matmul({.m = 1, .k = 2, .n = 2}, 1, a.data(), b.data(), y.data());
  CHECK(y == std::vector<int64_t>{(int64_t{1} << 60) + 15, 0});
}

TEST_CASE("oneDNN's product agrees with the definition") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  for (const MatMulShape& shape : kShapes)
    for (const bool packed : {false, true}) {
      const Problem p(shape);
      CAPTURE(shape.m, shape.k, shape.n, shape.transpose_a, shape.transpose_b, packed);
      onednn::MatMul matmul(packed);
      std::vector<float> y(p.y.size(), NAN);
      matmul.run(shape, {}, p.a.data(), p.b.data(), nullptr, y.data());
      CHECK(relative_error(y, p.y) < 1e-5);
      matmul.run(shape, {}, p.a.data(), p.b.data(), nullptr, y.data());  // packed weights again
      CHECK(relative_error(y, p.y) < 1e-5);
    }
}

TEST_CASE("oneDNN's product with bias, factor and limits") {
  if (!onednn::is_there()) SKIP("built without oneDNN");
  for (const MatMulShape& shape : kShapes)
    for (const float alpha : {1.0F, 0.5F})
      for (const ClipRange clip : {ClipRange{}, ClipRange{.low = 0}, ClipRange{-0.25F, 0.5F}}) {
        const Problem p(shape);
        CAPTURE(shape.m, shape.k, shape.n, alpha, clip.low, clip.high);
        std::vector<float> expected = p.y;
        for (std::size_t i = 0; i < expected.size(); ++i)
          expected[i] =
              std::clamp(alpha * (expected[i] + p.bias[i % static_cast<std::size_t>(shape.n)]),
                         clip.low, clip.high);
        onednn::MatMul matmul(true);
        std::vector<float> y(p.y.size(), NAN);
        matmul.run(shape, {alpha, clip}, p.a.data(), p.b.data(), p.bias.data(), y.data());
        CHECK(relative_error(y, expected) < 1e-5);
      }
}

}  // namespace
}  // namespace qtool
