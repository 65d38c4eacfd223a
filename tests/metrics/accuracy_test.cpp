#include "metrics/accuracy.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>

#include "error_of.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Tensor floats(const std::vector<float>& values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

ErrorMeter meter_of(const std::vector<float>& reference, const std::vector<float>& value) {
  ErrorMeter meter;
  meter.add(floats(reference), floats(value));
  return meter;
}

}  // namespace

TEST_CASE("SQNR, cosine and largest error by hand") {
  // signal 9 + 16 = 25, noise 0 + 0.25: 10 log10 100 = 20 dB
  const ErrorMeter meter = meter_of({3, 4}, {3, 3.5f});
  CHECK_THAT(meter.sqnr_db(), WithinRel(20.0, 1e-12));
  CHECK_THAT(meter.cosine(), WithinRel(23 / (5 * std::sqrt(21.25)), 1e-12));
  CHECK(meter.max_abs_error() == 0.5);
}

TEST_CASE("figures gather over samples") {
  ErrorMeter meter;
  meter.add(floats({3}), floats({3}));
  meter.add(floats({4}), floats({3.5f}));
  CHECK_THAT(meter.sqnr_db(), WithinRel(20.0, 1e-12));
  CHECK(meter.max_abs_error() == 0.5);
}

TEST_CASE("equal, opposite, orthogonal and zero outputs") {
  const ErrorMeter equal = meter_of({1, -2}, {1, -2});
  CHECK(equal.sqnr_db() == kInf);
  CHECK_THAT(equal.cosine(), WithinRel(1.0, 1e-15));
  CHECK_THAT(meter_of({1, -2}, {-1, 2}).cosine(), WithinRel(-1.0, 1e-15));
  CHECK(meter_of({1, 0}, {0, 1}).cosine() == 0);
  CHECK(meter_of({0, 0}, {0, 0}).cosine() == 1);
  CHECK(meter_of({0, 0}, {1, 0}).cosine() == 0);
  CHECK(meter_of({0, 0}, {1, 0}).sqnr_db() == -kInf);
}

TEST_CASE("NaN and Inf do not hide") {
  for (const ErrorMeter& meter : {meter_of({1, 2, 3}, {1, kNaN, 3}), meter_of({kInf, 2}, {kInf, 2}),
                                  meter_of({1, 2}, {kInf, 2})}) {
    CHECK_FALSE(std::isfinite(meter.sqnr_db()));
    CHECK_FALSE(std::isfinite(meter.max_abs_error()));
  }
}

TEST_CASE("outputs of other shapes or types are not compared") {
  ErrorMeter meter;
  CHECK_THAT(error_of([&] {
               meter.add(floats({1, 2}), floats({1}));
             }),
             ContainsSubstring("[2] and [1]"));
  CHECK_THAT(error_of([&] { meter.add(floats({1}), Tensor::of<int32_t>({1}, {1})); }),
             ContainsSubstring("this one is int32"));
}

TEST_CASE("the k best, of equal ones the first") {
  using Indices = std::vector<int64_t>;
  const std::vector<float> scores = {1, 5, 3, 5, -2};
  CHECK(top_k(scores, 1) == Indices{1});
  CHECK(top_k(scores, 3) == Indices{1, 3, 2});
  CHECK(top_k(scores, 9) == Indices{1, 3, 2, 0, 4});
  CHECK(top_k(std::vector<float>{kNaN, -1, kNaN, -kInf}, 4) == Indices{1, 0, 2, 3});
  CHECK(top_k({}, 5).empty());
}

TEST_CASE("top-k accuracy counts rows") {
  const Tensor scores = Tensor::of<float>({3, 3}, {1, 2, 3, 3, 2, 1, 1, 3, 2});
  const std::vector<int64_t> labels = {2, 1, 0};
  TopKMeter top1(1), top2(2);
  top1.add(scores, labels);
  top2.add(scores, labels);
  CHECK(top1.hits() == 1);
  CHECK(top2.hits() == 2);
  CHECK(top1.count() == 3);
  top1.add(floats({0, 9}), std::vector<int64_t>{1});
  CHECK(top1.accuracy() == 0.5);
  CHECK(TopKMeter(1).accuracy() == 0);
}

TEST_CASE("labels that do not belong to the scores are refused") {
  TopKMeter meter(1);
  CHECK(error_of([&] {
          meter.add(floats({1, 2}), std::vector<int64_t>{2});
        }) == "label 2, but there are 2 classes");
  CHECK(error_of([&] {
          meter.add(floats({1, 2}), std::vector<int64_t>{-1});
        }) == "label -1, but there are 2 classes");
  CHECK(error_of([&] {
          meter.add(floats({1, 2}), std::vector<int64_t>{0, 1});
        }) == "1 rows of scores, but 2 labels");
  CHECK_THAT(error_of([&] { meter.add(Tensor::scalar<float>(1), std::vector<int64_t>{0}); }),
             ContainsSubstring("needs float32 scores [N, classes], got float32 []"));
}
