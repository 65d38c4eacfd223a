#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"
#include "quantized_values.h"

namespace qtool {
namespace {

using namespace testing;
constexpr DType kU8 = DType::kUInt8;
constexpr DType kS8 = DType::kInt8;

// Σ (a − a_zero)(b − b_zero) of a [rows, k] and b [k, n]; zero points one each or one a row and one
// a column.
std::vector<int64_t> multiply(const Tensor& a, const Tensor& a_zero, const Tensor& b,
                              const Tensor& b_zero, int64_t k, int64_t n) {
  const auto left = to_int64s(a);
  const auto right = to_int64s(b);
  std::vector<int64_t> sums;
  for (int64_t i = 0; i < a.size() / k; ++i)
    for (int64_t j = 0; j < n; ++j) {
      int64_t& sum = sums.emplace_back(0);
      for (int64_t l = 0; l < k; ++l)
        sum += (left[static_cast<std::size_t>(i * k + l)] - entry(to_int64s(a_zero), i)) *
               (right[static_cast<std::size_t>(l * n + j)] - entry(to_int64s(b_zero), j));
    }
  return sums;
}

struct Case {
  DType a_type, b_type;
  Shape a, b, y;
};

const std::vector<Case> kCases = {
    {kU8, kS8, {4, 7}, {7, 5}, {4, 5}},       {kS8, kS8, {2, 3, 64}, {64, 33}, {2, 3, 33}},
    {kU8, kU8, {1, 300}, {300, 10}, {1, 10}}, {kS8, kU8, {6}, {6, 4}, {4}},
    {kU8, kS8, {2, 2, 6}, {6}, {2, 2}},       {kU8, kS8, {3, 2, 5}, {1, 5, 4}, {3, 2, 4}},
};

TEST_CASE("MatMulInteger is exact by the fastest kernel as by the reference") {
  for (const Case& c : kCases)
    for (const bool per_column : {false, true}) {
      CAPTURE(to_string(c.a), to_string(c.b), per_column);
      const int64_t k = c.a.back();
      const int64_t n = c.b.size() == 1 ? 1 : c.b.back();
      if (per_column && c.b.size() == 1) continue;
      const Tensor a = random_bytes(c.a_type, c.a, 1);
      const Tensor b = random_bytes(c.b_type, c.b, 2);
      const Tensor a_zero = byte(c.a_type, c.a_type == kU8 ? 200 : -30);
      const Tensor b_zero = per_column ? random_bytes(c.b_type, {n}, 3) : byte(c.b_type, 11);
      OpRun run("MatMulInteger");
      run.input(a).constant(b).input(a_zero).constant(b_zero);
      const Tensor reference = run.result(Provider::kReference);
      CHECK(reference.shape() == c.y);
      CHECK(to_int64s(reference) == multiply(a, a_zero, b, b_zero, k, n));
      CHECK(run.fastest() == reference);
    }
}

TEST_CASE("MatMulInteger with a zero point for each row") {
  const Tensor a = random_bytes(kU8, {3, 4}, 1);
  const Tensor b = random_bytes(kS8, {4, 2}, 2);
  const Tensor a_zero = Tensor::of<uint8_t>({3}, {0, 100, 255});
  OpRun run("MatMulInteger");
  run.input(a).constant(b).constant(a_zero);
  CHECK(to_int64s(run.result()) == multiply(a, a_zero, b, byte(kS8, 0), 4, 2));
}

TEST_CASE("MatMulInteger of stacks of matrices that are known at run time only") {
  const Tensor a = random_bytes(kU8, {2, 1, 3, 4}, 1);
  const Tensor b = random_bytes(kU8, {3, 4, 2}, 2);
  const Tensor zero = byte(kU8, 9);
  OpRun run("MatMulInteger");
  const Tensor y = run.input(a).input(b).input(zero).input(zero).result();
  REQUIRE(y.shape() == Shape{2, 3, 3, 2});
  for (int64_t i = 0; i < 6; ++i) {
    const auto part = [](const Tensor& t, int64_t index, Shape shape) {
      const int64_t count = element_count(shape);
      return Tensor::of<uint8_t>(
          shape, {t.data<uint8_t>() + index * count, t.data<uint8_t>() + (index + 1) * count});
    };
    const auto sums = multiply(part(a, i / 3, {3, 4}), zero, part(b, i % 3, {4, 2}), zero, 4, 2);
    for (std::size_t j = 0; j < 6; ++j)
      CHECK(y.data<int32_t>()[i * 6 + static_cast<int64_t>(j)] == sums[j]);
  }
}

TEST_CASE("QLinearMatMul requantizes as defined, by the fastest kernel as by the reference") {
  for (const Case& c : kCases)
    for (const bool per_column : {false, true}) {
      const int64_t k = c.a.back();
      const int64_t n = c.b.size() == 1 ? 1 : c.b.back();
      CAPTURE(to_string(c.a), to_string(c.b), per_column);
      const Tensor a = random_bytes(c.a_type, c.a, 1);
      const Tensor b = random_bytes(c.b_type, c.b, 2);
      const Tensor a_zero = byte(c.a_type, 100);
      const Tensor b_zero = byte(c.b_type, c.b_type == kU8 ? 128 : 0);
      std::vector<float> b_scale(per_column ? static_cast<std::size_t>(n) : 1);
      for (std::size_t i = 0; i < b_scale.size(); ++i)
        b_scale[i] = 0.02f + 0.001f * static_cast<float>(i);
      OpRun run("QLinearMatMul");
      run.input(a).constant(Tensor::scalar(0.11f)).constant(a_zero).constant(b);
      run.constant(floats({std::ssize(b_scale)}, b_scale)).constant(b_zero);
      run.constant(Tensor::scalar(9.7f)).constant(byte(c.a_type, 60));
      const Tensor reference = run.result(Provider::kReference);
      CHECK(run.fastest() == reference);
      const auto sums = multiply(a, a_zero, b, b_zero, k, n);
      REQUIRE(reference.shape() == c.y);
      for (std::size_t i = 0; i < sums.size(); ++i) {
        const float multiplier = 0.11f * entry(b_scale, static_cast<int64_t>(i) % n) / 9.7f;
        REQUIRE(to_int64s(reference)[i] ==
                quantized(static_cast<float>(sums[i]) * multiplier, 60, c.a_type));
      }
    }
}

struct GemmCase {
  bool transpose_a, transpose_b;
  std::optional<Shape> c;
};

const std::vector<GemmCase> kGemms = {
    {false, false, {}},          {false, true, Shape{6}},    {false, true, Shape{1, 6}},
    {false, false, Shape{5, 6}}, {false, true, Shape{5, 1}}, {true, false, Shape{}},
    {true, true, Shape{6}},
};

// One QGemm and the real numbers it stands for, in units of `unit`.
struct Gemm {
  explicit Gemm(const GemmCase& g) : run("QGemm", 17, "com.microsoft") {
    const Tensor a = random_bytes(kU8, {5, 9}, 1);
    const Tensor b = random_bytes(kS8, {9, 6}, 2);
    run.attribute("alpha", 0.7f).attribute("transA", int64_t{g.transpose_a});
    run.attribute("transB", int64_t{g.transpose_b});
    run.input(g.transpose_a ? transposed<uint8_t>(a) : a).constant(Tensor::scalar(0.3f));
    run.constant(byte(kU8, 50)).constant(g.transpose_b ? transposed<int8_t>(b) : b);
    run.constant(floats({6}, scale)).constant(Tensor::of<int8_t>({6}, zeros));
    sums = multiply(a, byte(kU8, 50), b, Tensor::of<int8_t>({6}, zeros), 9, 6);
    if (!g.c) {
      run.left_out();
      return;
    }
    Tensor c(DType::kInt32, *g.c);
    for (int64_t i = 0; i < c.size(); ++i)
      c.mutable_data<int32_t>()[i] = static_cast<int32_t>(5000 - 1700 * i);
    run.constant(c);
    const int64_t row = c.rank() == 2 && c.dim(0) > 1 ? c.size() / c.dim(0) : 0;
    const int64_t column = c.rank() > 0 && c.shape().back() > 1 ? 1 : 0;
    for (int64_t i = 0; i < 30; ++i)
      sums[static_cast<std::size_t>(i)] += c.data<int32_t>()[i / 6 * row + i % 6 * column];
  }

  template <class T>
  static Tensor transposed(const Tensor& x) {
    Tensor y(x.dtype(), {x.dim(1), x.dim(0)});
    for (int64_t i = 0; i < x.size(); ++i)
      y.mutable_data<T>()[i % x.dim(1) * x.dim(0) + i / x.dim(1)] = x.data<T>()[i];
    return y;
  }
  float multiplier(std::size_t i) const { return 0.7f * 0.3f * scale[i % 6]; }

  OpRun run;
  std::vector<float> scale = {0.01f, 0.02f, 0.03f, 0.04f, 0.05f, 0.06f};
  std::vector<int8_t> zeros = {0, 3, -8, 100, -128, 1};
  std::vector<int64_t> sums;
};

TEST_CASE("QGemm gives the quantized product by the fastest kernel as by the reference") {
  for (const GemmCase& g : kGemms) {
    CAPTURE(g.transpose_a, g.transpose_b, g.c ? to_string(*g.c) : "no C");
    Gemm gemm(g);
    gemm.run.constant(Tensor::scalar(4.4f)).constant(byte(kU8, 77));
    const Tensor reference = gemm.run.result(Provider::kReference);
    REQUIRE(reference.shape() == Shape{5, 6});
    for (std::size_t i = 0; i < 30; ++i)
      CHECK(to_int64s(reference)[i] ==
            quantized(static_cast<float>(gemm.sums[i]) * (gemm.multiplier(i) / 4.4f), 77, kU8));
    if (!g.transpose_a) CHECK(gemm.run.fastest() == reference);
  }
}

TEST_CASE("QGemm without a scale for y gives real numbers") {
  for (const GemmCase& g : kGemms) {
    CAPTURE(g.transpose_a, g.transpose_b, g.c ? to_string(*g.c) : "no C");
    Gemm gemm(g);
    const Tensor reference = gemm.run.result(Provider::kReference);
    for (std::size_t i = 0; i < 30; ++i)
      CHECK(reference.to_vector<float>()[i] ==
            static_cast<float>(gemm.sums[i]) * gemm.multiplier(i));
    if (!g.transpose_a) CHECK(gemm.run.fastest() == reference);
  }
}

TEST_CASE("products without elements") {
  OpRun no_rows("MatMulInteger");
  no_rows.input(Tensor(kU8, {0, 3})).constant(random_bytes(kS8, {3, 2}, 1));
  CHECK(no_rows.result().shape() == Shape{0, 2});
  CHECK(no_rows.fastest().shape() == Shape{0, 2});
  OpRun no_sums("MatMulInteger");
  no_sums.input(Tensor(kU8, {2, 0})).constant(Tensor(kS8, {0, 2}));
  CHECK(no_sums.result() == Tensor::of<int32_t>({2, 2}, {0, 0, 0, 0}));
}

}  // namespace
}  // namespace qtool
