#include "metrics/label_metrics.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;

namespace {

Tensor ids(const Shape& shape, const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>(shape, values);
}

double judged(const std::string& metric, const Tensor& output, const Tensor& labels) {
  const LabelMeter meter = find_label_metric(metric).make();
  meter.add(output, labels);
  return meter.value();
}

}  // namespace

TEST_CASE("top-k by scores and by class numbers") {
  const Tensor scores = Tensor::of<float>({2, 3}, {1, 3, 2, 5, 4, 0});
  CHECK(judged("top1", scores, ids({2}, {1, 1})) == 0.5);
  CHECK(judged("top5", scores, ids({2}, {1, 1})) == 1);
  CHECK(judged("top1", ids({4, 1}, {1, 2, 3, 4}), ids({4}, {1, 2, 0, 4})) == 0.75);
  CHECK_THAT(error_of([] { judged("top5", ids({1}, {1}), ids({1}, {1})); }),
             ContainsSubstring("needs float32 scores"));
}

TEST_CASE(
    "positions: share, intersection over union and F1 by hand; negative labels are left out") {
  // Class 0: 2 right, 1 missed, none false. Class 1: 1 right, 1 missed, 1 false. Class 2: 1 false.
  const Tensor output = ids({2, 3}, {0, 0, 1, 1, 2, 7});
  const Tensor labels = ids({2, 3}, {0, 0, 0, 1, 1, -1});
  CHECK_THAT(judged("accuracy", output, labels), WithinRel(3.0 / 5, 1e-12));
  CHECK_THAT(judged("mean-iou", output, labels), WithinRel((2.0 / 3 + 1.0 / 3 + 0) / 3, 1e-12));
  CHECK_THAT(judged("f1", output, labels), WithinRel((4.0 / 5 + 2.0 / 4 + 0) / 3, 1e-12));
}

TEST_CASE("scores of positions have their classes second or last") {
  const Tensor second = Tensor::of<float>({1, 2, 1, 3}, {1, 0, 1, 0, 1, 0});  // best: 0 1 0
  CHECK(judged("accuracy", second, ids({1, 1, 3}, {0, 1, 0})) == 1);
  const Tensor last = Tensor::of<float>({1, 3, 2}, {1, 0, 0, 1, 1, 0});
  CHECK(judged("accuracy", last, ids({1, 3}, {0, 1, 0})) == 1);
  CHECK(judged("accuracy", last, ids({1, 3}, {1, 0, 1})) == 0);
  CHECK_THAT(error_of([&] {
               judged("accuracy", last, ids({1, 4}, {0, 0, 0, 0}));
             }),
             ContainsSubstring("labels [1, 4] want"));
}

TEST_CASE("figures gather over runs of all labels, not over means") {
  const LabelMeter meter = find_label_metric("accuracy").make();
  meter.add(ids({1, 1}, {1}), ids({1, 1}, {1}));
  meter.add(ids({1, 3}, {1, 1, 1}), ids({1, 3}, {0, 0, 0}));
  CHECK(meter.value() == 0.25);
}

TEST_CASE("error rate: edits over the length of the labels") {
  // kitten -> sitting: 3 edits over 7 letters. -1 pads.
  const Tensor kitten = ids({1, 8}, {'k', 'i', 't', 't', 'e', 'n', -1, -1});
  const Tensor sitting = ids({1, 7}, {'s', 'i', 't', 't', 'i', 'n', 'g'});
  CHECK_THAT(judged("error-rate", kitten, sitting), WithinRel(3.0 / 7, 1e-12));
  CHECK(judged("error-rate", sitting, sitting) == 0);
  CHECK(judged("error-rate", ids({1, 2}, {-1, -1}), sitting) == 1);
  CHECK_FALSE(find_label_metric("error-rate").higher_is_better);
  const Tensor scores = Tensor::of<float>({1, 2, 2}, {1, 0, 0, 1});
  CHECK(judged("error-rate", scores, ids({1, 2}, {0, 1})) == 0);
}
